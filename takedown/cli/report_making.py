"""A report is made here and now, with a bar; its files are handed out, its changes told."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.orm import Session

from takedown import wiring
from takedown.cli import door
from takedown.db import committing
from takedown.flow.ports import Ports
from takedown.flow.reports import house
from takedown.stats.publication import checking, drawing, making, service
from takedown.stats.publication.models import Edition, Publication, PublicationFile, ReportKind

_SHOWN: Final = 40


@contextmanager
def refusals() -> Iterator[None]:
    """What can't be done with a publication is said in words."""
    try:
        yield
    except service.PublicationRefused as no:
        raise door.Refused(str(no)) from None


def make(
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
    """Ask for a report, and make it. Raises `Refused`."""
    wanted = service.Wanted(kind, edition, first, last, clock, cutoff, langs, formats, said)
    with refusals(), committing(ports.sessions) as session:
        row = service.ask(session, wanted, now=ports.clock(), by=wiring.operating_system_user())
        note(session, ports, "report.ask", row)
    finish(ports, row, output, as_json=as_json)


def finish(
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
        files = drawing.stored(session, made.id)
        note(session, ports, "report.export", made, files=len(files))
    names = hand_out(place.folder(made.id), files, output)
    digest = made.digest.hex() if made.digest else ""
    found: dict[str, Any] = {
        "number": made.number,
        "id": str(made.id),
        "digest": digest,
        "files": names,
    }
    lines = [f"{made.number}, a draft: a second person publishes it", f"SHA-256 {digest}", *names]
    if before is not None:
        found["differences"] = changed = differences(ports, before, made)
        lines.append(changes(changed))
    door.answer(found, "\n".join(lines), as_json=as_json)


def hand_out(folder: Path, files: list[PublicationFile], output: Path | None) -> list[str]:
    """Copy the stored files into a folder; where they are now. Raises `Refused`."""
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


def differences(ports: Ports, before: Publication, after: Publication) -> list[dict[str, Any]]:
    """Every figure that two publications give otherwise."""
    place = house(ports)
    one, other = (checking.figures(place.folder(row.id)) for row in (before, after))
    return [
        {"place": found.place, "before": found.before, "after": found.after}
        for found in checking.compare(one, other)
    ]


def changes(found: list[dict[str, Any]]) -> str:
    """The same for people, not without end."""
    if not found:
        return "no figure differs"
    lines = [f"{one['place']}: {one['before']} -> {one['after']}" for one in found[:_SHOWN]]
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "\n".join([f"{len(found)} figures differ:", *lines, *more])


def note(session: Session, ports: Ports, action: str, row: Publication, **more: Any) -> None:
    """The log's line on an act of the operator: last before the commit."""
    door.note(session, ports, action, service.about(row, **more), str(row.id))
