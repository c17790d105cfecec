"""`takedown report`: publications, from the freeze to the erratum."""

import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from takedown import audit, wiring
from takedown.cli import door
from takedown.db import committing
from takedown.flow.ports import Ports
from takedown.flow.reports import house
from takedown.stats.exports.tongue import LANGUAGES
from takedown.stats.exports.writing import FORMATS
from takedown.stats.publication import checking, making, service
from takedown.stats.publication.models import (
    Edition,
    Publication,
    PublicationFile,
    ReportKind,
)

_SHOWN: Final = 40


class Day(click.ParamType[date]):
    """A day, ISO 8601."""

    name = "day"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail("not a day such as 2026-03-31", param, ctx)


class Several(click.ParamType[list[str]]):
    """Words of a list, with commas between."""

    name = "list"

    def __init__(self, known: tuple[str, ...]) -> None:
        self.known = known

    def convert(self, value: Any, param: Any, ctx: Any) -> list[str]:
        words = value if isinstance(value, list) else [one.strip() for one in value.split(",")]
        wrong = [one for one in words if one not in self.known]
        if wrong:
            self.fail(f"of {', '.join(self.known)}", param, ctx)
        return words


def _period(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every report shares."""
    for option in reversed(
        (
            click.option("--from", "first", type=Day(), required=True, help="First day, in UTC."),
            click.option("--to", "last", type=Day(), required=True, help="Last day, included."),
            click.option(
                "--cutoff", type=door.Instant(), help="As of when; the end of the last day."
            ),
            click.option(
                "--lang", "langs", type=Several(LANGUAGES), default="en", show_default=True
            ),
            click.option(
                *("--format", "formats"),
                type=Several(tuple(FORMATS)),
                default="xlsx,pdf",
                show_default=True,
                help=f"Of {', '.join(FORMATS)}, with commas between.",
            ),
            click.option(
                *("-o", "--output"),
                type=click.Path(file_okay=False, path_type=Path),
                required=True,
                help="The folder for the files.",
            ),
            door.at_now,
            door.as_json,
        )
    ):
        command = option(command)
    return command


@click.group()
def report() -> None:
    """Publications: frozen figures, verified for ever, corrected by numbers."""


@report.command()
@click.option("--edition", type=click.Choice([*Edition]), default="full", show_default=True)
@click.option("--clock", default="notified", show_default=True, help="Which clock starts a case.")
@_period
def annual(edition: str, clock: str, now: datetime | None, **asked: Any) -> None:
    """Freeze a period and write its report: any period, a fiscal year, too.

    At the earliest seven days after the cut-off. What is written is a draft: a second person
    publishes it, on the page Reports.
    """
    _make(door.ports(now), ReportKind.ANNUAL, Edition(edition), clock, **asked)


@report.command()
@click.option(
    "--independence",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A text for each language, named like procedures.en.txt: how independence is kept.",
)
@_period
def dsa22(independence: tuple[Path, ...], now: datetime | None, **asked: Any) -> None:
    """The trusted flagger's yearly report (Digital Services Act, Article 22(3))."""
    said = {
        file.suffixes[-2].strip("."): file.read_text()
        for file in independence
        if len(file.suffixes) > 1
    }
    _make(door.ports(now), ReportKind.DSA22, Edition.FULL, "notified", said=said, **asked)


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
        files = {row.id: _files(session, row) for row in rows}
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
    with committing(ports.sessions) as session:
        old = _row(session, number)
        made = service.correct(
            session, old, why=why, now=ports.clock(), by=wiring.operating_system_user()
        )
        _note(session, ports, "report.erratum", made, corrects=old.number)
    _finish(ports, made, output, as_json=as_json, before=old)


@report.command()
@click.argument("before")
@click.argument("after")
@door.as_json
def compare(before: str, after: str, as_json: bool) -> None:
    """Every figure that two publications give otherwise, by where it stands."""
    ports = door.ports()
    with ports.sessions() as session:
        rows = [_row(session, before), _row(session, after)]
    found = _differences(ports, *rows)
    door.answer(found, _told(found), as_json=as_json)


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


def _make(
    ports: Ports,
    kind: ReportKind,
    edition: Edition,
    clock: str,
    *,
    first: date,
    last: date,
    cutoff: datetime | None,
    langs: list[str],
    formats: list[str],
    output: Path,
    as_json: bool,
    said: dict[str, str] | None = None,
) -> None:
    wanted = service.Wanted(kind, edition, first, last, clock, cutoff, langs, formats, said)
    with committing(ports.sessions) as session:
        row = service.ask(session, wanted, now=ports.clock(), by=wiring.operating_system_user())
        _note(session, ports, "report.ask", row)
    _finish(ports, row, output, as_json=as_json)


def _finish(
    ports: Ports,
    row: Publication,
    output: Path | None,
    *,
    as_json: bool,
    before: Publication | None = None,
) -> None:
    """Make it here and now, with a bar, and put its files where they were asked for."""
    place = house(ports)
    with committing(ports.sessions) as session:
        claimed = making.claim(session, now=ports.clock(), one=row.id)
    if claimed is None:
        raise door.Refused("another process makes it already: see the page Reports")
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True, disable=as_json) as bar:
        task = bar.add_task("", total=None)

        def told(doing: str, step: int, steps: int) -> None:
            bar.update(task, description=doing.replace("_", " "), completed=step, total=steps)

        making.make(place, claimed, told=told)
    with committing(ports.sessions) as session:
        made = session.get_one(Publication, row.id)
        files = _files(session, made)
        _note(session, ports, "report.export", made, files=len(files))
    names = _hand_out(place.folder(made.id), files, output)
    digest = made.digest.hex() if made.digest else ""
    found: dict[str, Any] = {
        "number": made.number,
        "id": str(made.id),
        "digest": digest,
        "files": names,
    }
    lines = [f"{made.number}, a draft: a second person publishes it", f"SHA-256 {digest}", *names]
    if before is not None:
        found["differences"] = changed = _differences(ports, before, made)
        lines.append(_told(changed))
    door.answer(found, "\n".join(lines), as_json=as_json)


