"""One timeline of a case: reports, traces, route, notices, deliveries, spells, findings, tasks."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.audit import Event
from takedown.checks.models import CheckState, ManualFinding, Spell
from takedown.episodes.models import Episode
from takedown.hosts.models import Provider, Trace
from takedown.outbox.inbox.models import InboundMail
from takedown.outbox.models import Delivery, Notice, NoticeUrl
from takedown.people.tasks import Task
from takedown.routes.models import Hold, UrlRoute
from takedown.urls.models import Report, Url
from takedown.vault import Vault
from takedown.web import show, words
from takedown.web.reads.contacts import provider_name
from takedown.web.reads.people import names_of

_TONES = {"up": "", "down": "good", "changed": "asks", "blocked": "asks"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line. `tone`: empty, good, asks or bad; `until` where it lasted; `link` to a notice."""

    at: datetime
    what: str
    more: str = field(default="", repr=False)
    tone: str = ""
    until: datetime | None = None
    notice: uuid.UUID | None = None
    by: str | None = None


def timeline(session: Session, vault: Vault, url: Url) -> list[Moment]:
    """All that happened, oldest first, people by their names."""
    moments = [
        *_reports(session, url),
        *_traces(session, vault, url),
        *_told(session, url),
        *_routes(session, url),
        *_notices(session, url),
        *_spells(session, url),
        *_episodes(session, vault, url),
        *_stops(session, url),
        *_tasks(session, url),
        *_answered(session, url),
        *_mails(session, url),
    ]
    names = names_of(session, {one.by for one in moments if one.by})
    named = [
        Moment(one.at, one.what, one.more, one.tone, one.until, one.notice, names.get(one.by or ""))
        for one in moments
    ]
    return sorted(named, key=lambda one: one.at)


def _reports(session: Session, url: Url) -> Iterator[Moment]:
    rows = session.scalars(select(Report).where(Report.url_id == url.id).order_by(Report.id))
    for place, report in enumerate(rows):
        source = words.word("source", report.source)
        more = " · ".join(filter(None, [report.classification, report.reference]))
        what = (
            _("registered, from: %(source)s")
            if not place
            else _("reported again, from: %(source)s")
        )
        yield Moment(report.registered_at, what % {"source": source}, more, by=report.registered_by)


def _traces(session: Session, vault: Vault, url: Url) -> Iterator[Moment]:
    """Each Trace that says something else than the one before it."""
    rows = session.execute(
        select(Trace, Provider)
        .outerjoin(Provider, Provider.id == Trace.provider_id)
        .where(Trace.host_id == url.host_id)
        .order_by(Trace.at, Trace.id)
    )
    before = ""
    for row in rows:
        trace, provider = row.Trace, row.Provider
        if provider is None:
            what, more, tone = _("not located"), f"DNS: {trace.dns}", "asks"
        else:
            what, more, tone = _("located"), _found(vault, trace, provider), ""
        if more != before:
            yield Moment(trace.at, what, more, tone)
        before = more


def _found(vault: Vault, trace: Trace, provider: Provider) -> str:
    address = vault.open("traces.address", trace.id, trace.address) if trace.address else ""
    origin = vault.open("traces.origin", trace.id, trace.origin) if trace.origin else ""
    parts = [
        show.defanged(origin or address) if origin or address else "",
        f"AS{trace.asn}" if trace.asn else "",
        provider_name(vault, provider),
        show.country(trace.country),
        _("behind a proxy") if trace.proxy else "",
    ]
    return ", ".join(filter(None, parts))


def _told(session: Session, url: Url) -> Iterator[Moment]:
    """What a proxy told of the host behind it, and proxies that answers gave away."""
    kinds = ("host.origin_told", "host.front_seen")
    rows = session.scalars(
        select(Event).where(Event.subject_id == url.host_id, Event.kind.in_(kinds))
    )
    for event in rows:
        if event.kind == "host.front_seen":
            yield Moment(event.at, _("an answer names a proxy before it"))
        else:
            more, by = words.word("known_by", event.after), event.detail.get("by")
            yield Moment(event.at, _("the origin behind the proxy is told"), more, by=by)


