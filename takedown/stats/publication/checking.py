"""Is a publication as it was? And how do two of them differ? Read-only."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from takedown.stats.publication import frozen as room
from takedown.stats.publication import methods, service
from takedown.stats.publication.models import Publication, PublicationFile, ReportKind

_OF_THE_FILE = ("about", "names", "withheld")


@dataclass(frozen=True, slots=True)
class Verified:
    """`holds`: every byte is as it was sealed, and the figures come out of the facts again.

    `broken`: the first part that is not. `recomputed` is false where this software does not know
    the method any more: the bytes hold, the figures were not made again.
    """

    holds: bool
    broken: str | None
    recomputed: bool
    differences: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that two publications give otherwise: where it stands, and both."""

    place: str
    before: Any
    after: Any


def verify(row: Publication, folder: Path, files: list[PublicationFile]) -> Verified:
    """Recompute a publication from its own frozen facts, by its own method."""
    if row.digest is None:
        raise service.PublicationRefused("not_made")
    broken = room.broken(folder, row.digest) or _file(folder, files)
    if broken is not None:
        return Verified(False, broken, False, 0)
    opened = room.open_frozen(folder)
    period = service.period(row)
    made = methods.compute(ReportKind(row.kind), str(row.method), opened, period)
    if made is None:
        return Verified(True, None, False, 0)
    again = json.loads(room.canonical(made))
    found = list(compare(opened.computed(), again))
    return Verified(not found, None, True, len(found))


def compare(before: Any, after: Any, place: str = "") -> Iterator[Difference]:
    """Every figure that differs, by its path; lines of tables are matched by their key."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from compare(before.get(name), after.get(name), f"{place}/{name}")
    elif _keyed(before) and _keyed(after):
        yield from compare(_by_key(before), _by_key(after), place)
    elif before != after:
        yield Difference(place, before, after)


def figures(folder: Path) -> dict[str, Any]:
    """A publication's figures as two of them are compared."""
    found = room.open_frozen(folder).figures()
    return {name: value for name, value in found.items() if name not in _OF_THE_FILE}


def _file(folder: Path, files: list[PublicationFile]) -> str | None:
    for one in files:
        path = folder / "files" / one.name
        if not path.exists() or room.digest_of(path) != one.digest:
            return f"files/{one.name}"
    return None


def _keyed(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and _key(one) is not None for one in value)
    )


def _by_key(lines: Any) -> dict[str, Any]:
    return {str(_key(line)): line for line in lines}


def _key(line: Mapping[str, Any]) -> Any:
    for name in ("key", "provider_id", "country", "month", "step"):
        if name in line:
            return str(line[name])
    return None
