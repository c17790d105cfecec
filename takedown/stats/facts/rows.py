"""The episodes of a query as rows for the measures."""

from datetime import UTC, datetime
from typing import Any, Final

from takedown.stats.episode_rows import EpisodeRow
from takedown.stats.facts.reading import Facts
from takedown.stats.query import Query

_STARTS: Final = {
    "notified": "notified_at",
    "received": "received_at",
    "registered": "registered_at",
    "police_informed": "police_informed_at",
    "police_cleared": "police_cleared_at",
}


def episodes(facts: Facts, query: Query) -> list[EpisodeRow]:
    """The primary episodes of a query: t0 in its period, or without one."""
    home = facts.home
    start = _STARTS[query.clock]
    where, given = ['"primary"'], []
    for condition, value in (
        (f"({start} IS NULL OR {start} >= ?)", _naive(query.from_)),
        (f"({start} IS NULL OR {start} < ?)", _naive(query.to)),
        ("e.country = ?", query.country),
        ("provider_id = ?", query.provider),
        ("role = ?", query.role),
        ("class = ?", query.class_),
        ("site_type = ?", query.site_type),
        ("source = ?", query.source),
        ("route = ?", query.route),
        ("e.country = ?", home if query.where == "home" else None),
        ("e.country IS DISTINCT FROM ?", home if query.where == "abroad" else None),
    ):
        if value is not None:
            where.append(condition)
            given.append(value)
    found = facts.cursor().execute(
        f"""SELECT e.*, p.public_name FROM '{facts.path("episodes.parquet")}' e
        LEFT JOIN '{facts.path("providers.parquet")}' p ON p.id = e.provider_id
        WHERE {" AND ".join(where)} ORDER BY e.id""",
        given,
    )
    assert found.description is not None
    names = [column[0] for column in found.description]
    rows = (dict(zip(names, row, strict=True)) for row in found.fetchall())
    return [_row(row, start) for row in rows]


def _row(row: dict[str, Any], start: str) -> EpisodeRow:
    return EpisodeRow(
        url_id=row["url"],
        provider_id=row["provider_id"],
        provider_name=row["public_name"] or "other",
        country=row["country"],
        notice_id=row["notice"],
        host_number=row["host"],
        started_at=_utc(row[start]),
        last_up_at=_utc(row["last_up_at"]),
        first_down_at=_utc(row["first_down_at"]),
        confirmed_at=_utc(row["confirmed_at"]),
        outcome=row["outcome"],
        ordinal=row["nth"],
        inconclusive_after_last_up=row["inconclusive"],
        reappeared=row["reappeared_at"] is not None,
        deadline_hours=row["deadline_hours"],
        deadline_binding=row["deadline_binding"],
    )


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC)


def _naive(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC).replace(tzinfo=None)
