"""What stands at the left: the pages of this person's roles, with what waits there."""

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, ScalarSelect, func, select

from takedown.db import Base
from takedown.hosts.models import Contact
from takedown.outbox.inbox.models import InboundMail
from takedown.outbox.models import Notice, NoticeStatus
from takedown.people.permissions import Permission
from takedown.people.tasks import Task, TaskKind
from takedown.web.guard import may
from takedown.web.ports import now, ports
from takedown.web.reads.inbox import waits_for_person

_BELONGS = {
    "book": "providers",
    "case": "cases",
    "holds": "today",
    "ladders": "routes",
    "pace": "routes",
    "provider_figures": "compliance",
    "route_lists": "routes",
}  # pages without a line of their own


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation."""

    title: str
    path: str
    here: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Some lines under a heading; the first group has none."""

    title: str
    entries: list[Entry]


def entries() -> list[Group]:
    """The groups that this person may see."""
    counts = _counts() if may(Permission.SEE_CASES) else {}
    groups = [
        Group(
            "",
            [
                *_entry(Permission.SEE_CASES, "today.index", _("Today"), counts),
                *_entry(Permission.REGISTER, "register.index", _("Register"), counts),
                *_entry(Permission.SEE_CASES, "queue.index", _("Queue"), counts),
                *_entry(Permission.SEE_CASES, "suspects.index", _("Suspects"), counts),
                *_entry(Permission.WORK_CASES, "inbox.index", _("Inbox"), counts),
                *_entry(Permission.SEE_CASES, "cases.index", _("Cases"), counts),
                *_entry(Permission.SEE_FIGURES, "providers.index", _("Providers"), counts),
                *_entry(Permission.APPROVE_CONTACT, "contacts.index", _("Contacts"), counts),
            ],
        ),
        Group(
            _("Figures"),
            [
                *_entry(Permission.SEE_FIGURES, "overview.index", _("Overview"), counts),
                *_entry(Permission.SEE_FIGURES, "compliance.index", _("Compliance"), counts),
                *_entry(Permission.SEE_FIGURES, "countries.index", _("Countries"), counts),
                *_entry(Permission.SEE_FIGURES, "workload.index", _("Workload"), counts),
                *_entry(Permission.SEE_FIGURES, "reports.index", _("Reports"), counts),
            ],
        ),
        Group(
            _("House"),
            [
                *_entry(Permission.SEE_CASES, "texts.index", _("Letters"), counts),
                *_entry(Permission.EDIT_ROUTES, "routes.index", _("Routes"), counts),
                *_entry(Permission.EDIT_CONNECTORS, "connectors.index", _("Connectors"), counts),
                *_entry(Permission.SEE_STAGES, "stages.index", _("Stages"), counts),
                *_entry(Permission.MANAGE_PEOPLE, "people.index", _("People and tokens"), counts),
                *_entry(Permission.SEE_LOG, "log.index", _("Log"), counts),
            ],
        ),
    ]
    return [group for group in groups if group.entries]


def _entry(
    permission: Permission, endpoint: str, title: str, counts: dict[str, int]
) -> list[Entry]:
    if not may(permission):
        return []
    blueprint = request.blueprint or ""
    here = _BELONGS.get(blueprint, blueprint) == endpoint.partition(".")[0]
    return [Entry(title, url_for(endpoint), here, counts.get(endpoint, 0))]


def _counts() -> dict[str, int]:
    """What waits for a person, in one question to the database."""
    drafts = _count(Notice, Notice.status == NoticeStatus.DRAFT)
    contacts = _count(Contact, Contact.approved_at.is_(None) & Contact.retired_at.is_(None))
    tasks = _count(Task, Task.done_at.is_(None))
    suspects = _count(
        Task, Task.done_at.is_(None) & (Task.kind == TaskKind.SUSPECT) & (Task.due_at <= now())
    )
    mails = _count(InboundMail, waits_for_person())
    with ports().sessions() as session:
        row = session.execute(select(tasks, drafts, contacts, suspects, mails)).one()
    names = ("today.index", "queue.index", "contacts.index", "suspects.index", "inbox.index")
    return dict(zip(names, row, strict=True))


def _count(table: type[Base], where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(where).scalar_subquery()
