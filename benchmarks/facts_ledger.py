"""Episodes made up for the benchmark of figures: five years, a thousand providers, uneven sizes.

Removal times are lognormal, half of their spread shared within a notice; looks come at a quarter of
the age, at most twelve hours apart; one case in forty never ends.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from takedown.stats.facts import adding
from takedown.stats.facts.layout import files, quoted
from takedown.stats.facts.schema import EPISODES, LETTERS

PROVIDERS: Final = 1_000
MONTHS: Final = tuple(date(2021 + i // 12, 1 + i % 12, 1) for i in range(60))
AS_OF: Final = datetime(2026, 1, 1, tzinfo=UTC)
URLS: Final = 8  # of a notice

_MONTH: Final = """
CREATE OR REPLACE TEMP TABLE made AS
SELECT n, notice, provider, host, country, notified_at,
    CASE WHEN age < ending AND never > 0.025 THEN
        notified_at + to_microseconds((up * 60000000)::BIGINT) END AS closed_up,
    CASE WHEN age < ending AND never > 0.025 THEN
        notified_at + to_microseconds((down * 60000000)::BIGINT) END AS closed_down,
    notified_at + to_microseconds((floor(ending / 720) * 720 * 60000000)::BIGINT) AS open_up,
    fate
FROM (SELECT *, greatest(date_diff('minute', notified_at, TIMESTAMP '{as_of}'), 1) AS ending,
    CASE WHEN age < 2880 THEN 15 * pow(1.25, floor(ln(age / 15) / ln(1.25)))
        ELSE floor(age / 720) * 720 END + jitter AS up,
    CASE WHEN age < 2880 THEN 15 * pow(1.25, floor(ln(age / 15) / ln(1.25)) + 1)
        ELSE floor(age / 720) * 720 + 720 END + jitter AS down
FROM (SELECT *, greatest(15.1, exp(6.2 + (provider % 40) / 20.0 + 1.1 * z_notice + 1.1 * z)) AS age
FROM (SELECT n, provider, notice, (notice * 3 + n % 3) AS host,
    ['NL', 'US', 'FR', 'DE', 'CA', 'RU', 'LU', 'SG'][1 + (provider * 7 + (n % 97 = 0)::INT) % 8]
        AS country,
    TIMESTAMP '{month}' + to_seconds((hash(notice) % 2400000)::BIGINT) AS notified_at,
    sqrt(-2 * ln((hash(notice, 1) % 1000000 + 1) / 1000001.0))
        * cos(2 * pi() * (hash(notice, 2) % 1000000) / 1000000.0) AS z_notice,
    sqrt(-2 * ln((hash(n, 3) % 1000000 + 1) / 1000001.0))
        * cos(2 * pi() * (hash(n, 4) % 1000000) / 1000000.0) AS z,
    (hash(n, 5) % 1000000) / 1000000.0 AS never, (hash(n, 6) % 300) / 60.0 AS jitter,
    (hash(n, 7) % 100)::INTEGER AS fate
FROM (SELECT n, provider, {first} // 4
    + (row_number() OVER (ORDER BY provider, n) - 1) // {urls} * 2 + provider % 2 AS notice
FROM (SELECT n, 1 + least(999, floor(pow((hash(n) % 1000000) / 1000000.0, 3) * 1000))::INTEGER
    AS provider FROM range({first}, {last}) t(n))))))
"""


def write(work: duckdb.DuckDBPyConnection, made: Path, count: int) -> None:
    """Write `count` episodes and their sums as a version of the facts, month by month."""
    for name in ("closed", "clusters", "ages", "letters"):
        (made / name).mkdir(parents=True)
    work.execute(f"CREATE TEMP TABLE opened ({_typed(EPISODES)})")
    each = count // len(MONTHS)
    for place, month in enumerate(MONTHS):
        work.execute(
            _MONTH.format(
                month=month,
                as_of=AS_OF.replace(tzinfo=None),
                first=place * each,
                last=(place + 1) * each,
                urls=URLS,
            )
        )
        work.execute(
            f"COPY (SELECT * FROM ({rows('made', is_open=False)}) ORDER BY provider) TO"
            f" {quoted(made / 'closed' / f'{month:%Y-%m}.parquet')}"
            " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)"
        )
        work.execute(f"INSERT INTO opened BY NAME {rows('made', is_open=True)}")
    work.execute(
        f"COPY (SELECT * FROM opened ORDER BY provider) TO {quoted(made / 'open.parquet')}"
        " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)"
    )
    work.execute(
        f"""COPY (SELECT range::INTEGER AS number, {uuid("range")} AS id,
        'Provider ' || range AS public_name, 'NL' AS country, 'provider' AS kind,
        0 AS contact_bounces, NULL::TIMESTAMP AS last_bounce_at, NULL::TIMESTAMP AS last_answer_at,
        1 AS contacts FROM range(1, {PROVIDERS + 1})) TO {quoted(made / "providers.parquet")}
        (FORMAT parquet)"""
    )
    adding.add_up(work, None, made, set(MONTHS), AS_OF)


def rows(source: str, *, is_open: bool) -> str:
    """The columns of the facts from made-up rows."""
    known: dict[str, str] = {
        "id": uuid("n"),
        "url": "n",
        "notice": "notice",
        "provider": "provider",
        "role": "'host'",
        "country": "country",
        "asn": "64496 + provider",
        "tld": "'example'",
        "host": "host",
        "domain": "host",
        "scheme": "'baseline/1'",
        "class": "CASE WHEN n % 5 = 0 THEN 'national' ELSE 'baseline' END",
        "site_type": "'website'",
        "source": "'public'",
        "route": "'direct'",
        "police_first": "FALSE",
        "undelivered": "FALSE",
        "received_at": "notified_at - INTERVAL 5 HOUR",
        "registered_at": "notified_at - INTERVAL 4 HOUR",
        "opened_at": "notified_at - INTERVAL 1 HOUR",
        "notified_at": "notified_at",
        "accepted_by": "'recipient'",
        "last_up_at": "open_up" if is_open else "closed_up",
        "outcome": "'open'" if is_open else _OUTCOME,
        "nth": "1",
        "primary": "TRUE",
        "inconclusive": "fate = 1" if is_open else "FALSE",
        "deadline_hours": "24",
        "deadline_binding": "provider % 3 = 0",
        "not_checkable": "FALSE",
        "held": "FALSE",
        "forwardable": "TRUE",
    }
    if not is_open:
        known |= dict.fromkeys(("first_down_at", "confirmed_at", "closed_at"), "closed_down")
    chosen = ", ".join(
        f'({known.get(one.name, "NULL")})::{one.type} AS "{one.name}"' for one in EPISODES
    )
    return f"SELECT {chosen} FROM {source} WHERE closed_down IS {'' if is_open else 'NOT'} NULL"


_OUTCOME: Final = (
    "CASE WHEN fate < 5 THEN 'unavailable' WHEN fate < 12 THEN 'moved' ELSE 'removed' END"
)


def uuid(number: str) -> str:
    """SQL: the id that a number stands for."""
    return f"('00000000-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::UUID"


def all_rows(made: Path) -> str:
    """A relation over all episodes of a version."""
    return files([made / "open.parquet", *sorted((made / "closed").glob("*.parquet"))])


def _typed(columns: Any) -> str:
    return ", ".join(f'"{one.name}" {one.type}' for one in columns)


__all__ = ["AS_OF", "LETTERS", "MONTHS", "PROVIDERS", "all_rows", "rows", "uuid", "write"]
