"""`takedown export`: what waits to be handed over, and domains, as files; closed worlds only."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click

from notices import attachments, hand_over
from takedown.audit import digest_of_ids
from takedown.cli import door
from takedown.db import committing
from takedown.flow.notify import look_up
from takedown.outbox import export as reading
from takedown.routes.models import RouteKind

country = click.option("--country", help="Only what is hosted there: an ISO 3166-1 code.")
output = click.option(
    *("-o", "--output"),
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file: .json for programs, anything else is CSV. It is readable by you alone.",
)


@click.group()
def export() -> None:
    """Files with exact locations: hand-overs that wait, and domains. In a closed world only."""


@export.command()
@country
@output
@door.as_json
def hotline(country: str | None, output: Path, as_json: bool) -> None:
    """What waits for a partner hotline, with ICCAM codes."""
    _hand_overs(RouteKind.HOTLINE, country, output, as_json)


@export.command()
@country
@output
@door.as_json
def police(country: str | None, output: Path, as_json: bool) -> None:
    """What waits for our own police; victims at risk among them."""
    _hand_overs(RouteKind.POLICE, country, output, as_json)


@export.command()
@country
@output
@door.as_json
def domains(country: str | None, output: Path, as_json: bool) -> None:
    """The domains of what is open, most addresses first."""
    door.closed_world_only("exporting locations")
    ports, place = door.ports(), _country(country)
    with door.secret_file(output) as write, committing(ports.sessions) as session:
        found = reading.domains(session, ports.vault, place, look_up=look_up)
        rows = [
            {"domain": one.domain, "urls": len(one.urls), "countries": sorted(one.countries)}
            for one in found
        ]
        write((json.dumps(rows, indent=1) if _is_json(output) else _sheet(rows)).encode())
        detail = {"country": place, "domains": len(rows)}
        door.note(session, ports, "export.domains", detail)
    door.answer(detail, f"{len(rows)} domains", as_json=as_json)


def _hand_overs(kind: RouteKind, country: str | None, output: Path, as_json: bool) -> None:
    door.closed_world_only("exporting locations")
    ports, place = door.ports(), _country(country)
    with door.secret_file(output) as write, committing(ports.sessions) as session:
        found = reading.hand_overs(
            session, ports.vault, ports.hotline, kind, place, look_up=look_up
        )
        facts = [fact for _, fact in found]
        if _is_json(output):
            documents = [hand_over.as_document(fact) for fact in facts]
            write(json.dumps(documents, indent=1, ensure_ascii=False).encode())
        else:
            write(attachments.sheet_of(facts, partner=kind == RouteKind.HOTLINE))
        detail = {"kind": str(kind), "country": place, "urls": len(facts)}
        door.note(
            session,
            ports,
            "export.hand_overs",
            {**detail, "urls_sha256": digest_of_ids(one for one, _ in found)},
        )
    door.answer(detail, f"{len(facts)} addresses", as_json=as_json)


def _country(text: str | None) -> str | None:
    if text is None:
        return None
    code = text.upper()
    if len(code) != 2 or not (code.isascii() and code.isalpha()):
        raise door.Refused("--country takes an ISO 3166-1 code of two letters", 2)
    return code


def _is_json(output: Path) -> bool:
    return output.suffix.lower() == ".json"


def _sheet(rows: Iterable[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("domain", "urls", "countries"))
    writer.writerows((row["domain"], row["urls"], " ".join(row["countries"])) for row in rows)
    return text.getvalue()


COMMANDS: Final = (export,)
