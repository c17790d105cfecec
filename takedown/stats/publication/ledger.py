"""The part of the ledger that a publication counts and the facts don't hold: Reports, notices and
what the trusted flagger's report needs. Rows without any location, hosts as random numbers.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from duckdb import DuckDBPyConnection
from psycopg import Connection as Wire
from sqlalchemy import text
from sqlalchemy.orm import Session

from takedown.stats.facts import duck

_AT: Final = "({}) AT TIME ZONE 'UTC'"

_DOMAIN: Final = "coalesce(encode(h.domain_index, 'hex'), h.id::text)"
"""The registrable domain; a host without one stands for itself."""

CASES: Final = f"""
SELECT u.serial AS url, e.provider_id::text AS provider_id, e.role, e.country, e."primary",
 e.outcome, u.scheme, u.classification AS class, u.site_type, u.media_type, u.commercial,
 r.source, u.host_id::text AS host_id, {_DOMAIN} AS domain_id,
 encode(h.label_index, 'hex') AS label_id, u.not_checkable,
 {_AT.format("u.received_at")} AS received_at, {_AT.format("u.registered_at")} AS registered_at,
 {_AT.format("e.notified_at")} AS notified_at, {_AT.format("e.first_down_at")} AS first_down_at,
 {_AT.format("e.confirmed_at")} AS confirmed_at, {_AT.format("e.reappeared_at")} AS reappeared_at,
 row_number() OVER (PARTITION BY e.url_id, e.provider_id, e."primary" ORDER BY e.ordinal) AS nth,
 e.outcome = 'open' AND c.run_first_at IS NOT NULL AS provisional,
 w.kind AS route, EXISTS (SELECT FROM holds o WHERE (o.subject = 'url' AND o.subject_id = u.id)
   OR (o.subject = 'host' AND o.subject_id = h.id) OR o.domain_index = h.domain_index
   OR (o.subject = 'provider' AND o.subject_id = e.provider_id)) AS held,
 EXISTS (SELECT FROM do_not_forward d WHERE d.country = e.country) AS not_forwardable
FROM episodes e JOIN urls u ON u.id = e.url_id JOIN hosts h ON h.id = u.host_id
LEFT JOIN check_state c ON c.url_id = e.url_id
LEFT JOIN LATERAL (SELECT source FROM reports WHERE url_id = u.id
   ORDER BY registered_at, id LIMIT 1) r ON TRUE
LEFT JOIN LATERAL (SELECT kind FROM url_routes WHERE url_id = u.id ORDER BY id DESC LIMIT 1) w
   ON TRUE
"""

REPORTS: Final = f"""
SELECT u.serial AS url, p.source, {_AT.format("p.received_at")} AS received_at,
 row_number() OVER (PARTITION BY p.url_id ORDER BY p.registered_at, p.id) AS nth, u.status,
 u.scheme, u.classification AS class, u.site_type, u.media_type, u.commercial, u.not_checkable,
 u.host_id::text AS host_id, {_DOMAIN} AS domain_id,
 encode(h.label_index, 'hex') AS label_id, t.country
FROM reports p JOIN urls u ON u.id = p.url_id JOIN hosts h ON h.id = u.host_id
LEFT JOIN traces t ON t.id = h.trace_id
"""

NOTICES: Final = f"""
SELECT n.serial AS notice, n.kind, n.language, n.status, n.capacity,
 n.provider_id::text AS provider_id, n.accepted_by, k.medium,
 {_AT.format("n.composed_at")} AS composed_at, {_AT.format("n.accepted_at")} AS accepted_at,
 (SELECT count(*) FROM notice_urls x WHERE x.notice_id = n.id AND x.withdrawn_at IS NULL) AS urls,
 EXISTS (SELECT FROM deliveries d WHERE d.notice_id = n.id AND d.status = 'bounced') AS bounced,
 EXISTS (SELECT FROM inbound_mails m WHERE m.notice_id = n.id
   AND m.kind IN ('acknowledgement', 'claim', 'human')) AS answered,
 coalesce((SELECT word FROM claims l WHERE l.notice_id = n.id ORDER BY at DESC, id DESC LIMIT 1),
   (SELECT provider_state FROM deliveries d WHERE d.notice_id = n.id
     AND provider_state IS NOT NULL ORDER BY provider_state_at DESC LIMIT 1)) AS word
FROM notices n JOIN contacts k ON k.id = n.contact_id
WHERE n.mode IN ('live', 'closed') AND n.accepted_at IS NOT NULL
"""

ITEMS: Final = """
SELECT n.serial AS notice, u.serial AS url, u.scheme, u.classification AS class,
 coalesce(e.outcome = 'rescinded', FALSE) AS rescinded
FROM notice_urls x JOIN notices n ON n.id = x.notice_id JOIN urls u ON u.id = x.url_id
LEFT JOIN episodes e ON e.id = x.episode_id
WHERE n.mode IN ('live', 'closed') AND n.accepted_at IS NOT NULL AND x.withdrawn_at IS NULL
"""

PROVIDERS: Final = """
SELECT p.id::text AS id, CASE WHEN p.reviewed_at IS NOT NULL THEN p.public_name END AS name,
 p.country, p.kind, p.merged_into_id::text AS merged_into,
 EXISTS (SELECT FROM episodes e WHERE e.provider_id = p.id AND e.role = 'platform') AS platform
FROM providers p
"""

TABLES: Final[Mapping[str, str]] = {
    "cases": CASES,
    "reports": REPORTS,
    "notices": NOTICES,
    "items": ITEMS,
    "providers": PROVIDERS,
}
_HIDDEN: Final = ("host_id", "domain_id", "label_id")


def write(session: Session, folder: Path) -> None:
    """Write the tables as Parquet into `folder` (made here); one transaction, only reading.

    What identifies a host is replaced by a number drawn anew for each publication.
    """
    folder.mkdir(parents=True, mode=0o700)
    salt = secrets.randbits(62)
    with duck.connect(folder) as work:
        for name, query in TABLES.items():
            rows = folder / f"{name}.csv"
            _copy(session, query, rows)
            columns = _columns(work, rows)
            chosen = ", ".join(
                f"CASE WHEN {one} IS NOT NULL THEN hash({one}, {salt}) >> 1 END"
                f" AS {one.removesuffix('_id')}"
                if one in _HIDDEN
                else f'"{one}"'
                for one in columns
            )
            work.execute(
                f"COPY (SELECT {chosen} FROM read_csv('{rows}', header = true, all_varchar = true,"
                f" nullstr = '')) TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )
            rows.unlink()
    (folder / "spill").rmdir()


def _copy(session: Session, query: str, file: Path) -> None:
    session.execute(text("SELECT 1"))
    wire = session.connection().connection.driver_connection
    assert isinstance(wire, Wire)
    told = f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)"
    with wire.cursor() as cursor, cursor.copy(told) as rows, file.open("wb") as out:
        for block in rows:
            out.write(block)


def _columns(work: DuckDBPyConnection, rows: Path) -> list[str]:
    found = work.execute(
        f"SELECT * FROM read_csv('{rows}', header = true, all_varchar = true) LIMIT 0"
    )
    return [one[0] for one in found.description or []]


def instant(at: datetime) -> str:
    """A time as the tables hold it (UTC, sorts as text)."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
