"""What the pages of figures ask for, and where from: the facts, which hold no location."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from flask import request

from takedown.db import among
from takedown.hosts.models import Provider
from takedown.people.permissions import Permission
from takedown.stats import figures
from takedown.stats.facts import Facts, NoFacts, open_facts
from takedown.stats.facts.layout import closed, files
from takedown.stats.query import Query, parse
from takedown.web.guard import may
from takedown.web.ports import now, ports
from takedown.web.reads.contacts import provider_name

MONTHS: Final = 12
"""Months of the period where nothing is asked for, the one that has begun among them: their sums
lie ready in the facts."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from in the filters."""

    providers: list[tuple[str, str]]
    countries: list[str]
    classes: list[str]
    site_types: list[str]
    sources: list[str]


def facts() -> Facts:
    """The facts as they stand now. Raises `NoFacts`."""
    folder = ports().facts_dir
    if folder is None:
        raise NoFacts("no facts yet")
    return open_facts(folder)


def given() -> dict[str, str]:
    """The filters as the link has them; without a period the twelve months that end today."""
    found = {name: value for name, value in request.args.items() if value.strip()}
    if "from" not in found and "to" not in found:
        today = now().date()
        begin = today.replace(day=1)
        for _month in range(MONTHS - 1):
            begin = (begin - timedelta(days=1)).replace(day=1)
        found |= {"from": begin.isoformat(), "to": today.isoformat()}
    return found


def asked() -> Query:
    """The query of this page. Raises `BadQuery`."""
    return parse(given())


def named(result: Any) -> Any:
    """With the names that this person may read: who works on cases knows unreviewed ones too."""
    if not may(Permission.SEE_CASES):
        return result
    names = names_of(_ids(result))
    return figures.named(result, names.get)


def names_of(ids: set[str]) -> dict[str, str]:
    """What people who may see cases call these providers."""
    if not ids:
        return {}
    with ports().sessions() as session:
        wanted = among(Provider.id, [uuid.UUID(one) for one in ids])
        found = session.query(Provider).filter(wanted).all()
        return {str(one.id): provider_name(ports().vault, one) for one in found}


def _ids(result: Any) -> set[str]:
    if isinstance(result, Mapping):
        inner = set().union(*(_ids(value) for value in result.values()))
        return inner | ({str(result["provider_id"])} if "provider_id" in result else set())
    return set().union(*(_ids(one) for one in result)) if isinstance(result, list) else set()


def provider_names(known: Facts) -> dict[str, str]:
    """The providers that this person may know, by id: reviewed names, others for case workers."""
    reviewed = {str(one.id): one.name for one in known.providers.values() if one.name}
    if not may(Permission.SEE_CASES):
        return reviewed
    return reviewed | names_of({str(one.id) for one in known.providers.values()})


def choices(known: Facts) -> Choices:
    """What stands in the facts, whatever the filters; providers under the names one may read."""
    names = provider_names(known).items()
    codes = _CODES.get((known.folder, known.version))
    if codes is None:
        codes = _codes(known)
        _CODES.clear()
        _CODES[known.folder, known.version] = codes
    return Choices(sorted(names, key=lambda pair: pair[1].casefold()), *codes)


_CODES: Final[dict[tuple[Path, str], list[list[str]]]] = {}
"""Of the version that was read last: asking eleven million episodes takes a while."""


def _codes(known: Facts) -> list[list[str]]:
    rows = files([known.path / "open.parquet", *closed(known.path)])
    found = []
    for column in ("country", "class", "site_type", "source"):
        query = f"SELECT DISTINCT {column} FROM {rows}"  # nosec B608 - both are ours
        values = known.cursor().execute(query).fetchall()
        found.append(sorted(value for (value,) in values if value))
    return found