def _routes(session: Session, url: Url) -> Iterator[Moment]:
    for route in session.scalars(select(UrlRoute).where(UrlRoute.url_id == url.id)):
        parts = [words.word("state", route.status)]
        if route.deadline_hours:
            length = show.duration(route.deadline_hours)
            binding = _("%(length)s, binding", length=length)
            parts.append(binding if route.binding else _("%(length)s asked for", length=length))
        kind = words.word("state", route.kind) if route.kind == "direct" else words.why(route.kind)
        yield Moment(route.decided_at, _("route: %(kind)s", kind=kind), " · ".join(parts))


def _notices(session: Session, url: Url) -> Iterator[Moment]:
    rows = session.execute(
        select(Notice, NoticeUrl, Delivery)
        .join(NoticeUrl, NoticeUrl.notice_id == Notice.id)
        .outerjoin(Delivery, Delivery.notice_id == Notice.id)
        .where(NoticeUrl.url_id == url.id)
    ).all()
    for notice in {row.Notice.id: row.Notice for row in rows}.values():
        kind = words.word("kind", notice.kind)
        yield Moment(
            notice.composed_at,
            _("%(kind)s composed", kind=kind),
            notice.number,
            "",
            None,
            notice.id,
        )
        if notice.approved_at:
            by = notice.approved_by
            yield Moment(notice.approved_at, _("approved"), notice.number, notice=notice.id, by=by)
    for row in rows:
        if row.NoticeUrl.withdrawn_at:
            yield Moment(
                row.NoticeUrl.withdrawn_at, _("taken out of the notice"), row.Notice.number, "asks"
            )
        if row.Delivery is not None:
            yield from _delivery(row.Notice, row.Delivery)


def _delivery(notice: Notice, delivery: Delivery) -> Iterator[Moment]:
    if delivery.accepted_at:
        by = words.word("state", delivery.accepted_by)
        yield Moment(
            delivery.accepted_at,
            _("notice accepted %(by)s", by=by),
            notice.number,
            "good",
            None,
            notice.id,
        )
    elif delivery.status in ("bounced", "dead", "uncertain"):
        at = delivery.armed_at or delivery.created_at
        word = words.word("state", delivery.status)
        yield Moment(at, _("notice: %(state)s", state=word), notice.number, "bad", None, notice.id)


def _spells(session: Session, url: Url) -> Iterator[Moment]:
    for spell in session.scalars(select(Spell).where(Spell.url_id == url.id)):
        yield _spell(spell.verdict, spell.note, spell.first_at, spell.last_at, spell.checks)
    state = session.get(CheckState, url.id)
    if state and state.verdict and state.spell_first_at and state.spell_last_at:
        yield _spell(
            state.verdict,
            state.note or "",
            state.spell_first_at,
            state.spell_last_at,
            state.spell_checks,
        )
    for found in session.scalars(select(ManualFinding).where(ManualFinding.url_id == url.id)):
        verdict = words.word("verdict", found.verdict)
        what = _("seen by a person: %(verdict)s", verdict=verdict)
        tone = _TONES.get(found.verdict, "")
        how = words.word("how", found.how) if found.how else ""
        if found.undone_at:
            how = " · ".join(filter(None, [how, _("taken back")]))
        yield Moment(found.seen_at, what, how, tone, by=found.entered_by)


def _spell(verdict: str, note: str, first: datetime, last: datetime, checks: int) -> Moment:
    counted = ngettext("%(num)s check", "%(num)s checks", checks)
    more = " · ".join(filter(None, [words.word("seen", note) if note else "", counted]))
    tone = _TONES.get(verdict, "asks" if verdict != "up" else "")
    return Moment(
        first, words.word("verdict", verdict), more, tone, last if last != first else None
    )


