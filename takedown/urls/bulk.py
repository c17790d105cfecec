"""Rows by the thousand: COPY into temporary tables, then inserts in order of the blind index.

The order matters: two overlapping files inserted as they come lock each other's rows and die.
Sealing (`sealed`) and writing (`insert`) stand apart: one needs the processor, the other waits for
the database, so that a caller may do both at once for two batches.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from psycopg import Cursor
from psycopg.sql import SQL, Identifier
from sqlalchemy.orm import Session

from takedown.db import new_id
from takedown.urls.entry import Entry
from takedown.urls.normalise import Canonical
from takedown.vault import Vault, cohort_of

_STALE = timedelta(hours=12)  # a Trace older than this is made anew for a newly registered Url

_TABLES = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_hosts (
    id uuid, cohort int, name bytea, name_index bytea, domain_index bytea, label_index bytea,
    kind text) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_urls (
    id uuid, cohort int, location bytea, location_index bytea, exact bytea, parent bytea,
    parent_index bytea, referrer bytea, note bytea, host_index bytea, scheme text,
    classification text, media_type text, site_type text, commercial bool, priority bool,
    victim_at_risk bool, not_checkable bool, received_at timestamptz) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_reports (
    n int, id uuid, location_index bytea, source text, reference text, received_at timestamptz,
    scheme text, classification text) ON COMMIT DELETE ROWS;
"""
_HOSTS = """
INSERT INTO hosts (id, cohort, name, name_index, domain_index, label_index, kind, first_seen_at,
                   locate_due_at, locate_attempts, locate_lost)
SELECT id, cohort, name, name_index, domain_index, label_index, kind, %(now)s, %(now)s, 0, 0
FROM incoming_hosts ORDER BY name_index
ON CONFLICT (name_index) DO NOTHING
"""
_STALE_HOSTS = """
UPDATE hosts SET locate_due_at = %(now)s, locate_attempts = 0
WHERE id IN (SELECT h.id FROM hosts h JOIN incoming_hosts i USING (name_index)
             LEFT JOIN traces t ON t.id = h.trace_id
             WHERE (h.locate_due_at IS NULL  -- or put back unasked, for a hold on others
                    OR (h.locate_due_at > %(now)s AND h.locate_attempts = 0))
               AND (t.id IS NULL OR t.at < %(stale)s)
             ORDER BY h.name_index FOR UPDATE OF h)
"""
_OLDER_HOSTS = """
SELECT h.id, h.name, h.origin FROM hosts h JOIN incoming_hosts i USING (name_index)
WHERE h.cohort < i.cohort ORDER BY h.name_index FOR UPDATE OF h
"""
_URLS = """
INSERT INTO urls (id, cohort, location, location_index, exact, parent, parent_index, referrer,
                  note, host_id, status, scheme, classification, media_type, site_type, commercial,
                  priority, victim_at_risk, not_checkable, received_at, registered_at,
                  place_due_at)
SELECT i.id, i.cohort, i.location, i.location_index, i.exact, i.parent, i.parent_index, i.referrer,
       i.note, h.id, 'registered', i.scheme, i.classification, i.media_type, i.site_type,
       i.commercial, i.priority, i.victim_at_risk, i.not_checkable, i.received_at, %(now)s, %(now)s
FROM incoming_urls i JOIN hosts h ON h.name_index = i.host_index
ORDER BY i.location_index
ON CONFLICT (location_index) DO NOTHING
"""
# What a later report knows of danger and haste holds for the Url, whoever told of it first.
_RAISED = """
UPDATE urls u SET victim_at_risk = u.victim_at_risk OR i.victim_at_risk,
                  priority = u.priority OR i.priority
FROM incoming_urls i
WHERE i.location_index = u.location_index AND u.id IN (
    SELECT k.id FROM urls k JOIN incoming_urls j USING (location_index)
    WHERE (j.victim_at_risk AND NOT k.victim_at_risk) OR (j.priority AND NOT k.priority)
    ORDER BY k.location_index FOR UPDATE OF k)
"""
_REPORTS = """
INSERT INTO reports (id, url_id, source, reference, received_at, registered_at, registered_by,
                     scheme, classification)
SELECT r.id, u.id, r.source, r.reference, r.received_at, %(now)s, %(actor)s, r.scheme,
       r.classification
FROM incoming_reports r JOIN urls u USING (location_index)
"""
_RESULT = """
SELECT r.n, u.id, u.id = i.id, u.scheme = r.scheme AND u.classification = r.classification
FROM incoming_reports r JOIN urls u USING (location_index)
JOIN incoming_urls i USING (location_index) ORDER BY r.n
"""

