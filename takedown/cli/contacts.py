"""`takedown contacts`: approving in a closed world; the contact book out and in as a table."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown import wiring
from takedown.cli import door
from takedown.db import committing
from takedown.flow.ports import Ports
from takedown.hosts.book import Desk, contacts, exchange
from takedown.hosts.book.listing import by_address, waiting
from takedown.hosts.models import Contact
from takedown.people.two_people import OwnWork
from takedown.urls.normalise import registrable_domain


@click.group("contacts")
def book() -> None:
    """The contact book: approve what was looked up, take it out, bring it in."""


@book.command("approve")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--all", "every", is_flag=True, help="Every contact that waits.")
@door.at_now
@door.as_json
def approve(addresses: tuple[str, ...], every: bool, now: datetime | None, as_json: bool) -> None:
    """Approve contacts by address; in a closed world only. Nobody approves what they typed."""
    door.closed_world_only("approving")
    if bool(addresses) == every:
        raise door.Refused("name addresses, or say --all", 2)
    ports = door.ports(now)
    with committing(ports.sessions) as session:
        desk = _desk(ports, session)
        found = (
            list(session.scalars(select(Contact).where(*waiting())))
            if every
            else by_address(session, ports.vault, addresses)
        )
        approved, own = [], 0
        for contact in found:
            try:
                contacts.approve(desk, contact)
                approved.append(str(contact.id))
            except OwnWork:
                own += 1
        desk.sign("contacts.approve", contacts=approved)
    answer = {"approved": len(approved), "own": own}
    door.answer(answer, f"{len(approved)} approved", as_json=as_json)
    if own:
        raise door.Refused(f"{own} were typed by you: somebody else approves them")
    if not every and len(found) < len(addresses):
        raise door.Refused(f"{len(addresses) - len(found)} addresses are in no contact")


@book.command("export")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@door.as_json
def export(output: Path, as_json: bool) -> None:
    """Write the whole book as CSV, readable by its owner alone; - writes to the terminal."""
    ports = door.ports()
    with committing(ports.sessions) as session:
        text = exchange.export(session, ports.vault)
        rows = text.count("\r\n") - 1
        _desk(ports, session).sign("book.export", rows=rows)
    if str(output) == "-":
        sys.stdout.write(text)
        return
    output.touch(mode=0o600)
    output.chmod(0o600)
    output.write_text(text, encoding="utf-8-sig", newline="")
    door.answer({"rows": rows}, f"{rows} lines written", as_json=as_json)


@book.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Show every difference and save nothing.")
@click.option("--reason", default="", help="Why, where the table changes a standing.")
@door.as_json
def bring_in(file: str, dry_run: bool, reason: str, as_json: bool) -> None:
    """Read a table into the book; what is refused is named by line and field, the rest goes on.

    New contacts, and those with another address or key, wait for somebody else's approval.
    """
    text = _text(file)
    ports = door.ports()
    with committing(ports.sessions) as session:
        desk = _desk(ports, session)
        outcome = exchange.bring_in(desk, text, dry_run=dry_run, why=reason)
        if not dry_run:
            rows, refused = len(outcome.changed), len(outcome.refused)
            desk.sign("book.import", rows=rows, refused=refused)
    answer = {
        "dry_run": dry_run,
        "changed": [_item(one) for one in outcome.changed],
        "same": len(outcome.differences) - len(outcome.changed),
        "refused": [
            {"line": one.line, "field": one.field, "reason": one.reason} for one in outcome.refused
        ],
    }
    door.answer(answer, _lines(outcome, dry_run=dry_run), as_json=as_json)
    if outcome.refused:
        raise door.Refused(f"{len(outcome.refused)} refused")


def _desk(ports: Ports, session: Session) -> Desk:
    actor = wiring.operating_system_user()
    return Desk(session, ports.vault, actor, ports.clock(), registrable_domain)


def _text(file: str) -> str:
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise door.Refused("not a text in UTF-8: save the table as CSV UTF-8") from None


def _item(one: exchange.Difference) -> dict[str, Any]:
    return {
        "line": one.line,
        "provider": one.provider_id,
        "new": one.new,
        "new_contact": one.new_contact,
        "fields": [change.name for change in one.provider],
        "contact_fields": [change.name for change in one.contact],
    }


def _lines(outcome: exchange.Outcome, *, dry_run: bool) -> str:
    """For a terminal: fields that change, without the values, which a log of it could keep."""
    shown = [
        f"line {one.line}: {'new provider, ' if one.new else ''}"
        f"{'new contact, ' if one.new_contact else ''}"
        + ", ".join(change.name for change in (*one.provider, *one.contact))
        for one in outcome.changed
    ]
    shown += [f"line {one.line}: refused: {one.field}: {one.reason}" for one in outcome.refused]
    verb = "would change" if dry_run else "changed"
    return "\n".join([*shown, f"{len(outcome.changed)} rows {verb}"])


COMMANDS: Final = (book,)
