"""`takedown report`: publications, from the freeze to the erratum."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from takedown import wiring
from takedown.cli import door
from takedown.cli.report_making import (
    changes,
    differences,
    finish,
    hand_out,
    make,
    note,
    refusals,
)
from takedown.cli.report_options import in_forms, period
from takedown.db import committing
from takedown.flow.reports import house
from takedown.stats.publication import checking, drawing, service
from takedown.stats.publication.models import Edition, Publication, ReportKind


@click.group()
def report() -> None:
    """Publications: frozen figures, verified for ever, corrected by numbers."""


@report.command()
@click.option(
    "--edition",
    type=click.Choice([one.value for one in Edition]),
    default="full",
    show_default=True,
)
@click.option("--clock", default="notified", show_default=True, help="Which clock starts a case.")
@period
def annual(edition: str, clock: str, now: datetime | None, **asked: Any) -> None:
    """Freeze a period and write its report: any period, a fiscal year, too.

    At the earliest seven days after the cut-off. What is written is a draft: a second person
    publishes it, on the page Reports.
    """
    make(door.ports(now), ReportKind.ANNUAL, Edition(edition), clock, **asked)


@report.command()
@click.option(
    "--independence",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A text for each language, named like procedures.en.txt: how independence is kept.",
)
@period
def dsa22(independence: tuple[Path, ...], now: datetime | None, **asked: Any) -> None:
    """The trusted flagger's yearly report (Digital Services Act, Article 22(3))."""
    said = {
        file.suffixes[-2].strip("."): file.read_text()
        for file in independence
        if len(file.suffixes) > 1
    }
    make(door.ports(now), ReportKind.DSA22, Edition.FULL, "notified", said=said, **asked)


@report.command()
@click.argument("numbers", nargs=-1)
@door.as_json
def verify(numbers: tuple[str, ...], as_json: bool) -> None:
    """Recompute publications from their own frozen facts, and compare every byte. All, or some.

    Exit code 1 where one does not hold.
    """
    ports = door.ports()
    place = house(ports)
    with ports.sessions() as session:
        rows = [_row(session, one) for one in numbers] or [
            row
            for row in service.listed(session)
            if row.digest is not None and row.expires_at is None
        ]
        files = {row.id: drawing.stored(session, row.id) for row in rows}
    told, lines = [], []
    for row in rows:
        found = checking.verify(row, place.folder(row.id), files[row.id])
        told.append(
            {
                "number": row.number,
                "holds": found.holds,
                "recomputed": found.recomputed,
                "broken": found.broken,
                "differences": found.differences,
            }
        )
        how = "holds" if found.holds else f"does not hold: {found.broken or 'the figures differ'}"
        how += "" if found.recomputed or not found.holds else ", bytes only: unknown method"
        lines.append(f"{row.number} (method {row.method}) {how}")
    door.answer(told, "\n".join(lines) or "nothing is published yet", as_json=as_json)
    if not all(one["holds"] for one in told):
        raise door.Refused("a publication does not hold")


@report.command()
@click.argument("number")
@click.option("--why", required=True, help="What was wrong; it is printed.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path))
@door.at_now
@door.as_json
def erratum(
    number: str, why: str, output: Path | None, now: datetime | None, as_json: bool
) -> None:
    """Make a published report anew from what is known now, as a numbered erratum; say what changed.

    A second person publishes it, on the page Reports. The old one stays as it is.
    """
    ports = door.ports(now)
    with refusals(), committing(ports.sessions) as session:
        old = _row(session, number)
        made = service.correct(
            session, old, why=why, now=ports.clock(), by=wiring.operating_system_user()
        )
        note(session, ports, "report.erratum", made, corrects=old.number)
    finish(ports, made, output, as_json=as_json, before=old)


@report.command()
@click.argument("number")
@in_forms
@door.as_json
def files(number: str, langs: list[str], formats: list[str], output: Path, as_json: bool) -> None:
    """Hand out a report's files: as they were stored, and drawn now from its frozen figures where a
    language or form is not there yet.
    """
    ports = door.ports()
    place = house(ports)
    with committing(ports.sessions) as session:
        row = _row(session, number)
        with refusals():
            found = drawing.complete(session, place, row, langs, formats)
        note(session, ports, "report.export", row, files=len(found))
    names = hand_out(place.folder(row.id), found, output)
    door.answer({"number": row.number, "files": names}, "\n".join(names), as_json=as_json)


@report.command()
@click.argument("before")
@click.argument("after")
@door.as_json
def compare(before: str, after: str, as_json: bool) -> None:
    """Every figure that two publications give otherwise, by where it stands."""
    ports = door.ports()
    with ports.sessions() as session:
        rows = [_row(session, before), _row(session, after)]
    found = differences(ports, *rows)
    door.answer(found, changes(found), as_json=as_json)


@report.command("list")
@door.as_json
def list_(as_json: bool) -> None:
    """All publications, the newest first."""
    with door.ports().sessions() as session:
        rows = service.listed(session)
    told = [
        {
            **service.about(row),
            "state": row.state,
            "from": row.first_day.isoformat(),
            "to": row.last_day.isoformat(),
            "cutoff": row.cutoff,
            "method": row.method,
            "digest": row.digest.hex() if row.digest else None,
        }
        for row in rows
    ]
    lines = [
        f"{row.number}  {row.state:10} {row.kind} {row.edition} {row.first_day} {row.last_day}"
        for row in rows
    ]
    door.answer(told, "\n".join(lines) or "none yet", as_json=as_json)


def _row(session: Session, number: str) -> Publication:
    row = service.find(session, number)
    if row is None:
        raise door.Refused("there is no publication of that number")
    return row


COMMANDS: Final = (report,)
