"""`takedown register`, `url`, `urls`: what comes in, and where it stands."""

import gc
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown import wiring
from takedown.cli import door
from takedown.flow.case import cases, find, in_state
from takedown.flow.ports import Ports
from takedown.urls.models import Url, UrlStatus
from takedown.urls.reading import read
from takedown.urls.service import Registration
from takedown.urls.service import register as register_entries

_MOST: Final = 1_000


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--source", default="analyst", show_default=True, help="Where a line does not say.")
@door.at_now
@door.as_json
def register(file: str, source: str, now: datetime | None, as_json: bool) -> None:
    """Register confirmed addresses from FILE (- for standard input): text, CSV or JSON lines."""
    ports = door.ports(now)
    gc.freeze()  # what a line makes goes with the line: nothing is gained by looking at all of it
    gc.set_threshold(100_000, 20, 20)
    with click.open_file(file, encoding="utf-8-sig", errors="replace") as lines:
        total = _count(Path(file)) if Path(file).is_file() else None
        with _progress(total) as bar:
            task = bar.add_task("registering", total=total)
            result = register_entries(
                ports.sessions,
                ports.vault,
                read(lines, now=ports.clock(), schemes=ports.schemes, source=source),
                now=ports.clock(),
                actor=wiring.operating_system_user(),
                progress=lambda done: bar.advance(task, done),
            )
    for refusal in result.refused:
        if not as_json:
            click.echo(f"line {refusal.line}, {refusal.field}: {refusal.reason}", err=True)
    door.answer(_shape(result), _text(result), as_json=as_json)
    if result.refused:
        raise door.Refused(f"{len(result.refused)} lines refused")


def _progress(total: int | None) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def _count(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for _ in lines)


def _shape(result: Registration) -> dict[str, Any]:
    return {
        "registered": result.registered,
        "repeated": result.repeated,
        "refused": [
            {"line": one.line, "field": one.field, "reason": one.reason} for one in result.refused
        ],
        "ids": result.ids,
        "hops": [{"id": url_id, "cases": cases} for url_id, cases in result.hops.items()],
    }


def _text(result: Registration) -> str:
    counts = (
        f"{result.registered} registered, {result.repeated} repeated, {len(result.refused)} refused"
    )
    return f"{counts}, {len(result.hops)} known under another suffix" if result.hops else counts


@click.command()
@click.argument("name", metavar="ID")
@door.reveal
@door.as_json
def url(name: str, reveal: bool, as_json: bool) -> None:
    """A case by its id or number (2026-000123), with its timeline."""
    if reveal:
        door.closed_world_only("--reveal")
    ports = door.ports()
    with ports.sessions() as session:
        found = find(session, name)
        if found is None:
            raise door.Refused("there is no such case")
        (case,) = cases(session, ports.vault, [found])
        if reveal:
            case["location"] = _location(ports, found)
    door.answer(case, None if as_json else _story(case), as_json=as_json)


@click.command()
@click.option("--status", type=click.Choice([str(one) for one in UrlStatus]))
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=_MOST, show_default=True)
@door.reveal
@door.as_json
def urls(status: str | None, limit: int, reveal: bool, as_json: bool) -> None:
    """List cases: ids, states, providers."""
    if reveal:
        door.closed_world_only("--reveal")
    ports = door.ports()
    items = []
    with ports.sessions() as session:
        rows = _listed(session, status, limit)
        for start in range(0, len(rows), _MOST):
            part = rows[start : start + _MOST]
            items += cases(session, ports.vault, part)
        if reveal:
            for case, row in zip(items, rows, strict=True):
                case["location"] = _location(ports, row)
    door.answer({"items": items}, "\n".join(map(_line, items)), as_json=as_json)


def _listed(session: Session, status: str | None, limit: int) -> list[Url]:
    """Cases by status, oldest first."""
    query = select(Url).order_by(Url.serial)
    if status:
        query = query.where(in_state(status))
    return list(session.scalars(query.limit(limit)))


def _location(ports: Ports, found: Url) -> str:
    return ports.vault.open("urls.location", found.id, found.location)


def _line(case: dict[str, Any]) -> str:
    trace = case["trace"] or {}
    provider, country = trace.get("provider") or "-", trace.get("country") or "--"
    return f"{case['number']}  {case['status']:<15} {country}  {provider}"


def _story(case: dict[str, Any]) -> str:
    lines = [_line(case)]
    for spell in case["spells"]:
        lines.append(
            f"  {spell['first']:%Y-%m-%d %H:%M} - {spell['last']:%Y-%m-%d %H:%M}"
            f"  {spell['verdict']} ({spell['checks']} checks)"
        )
    for one in case["episodes"]:
        lines.append(f"  {one['provider']}: {one['outcome']}, notified {one['notified_at'] or '-'}")
    for notice in case["notices"]:
        lines.append(f"  {notice['number']} {notice['kind']}: {notice['status']}")
    return "\n".join(lines)


COMMANDS: Final = (register, url, urls)
