"""Where the rows of the facts come from in the operational tables, and which of them changed.

What changed is told by PostgreSQL itself: each row bears the number of the transaction that wrote
it, so that nothing has to remember to say so.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from psycopg import Connection as Wire
from sqlalchemy import text
from sqlalchemy.orm import Session

from takedown.stats.facts.schema import EPISODES, LETTERS, PROVIDERS, UNROUTED, Column

_EPISODES: Final = """facts_episodes s
JOIN episodes e ON e.id = s.id
JOIN urls u ON u.id = e.url_id
JOIN hosts h ON h.id = u.host_id
LEFT JOIN check_state c ON c.url_id = e.url_id AND e.outcome = 'open'
LEFT JOIN notices n ON n.id = e.notice_id
LEFT JOIN LATERAL (SELECT source FROM reports WHERE url_id = u.id
    ORDER BY registered_at, id LIMIT 1) r ON TRUE
LEFT JOIN LATERAL (SELECT ur.kind, coalesce(a.police_first, ro.police_first) AS police_first
    FROM url_routes ur LEFT JOIN routes ro ON ro.id = ur.route_id
    LEFT JOIN agreements a ON a.id = ur.agreement_id
    WHERE ur.url_id = u.id ORDER BY ur.id DESC LIMIT 1) w ON TRUE
LEFT JOIN LATERAL (SELECT provider_id FROM trace_providers WHERE trace_id = e.trace_id
    AND role = 'registrar' ORDER BY provider_id LIMIT 1) g ON TRUE
LEFT JOIN LATERAL (SELECT bool_or(status = 'bounced')
        AND NOT bool_or(status IN ('sent', 'acknowledged', 'uncertain')) AS undelivered
    FROM deliveries WHERE notice_id = e.notice_id) d ON TRUE
CROSS JOIN LATERAL (SELECT count(*) AS nth FROM episodes o WHERE o.url_id = e.url_id
    AND o.provider_id = e.provider_id AND o."primary" AND o.ordinal <= e.ordinal) f
CROSS JOIN LATERAL (SELECT
    EXISTS (SELECT FROM holds WHERE (subject = 'url' AND subject_id = u.id)
        OR (subject = 'host' AND subject_id = h.id) OR domain_index = h.domain_index
        OR (subject = 'provider' AND subject_id = e.provider_id)) AS held,
    NOT EXISTS (SELECT FROM do_not_forward f WHERE f.country = e.country) AS forwardable) x"""

_LETTERS: Final = """facts_notices s
JOIN notices n ON n.id = s.id
JOIN contacts k ON k.id = n.contact_id
CROSS JOIN LATERAL (SELECT count(*) AS urls FROM notice_urls
    WHERE notice_id = n.id AND withdrawn_at IS NULL) v
LEFT JOIN LATERAL (SELECT bool_or(status = 'bounced') AS bounced, bool_or(status = 'bounced')
        AND NOT bool_or(status IN ('sent', 'acknowledged', 'uncertain')) AS undelivered
    FROM deliveries WHERE notice_id = n.id) d ON TRUE
LEFT JOIN LATERAL (SELECT
        min(received_at) FILTER (WHERE kind IN ('acknowledgement', 'claim', 'human'))
            AS acknowledged_at,
        min(received_at) FILTER (WHERE NOT auto AND kind IN ('claim', 'human')) AS answered_at
    FROM inbound_mails WHERE notice_id = n.id) a ON TRUE
LEFT JOIN LATERAL (SELECT min(at) FILTER (WHERE word IN ('removed', 'gone')) AS claimed_at,
        (array_agg(word ORDER BY at DESC, id DESC))[1] AS decision
    FROM claims WHERE notice_id = n.id) q ON TRUE"""

#: No Url beyond these states is without an episode; an index leads to them.
_UNROUTED: Final = """urls u
LEFT JOIN LATERAL (SELECT source FROM reports WHERE url_id = u.id
    ORDER BY registered_at, id LIMIT 1) r ON TRUE
