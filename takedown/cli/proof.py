"""`takedown evidence` and `takedown received`: what left for a provider, proved and compared."""

import json
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from takedown.cli import door
from takedown.db import committing
from takedown.flow.case import find
from takedown.hosts.models import Provider
from takedown.outbox import queries
from takedown.outbox.evidence import chain, gathering, paper
from takedown.outbox.reconciling import Sent, reconcile

_YEAR: Final = timedelta(days=365)


@click.command()
@click.argument("number", required=False)
@click.option(
    *("-o", "--output"),
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file: .pdf to read, .json with the exact bytes. It is readable by you alone.",
)
@click.option(
    "--to", "provider", type=click.UUID, help="For which recipient, where it had several."
)
@click.option("--lang", type=click.Choice(paper.LANGUAGES), default="en", help="Of the PDF.")
@click.option(
    "--verify",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check a file in JSON instead of making one; anywhere.",
)
@door.as_json
def evidence(
    number: str | None,
    output: Path | None,
    provider: uuid.UUID | None,
    lang: str,
    verify: Path | None,
    as_json: bool,
) -> None:
    """What left about a case (2026-000123) or with a notice (NTD-2026-000123), for one recipient.

    With its bytes and every answer, in a chain of digests. In a closed world only.
    """
    if verify is not None:
        _verify(verify, as_json=as_json)
        return
    if number is None or output is None:
        raise door.Refused("name a case or a notice, and the file with -o", 2)
    door.closed_world_only("revealing locations")
    ports = door.ports()
    with door.secret_file(output) as write, committing(ports.sessions) as session:
        urls, whom = _about(session, number, provider)
        document = gathering.evidence(
            *(session, ports.vault, ports.hotline, whom, urls), about=number, now=ports.clock()
        )
        if output.suffix.lower() == ".pdf":
            letters = gathering.letters(session, ports.vault, document["about"]["notices"])
            content = paper.printed(document, letters, lang)
        else:
            content = json.dumps(document, indent=1).encode()
        write(content)
        told = {"about": number, "seal": document["seal"], "entries": len(document["entries"])}
        door.note(session, ports, "notice.evidence", told, str(whom.id))
    door.answer(told, f"{told['entries']} entries, sealed by {told['seal']}", as_json=as_json)


@click.command()
@click.argument("provider", type=click.UUID)
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "since", type=door.Instant(), help="Accepted from then on; a year ago.")
@click.option("--to", "until", type=door.Instant(), help="Accepted before then; now.")
@door.as_json
def received(
    provider: uuid.UUID,
    table: Path,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Hold a provider's CSV of what it received against what was accepted for it.

    PROVIDER is its id. Nothing of the table is kept; its lines are told by their numbers.
    """
    ports = door.ports()
    now = ports.clock()
    with committing(ports.sessions) as session:
        result = reconcile(
            *(session, ports.vault, provider, table.read_bytes()),
            since=since or now - _YEAR,
            until=until or now,
        )
        counts = {"both": len(result.both), "ours": len(result.ours), "theirs": len(result.theirs)}
        door.note(session, ports, "provider.reconcile", counts, str(provider))
    shown = {
        "both": [_shown(one) for one in result.both],
        "only_ours": [_shown(one) for one in result.ours],
        "only_theirs": list(result.theirs),
        "unread": list(result.unread),
    }
    lines = [f"both {counts['both']}, only ours {counts['ours']}, only theirs {counts['theirs']}"]
    lines += [f"only ours: {one.number} {one.case}" for one in result.ours]
    lines += [f"only theirs: line {line}" for line in result.theirs]
    door.answer(shown, "\n".join(lines), as_json=as_json)


def _about(
    session: Session, number: str, provider: uuid.UUID | None
) -> tuple[list[uuid.UUID], Provider]:
    """Which Urls, and for whom. Raises `Refused`."""
    notice = queries.by_number(session, number)
    if notice is not None:
        return gathering.urls_of(session, notice.id), session.get_one(Provider, notice.provider_id)
    url = find(session, number)
    if url is None:
        raise door.Refused("there is no case and no notice of that number")
    whom = gathering.recipients(session, [url.id])
    chosen = [one for one in whom if provider in (None, one.id)]
    if not chosen:
        raise door.Refused("nothing about it has left for this recipient")
    if len(chosen) > 1:
        ids = ", ".join(str(one.id) for one in chosen)
        raise door.Refused(f"it went to several, say for which with --to: {ids}", 2)
    return [url.id], chosen[0]


def _verify(file: Path, *, as_json: bool) -> None:
    try:
        given = json.loads(file.read_bytes())
    except ValueError:
        raise door.Refused("this is no JSON") from None
    wrong = chain.broken(given)
    if wrong is not None:
        raise door.Refused(f"it does not hold: entry {wrong}" if wrong else "it does not hold")
    told = {"holds": True, "entries": len(given["entries"]), "seal": given["seal"]}
    door.answer(told, f"it holds: {told['entries']} entries", as_json=as_json)


def _shown(one: Sent) -> dict[str, Any]:
    return {"notice": one.number, "case": one.case, "accepted_at": one.accepted_at}


COMMANDS: Final = (evidence, received)