def _hand_out(folder: Path, files: list[PublicationFile], output: Path | None) -> list[str]:
    if output is None:
        return []
    names = []
    try:
        output.mkdir(parents=True, exist_ok=True)
        for one in files:
            target = output / one.name.partition("-")[2]
            shutil.copyfile(folder / "files" / one.name, target)
            names.append(str(target))
    except OSError as wrong:
        raise door.Refused(f"the files cannot be written: {wrong.strerror}") from None
    return names


def _differences(ports: Ports, before: Publication, after: Publication) -> list[dict[str, Any]]:
    place = house(ports)
    one, other = (checking.figures(place.folder(row.id)) for row in (before, after))
    return [
        {"place": found.place, "before": found.before, "after": found.after}
        for found in checking.compare(one, other)
    ]


def _told(found: list[dict[str, Any]]) -> str:
    if not found:
        return "no figure differs"
    lines = [f"{one['place']}: {one['before']} -> {one['after']}" for one in found[:_SHOWN]]
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "\n".join([f"{len(found)} figures differ:", *lines, *more])


def _row(session: Any, number: str) -> Publication:
    row = service.find(session, number)
    if row is None:
        raise door.Refused("there is no publication of that number")
    return row


def _files(session: Any, row: Publication) -> list[PublicationFile]:
    return making.files_of(session, row.id)


def _note(session: Any, ports: Ports, action: str, row: Publication, **more: Any) -> None:
    audit.append(
        session,
        ports.vault.audit_key,
        at=ports.clock(),
        actor=wiring.operating_system_user(),
        action=action,
        subject=str(row.id),
        detail=service.about(row, **more),
    )


COMMANDS: Final = (report,)