WHERE u.status IN ('registered', 'located', 'held', 'needs_operator', 'not_checkable')
    AND NOT EXISTS (SELECT FROM episodes e WHERE e.url_id = u.id)"""

_PROVIDERS: Final = """providers p
LEFT JOIN LATERAL (SELECT max(bounces) AS bounces, max(last_bounce_at) AS last_bounce_at,
        max(last_answer_at) AS last_answer_at, count(*) AS contacts
    FROM contacts WHERE provider_id = p.id AND approved_at IS NOT NULL AND retired_at IS NULL
    ) k ON TRUE"""

_CHOSEN: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS facts_urls (id uuid, whole boolean) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS facts_episodes (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS facts_notices (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
TRUNCATE facts_urls, facts_episodes, facts_notices;
"""
#: Rows written since; `{since}` is the first transaction that is new. What a look or a route says
#: counts while an episode is open (`whole` is false); the rest for all episodes of a Url.
_CHANGED: Final = """
INSERT INTO facts_notices
    SELECT id FROM notices WHERE age(xmin) <= age('{since}'::xid)
    UNION SELECT notice_id FROM deliveries WHERE age(xmin) <= age('{since}'::xid)
    UNION SELECT notice_id FROM claims WHERE age(xmin) <= age('{since}'::xid)
    UNION SELECT notice_id FROM inbound_mails
        WHERE notice_id IS NOT NULL AND age(xmin) <= age('{since}'::xid);
INSERT INTO facts_urls
    SELECT url_id, TRUE FROM episodes WHERE age(xmin) <= age('{since}'::xid)
        OR trace_id IN (SELECT trace_id FROM trace_providers
            WHERE role = 'registrar' AND age(xmin) <= age('{since}'::xid))
    UNION ALL SELECT id, TRUE FROM urls WHERE age(xmin) <= age('{since}'::xid)
    UNION ALL SELECT url_id, FALSE FROM check_state WHERE age(xmin) <= age('{since}'::xid)
    UNION ALL SELECT url_id, FALSE FROM url_routes WHERE age(xmin) <= age('{since}'::xid);
ANALYZE facts_notices, facts_urls;
INSERT INTO facts_episodes
    SELECT e.id FROM facts_urls c JOIN episodes e ON e.url_id = c.id
        WHERE c.whole OR e.outcome = 'open'
    UNION SELECT nu.episode_id FROM facts_notices c JOIN notice_urls nu ON nu.notice_id = c.id
        JOIN episodes e ON e.id = nu.episode_id;
"""
_OPEN: Final = """
INSERT INTO facts_episodes SELECT id FROM episodes WHERE outcome = 'open' ON CONFLICT DO NOTHING;
"""
_ALL: Final = """
INSERT INTO facts_notices SELECT id FROM notices;
INSERT INTO facts_episodes SELECT id FROM episodes;
"""
#: Small tables that say something of many Urls: where one changed, all that is open is read.
_RULES: Final = """SELECT md5(string_agg(row, ' ' ORDER BY row)) FROM (
    SELECT id || xmin::text AS row FROM holds
    UNION ALL SELECT country || xmin::text FROM do_not_forward
    UNION ALL SELECT id || xmin::text FROM routes
    UNION ALL SELECT id || xmin::text FROM agreements
    UNION ALL SELECT id || merged_into_id::text FROM providers
        WHERE merged_into_id IS NOT NULL) r"""
_HORIZON: Final = 2**31 - 2**20


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a ledger stands: on which server, up to which transaction everything is visible, and
    what its rules come to."""

    server: str
    transaction: int
    rules: str


def mark(session: Session) -> Mark:
    """Where the ledger stands now: for the next time.

    Asked before rows are read: what is written meanwhile is read twice rather than never.
    """
    server, database, transaction, rules = session.execute(
        text(
            "SELECT (SELECT system_identifier::text FROM pg_control_system()), current_database(),"
            f" pg_snapshot_xmin(pg_current_snapshot())::text::bigint, ({_RULES})"
        )
    ).one()
    return Mark(f"{server}/{database}", int(transaction), str(rules))


def choose(session: Session, now: Mark, last: Mark | None) -> None:
    """Put into temporary tables what is to be read: what changed since the last time; without one,
    everything."""
    session.execute(text(_CHOSEN))
    if last is None or not 0 <= now.transaction - last.transaction < _HORIZON:
        session.execute(text(_ALL))
    else:
        session.execute(text(_CHANGED.format(since=last.transaction % 2**32)))
        if now.rules != last.rules:
            session.execute(text(_OPEN))
    session.execute(text("ANALYZE facts_episodes, facts_notices"))


def episodes(session: Session, file: Path) -> None:
    """The chosen episodes as CSV, streamed; host and providers by their ids."""
    extra = (
        Column("provider_id", "UUID", "", "e.provider_id"),
        Column("registrar_id", "UUID", "", "g.provider_id"),
        Column("host_id", "UUID", "", "u.host_id"),
    )
    _copy(session, (*EPISODES, *extra), _EPISODES, file)


def letters(session: Session, file: Path) -> None:
    """The chosen notices as CSV, streamed; providers by their ids."""
    extra = (Column("provider_id", "UUID", "", "n.provider_id"),)
    _copy(session, (*LETTERS, *extra), _LETTERS, file)


def unrouted(session: Session, file: Path) -> None:
    """The Urls without an episode as CSV."""
    _copy(session, UNROUTED, _UNROUTED, file)


def providers(session: Session, file: Path) -> None:
    """All providers as CSV."""
    _copy(session, PROVIDERS, _PROVIDERS, file)


def _copy(session: Session, columns: tuple[Column, ...], source: str, file: Path) -> None:
    chosen = ", ".join(f'{one.sql} AS "{one.name}"' for one in columns if one.sql)
    wire = session.connection().connection.driver_connection
    assert isinstance(wire, Wire)
    query = f"COPY (SELECT {chosen} FROM {source}) TO STDOUT (FORMAT csv, HEADER)"
    with wire.cursor() as cursor, cursor.copy(query) as rows, file.open("wb") as out:
        for block in rows:
            out.write(block)