def _episodes(session: Session, vault: Vault, url: Url) -> Iterator[Moment]:
    rows = session.execute(
        select(Episode, Provider)
        .join(Provider, Provider.id == Episode.provider_id)
        .where(Episode.url_id == url.id)
    )
    for episode, provider in rows:
        name = provider_name(vault, provider)
        if episode.ordinal > 1 or episode.role == "proxy":
            who = f"{name}, {words.word('role', episode.role)}"
            yield Moment(episode.opened_at, _("episode began"), who)
        if episode.confirmed_at and episode.outcome in ("removed", "unavailable"):
            length = _gone_after(episode)
            yield Moment(episode.confirmed_at, _("removal confirmed"), length, "good")
        elif episode.closed_at and episode.outcome != "open":
            outcome = words.word("state", episode.outcome)
            yield Moment(episode.closed_at, _("episode ended: %(how)s", how=outcome), name, "asks")
        if episode.reappeared_at:
            yield Moment(episode.reappeared_at, _("up again after removal"), name, "asks")


def _gone_after(episode: Episode) -> str:
    start = episode.notified_at
    if start is None or episode.first_down_at is None:
        return _("without a notice")
    low = (episode.last_up_at - start).total_seconds() / 3600 if episode.last_up_at else None
    high = (episode.first_down_at - start).total_seconds() / 3600
    return _("gone after %(length)s", length=show.span(low, high))


def _stops(session: Session, url: Url) -> Iterator[Moment]:
    for hold in session.scalars(select(Hold).where(Hold.subject_id.in_([url.id, url.host_id]))):
        more = f"{hold.asked_by}: {hold.reason}"
        yield Moment(hold.placed_at, _("hold placed"), more, "asks", by=hold.placed_by)
        if hold.released_at:
            yield Moment(hold.released_at, _("hold released"), hold.asked_by, by=hold.released_by)
    moved = select(Event).where(Event.subject_id == url.id, Event.kind == "status")
    for event in session.scalars(moved):
        if event.after in ("withdrawn", "needs_operator"):
            why = words.why(str(event.detail.get("why", "")))
            yield Moment(event.at, words.word("state", event.after), why, "asks")


def _tasks(session: Session, url: Url) -> Iterator[Moment]:
    for task in session.scalars(select(Task).where(Task.subject_id == url.id)):
        kind, because = words.word("task", task.kind), words.why(task.why) if task.why else ""
        yield Moment(task.opened_at, _("a person is asked: %(kind)s", kind=kind), because, "asks")
        if task.done_at:
            yield Moment(task.done_at, _("done: %(kind)s", kind=kind), by=task.done_by)


def _mails(session: Session, url: Url) -> Iterator[Moment]:
    """What came back, and what it claims: beside the findings, never among them."""
    rows = session.execute(
        select(InboundMail, Notice.number)
        .join(NoticeUrl, NoticeUrl.notice_id == InboundMail.notice_id)
        .join(Notice, Notice.id == InboundMail.notice_id)
        .where(NoticeUrl.url_id == url.id)
        .order_by(InboundMail.id)
        .limit(500)
    )
    for mail, number in rows:
        said = ", ".join(words.word("claim", one) for one in mail.claims)
        more = " · ".join(filter(None, [said, number]))
        what = _("mail: %(kind)s", kind=words.word("mail", mail.kind))
        tone = {"bounce": "bad", "acknowledgement": "good", "auto_reply": "", "delay": ""}
        yield Moment(
            mail.received_at, what, more, tone.get(mail.kind or "", "asks"), notice=mail.notice_id
        )
        if mail.read_at and mail.read_by:
            yield Moment(mail.read_at, _("mail read"), number, by=mail.read_by)


def _answered(session: Session, url: Url) -> Iterator[Moment]:
    """When the police agreed, with their reference."""
    rows = session.scalars(
        select(Event).where(Event.subject_id == url.id, Event.kind == "police_cleared")
    )
    for event in rows:
        by = event.detail.get("by") if event.detail else None
        yield Moment(event.at, _("the police agreed"), event.after or "", "good", by=by)
