"""Every figure in the exports against the one that programs read, by a walk over the registry."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from house import House

from takedown.db import committing
from takedown.flow.reports import house as report_house
from takedown.stats.exports.wording import Wording
from takedown.stats.publication import making, service
from takedown.stats.publication.models import Edition, ReportKind
from takedown.stats.publication.service import Wanted
from takedown.stats.registry import INTERVAL, MEASURES

Asked = Callable[[str], Any]


def exports_say_what_programs_read(house: House, asked: Asked) -> None:
    """Every measure of the registry in a report is the one that the API answers with."""
    last = house.clock().date() - timedelta(days=8)
    first = last - timedelta(days=1500)
    document = exported(house, first, last)
    period = f"from={first}&to={last}&cutoff={last + timedelta(days=1)}"
    totals = {
        word: asked(f"overview?{period}&where={where}".removesuffix("&where="))["total"]
        for word, where in (("all", ""), ("at home", "home"), ("abroad", "abroad"))
    }
    wording = Wording("en", {"unknown": "unknown"})
    lines = {
        "provider": {one["provider"]: one for one in asked(f"providers?{period}")["items"]},
        "country": {
            wording.country(one["country"]): one for one in asked(f"countries?{period}")["items"]
        },
        "key": totals,
    }
    compared: dict[str, set[str]] = {}
    for sheet in document["sheets"]:
        for one in sheet["tables"]:
            of = lines.get(one["columns"][0], {})
            for row in one["lines"]:
                if line := of.get(row[one["columns"][0]]):
                    compared.setdefault(one["key"], set()).update(same(row, line, one["key"]))
    shares = {"notices", "effective_notices", "episodes", "median_hours", "gone_24", "gone_168"}
    for table in ("shares_where", "shares_country", "shares_provider"):
        assert shares <= compared[table], table
    ends = {"removed", "unavailable", "moved", "open", "gone_before_notice", "rescinded"}
    assert ends <= compared["by_provider"] & compared["by_country"] & compared["where"]


def same(row: dict[str, Any], line: dict[str, Any], where: str) -> set[str]:
    """The measures of the registry that stand in a row: each as in the line of the API."""
    found = set()
    for name, measure in MEASURES.items():
        parts = [part for part in INTERVAL if f"{name}_{part}" in row]
        shown = {part: row[f"{name}_{part}"] for part in parts} or (
            {"value": row[name]} if name in row else {}
        )
        if shown and shown != dict.fromkeys(parts):
            read = measure.read(line)
            assert shown == {part: read[part] for part in shown}, (where, name, row)
            found.add(name)
    return found


def exported(house: House, first: date, last: date) -> dict[str, Any]:
    """The annual report of these days, its full edition, as JSON."""
    place = report_house(house.ports)
    wanted = Wanted(
        ReportKind.ANNUAL, Edition.FULL, first, last, languages=["en"], formats=["json"]
    )
    with committing(house.ports.sessions) as session:
        row = service.ask(session, wanted, now=house.clock(), by="user:a")
    with committing(house.ports.sessions) as session:
        claimed = making.claim(session, now=house.clock(), one=row.id)
    assert claimed is not None and making.make(place, claimed)
    with house.ports.sessions() as session:
        (file,) = making.files_of(session, row.id)
    return json.loads((place.folder(row.id) / "files" / file.name).read_bytes())