_Row = tuple[object, ...]
Placed = tuple[uuid.UUID, bool, bool]  # id, its row was made in this batch, same classification


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch as rows of the three temporary tables: nothing in it can be read without keys."""

    cohort: int
    hosts: list[_Row]
    urls: list[_Row]
    reports: list[_Row]


def sealed(vault: Vault, entries: Sequence[Entry], *, now: datetime) -> Sealed:
    """Seal and index a batch; asks no database."""
    cohort = cohort_of(now)
    indexes = [vault.blind("url", entry.canonical.url) for entry in entries]
    parents = {
        url: vault.blind("url", url)
        for url in {entry.parent.url for entry in entries if entry.parent is not None}
    }
    first: dict[bytes, Entry] = {}
    hosts: dict[str, tuple[bytes, Canonical]] = {}
    for index, entry in zip(indexes, entries, strict=True):
        known = first.setdefault(index, entry)
        if known is not entry and (entry.victim_at_risk or entry.priority):
            first[index] = replace(
                known,
                victim_at_risk=known.victim_at_risk or entry.victim_at_risk,
                priority=known.priority or entry.priority,
            )
        if entry.canonical.host not in hosts:
            hosts[entry.canonical.host] = (
                vault.blind("host", entry.canonical.host),
                entry.canonical,
            )
    return Sealed(
        cohort,
        hosts=[host_row(vault, index, found, cohort) for index, found in hosts.values()],
        urls=[
            _url(
                vault,
                index,
                entry,
                hosts[entry.canonical.host][0],
                parents[entry.parent.url] if entry.parent is not None else None,
                cohort,
            )
            for index, entry in first.items()
        ],
        reports=[
            _report(n, index, entry)
            for n, (index, entry) in enumerate(zip(indexes, entries, strict=True))
        ],
    )


def insert(
    session: Session, vault: Vault, rows: Sealed, *, now: datetime, actor: str
) -> list[Placed]:
    """Insert a batch; per entry, in order, where it stands now. The door commits."""
    driver = session.connection().connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor:
        cursor.execute(_TABLES)
        _copy(cursor, "incoming_hosts", _HOST_TYPES, rows.hosts)
        _copy(cursor, "incoming_urls", _URL_TYPES, rows.urls)
        _copy(cursor, "incoming_reports", _REPORT_TYPES, rows.reports)
        values = {"now": now, "stale": now - _STALE, "actor": actor}
        cursor.execute(_HOSTS, values)
        cursor.execute(_STALE_HOSTS, values)
        _follow_latest(cursor, vault, rows.cohort)
        cursor.execute(_URLS, values)
        cursor.execute(_RAISED)
        cursor.execute(_REPORTS, values)
        cursor.execute(_RESULT)
        return [(row[1], row[2], row[3]) for row in cursor.fetchall()]


def lane_of_name(vault: Vault, found: Canonical) -> bytes:
    """The lane of a Url whose address is not known: its registrable domain, else its host."""
    return vault.blind("domain", found.registrable_domain or found.host)


def label(vault: Vault, domain: str) -> bytes:
    """The blind index of a registrable domain's name without its suffix."""
    return vault.blind("label", domain.split(".", 1)[0])


_HOST_TYPES = ("uuid", "int4", *["bytea"] * 4, "text")
_URL_TYPES = (
    *("uuid", "int4", *["bytea"] * 8),
    *(["text"] * 4),
    *(["bool"] * 4),
    "timestamptz",
)
_REPORT_TYPES = ("int4", "uuid", "bytea", "text", "text", "timestamptz", "text", "text")


def _copy(cursor: Cursor, table: str, types: Sequence[str], rows: list[_Row]) -> None:
    statement = SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(Identifier(table))
    with cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def host_row(vault: Vault, index: bytes, found: Canonical, cohort: int) -> _Row:
    """A new Host's id, cohort, sealed name, blind indexes of name, domain, label, and its kind."""
    row, domain = new_id(), found.registrable_domain
    kind = "address" if found.address else "onion" if found.host.endswith(".onion") else "name"
    beside = label(vault, domain) if domain else None
    name = vault.seal("hosts.name", row, cohort, found.host)
    return row, cohort, name, index, lane_of_name(vault, found), beside, kind


def _url(
    vault: Vault,
    index: bytes,
    entry: Entry,
    host_index: bytes,
    parent_index: bytes | None,
    cohort: int,
) -> _Row:
    row, found, parent = new_id(), entry.canonical, entry.parent

    def seal(column: str, text: str | None) -> bytes | None:
        return None if text is None else vault.seal(f"urls.{column}", row, cohort, text)

    return (
        row,
        cohort,
        seal("location", found.url),
        index,
        seal("exact", found.exact if found.exact != found.url else None),
        seal("parent", parent.url if parent else None),
        parent_index,
        seal("referrer", entry.referrer),
        seal("note", entry.note),
        host_index,
        entry.scheme,
        entry.classification,
        entry.media_type,
        entry.site_type,
        entry.commercial,
        entry.priority,
        entry.victim_at_risk,
        entry.not_checkable,
        entry.received_at,
    )


def _report(n: int, index: bytes, entry: Entry) -> _Row:
    return (
        n,
        new_id(),
        index,
        entry.source,
        entry.reference,
        entry.received_at,
        entry.scheme,
        entry.classification,
    )


def _follow_latest(cursor: Cursor, vault: Vault, cohort: int) -> None:
    """A Host follows its latest Url: what it keeps moves to that month's key (house rule 8)."""
    cursor.execute(_OLDER_HOSTS)

    def anew(row: uuid.UUID, place: str, old: bytes | None) -> bytes | None:
        return vault.seal(place, row, cohort, vault.open(place, row, old)) if old else None

    for row, name, origin in cursor.fetchall():
        again = anew(row, "hosts.name", name), anew(row, "hosts.origin", origin)
        cursor.execute(
            "UPDATE hosts SET name = %s, origin = %s, cohort = %s WHERE id = %s",
            (*again, cohort, row),
        )
