"""`takedown notices`: what waits for a person, and in a closed world a yes."""

import uuid
from datetime import datetime
from typing import Any, Final

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from takedown import wiring
from takedown.cli import door
from takedown.db import committing
from takedown.flow.case import provider_name
from takedown.flow.notify import approve as approve_notices
from takedown.hosts.models import Contact, Provider
from takedown.outbox.models import Notice, NoticeStatus


@click.group(invoke_without_command=True)
@click.option("--status", type=click.Choice([str(one) for one in NoticeStatus]))
@door.as_json
@click.pass_context
def notices(context: click.Context, status: str | None, as_json: bool) -> None:
    """List notices; `notices approve` lets drafts go."""
    if context.invoked_subcommand is not None:
        return
    ports = door.ports()
    with ports.sessions() as session:
        query = select(Notice).options(selectinload(Notice.urls)).order_by(Notice.serial)
        if status:
            query = query.where(Notice.status == status)
        providers = session.scalars(select(Provider))
        names = {one.id: provider_name(ports.vault, one) for one in providers}
        media = dict(session.execute(select(Contact.id, Contact.medium)).all())
        items = [_item(one, names, media) for one in session.scalars(query)]
    door.answer({"items": items}, "\n".join(map(_line, items)), as_json=as_json)


@notices.command("approve")
@click.argument("numbers", nargs=-1, metavar="[NUMBER]...")
@click.option("--all", "every", is_flag=True, help="Every draft.")
@door.at_now
@door.as_json
def approve_these(
    numbers: tuple[str, ...], every: bool, now: datetime | None, as_json: bool
) -> None:
    """Approve drafts, by number (NTD-...) or id; in a closed world only."""
    door.closed_world_only("approving")
    if bool(numbers) == every:
        raise door.Refused("name notices, or say --all", 2)
    ports = door.ports(now)
    with committing(ports.sessions) as session:
        ids = _wanted(session, numbers)
        answers = approve_notices(
            session, ports, ids, actor=wiring.operating_system_user(), supervisor=True
        )
    items = [{"number": one.number, "outcome": str(one.outcome)} for one in answers]
    done = sum(one.approved for one in answers)
    door.answer({"items": items}, f"{done} of {len(items)} approved", as_json=as_json)
    if done < len(items):
        raise door.Refused(f"{len(items) - done} could not be approved")


def _wanted(session: Session, names: tuple[str, ...]) -> list[uuid.UUID]:
    if not names:
        query = select(Notice.id).where(Notice.status == NoticeStatus.DRAFT).order_by(Notice.serial)
        return list(session.scalars(query))
    found = []
    for name in names:
        by_number = select(Notice.id).where(Notice.number == name)
        try:
            one = session.scalar(select(Notice.id).where(Notice.id == uuid.UUID(name)))
        except ValueError:
            one = session.scalar(by_number)
        if one is None:
            raise door.Refused(f"there is no notice {name}")
        found.append(one)
    return found


def _line(item: dict[str, Any]) -> str:
    return f"{item['number']}  {item['kind']:<10} {item['status']:<10} {item['recipient']}"


def _item(
    notice: Notice, names: dict[uuid.UUID, str], media: dict[uuid.UUID, str]
) -> dict[str, Any]:
    return {
        "id": notice.id,
        "number": notice.number,
        "kind": notice.kind,
        "recipient": names[notice.provider_id],
        "medium": media[notice.contact_id],
        "status": str(notice.status),
        "urls": [one.url_id for one in notice.urls if one.withdrawn_at is None],
        "accepted_at": notice.accepted_at,
    }


COMMANDS: Final = (notices,)
