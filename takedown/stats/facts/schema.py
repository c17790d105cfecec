"""The columns of the facts, each with what it means: the data dictionary's source. No location.

All times are UTC without a zone. `sql` is where a column comes from in the operational tables.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a Parquet file: its DuckDB type, its meaning, and the expression behind it."""

    name: str
    type: str
    meaning: str
    sql: str = ""


def _at(name: str, meaning: str, sql: str) -> Column:
    return Column(name, "TIMESTAMP", meaning, f"({sql}) AT TIME ZONE 'UTC'")


EPISODES: Final = (
    Column("id", "UUID", "id of the episode", "e.id"),
    Column("url", "BIGINT", "running number of the Url", "u.serial"),
    Column("notice", "BIGINT", "running number of the first accepted notice", "n.serial"),
    Column("provider_id", "UUID", "id of the responsible provider", "e.provider_id"),
    Column("role", "VARCHAR", "what the provider is toward the Url", "e.role"),
    Column(
        "country", "VARCHAR", "hosting country when the episode opened, ISO 3166-1", "e.country"
    ),
    Column("asn", "BIGINT", "autonomous system when the episode opened", "e.asn"),
    Column("registrar_id", "UUID", "id of the registrar, a provider", "g.provider_id"),
    Column("host_id", "UUID", "replaced by `host`, `domain` and `label`", "u.host_id"),
    Column("scheme", "VARCHAR", "scheme of classification, with its version", "u.scheme"),
    Column("class", "VARCHAR", "code of classification in that scheme", "u.classification"),
    Column("site_type", "VARCHAR", "type of the site", "u.site_type"),
    Column("media_type", "VARCHAR", "what it is: image, video, ...", "u.media_type"),
    Column("commercial", "BOOLEAN", "whether it is sold", "u.commercial"),
    Column("source", "VARCHAR", "who told of it first", "r.source"),
    Column("route", "VARCHAR", "how the hotline may act on it", "w.kind"),
    Column(
        "police_first",
        "BOOLEAN",
        "the police had to clear it before any notice",
        "u.police_cleared_at IS NOT NULL",
    ),
    _at("received_at", "report received", "u.received_at"),
    _at("registered_at", "registered", "u.registered_at"),
    _at("police_informed_at", "police informed", "u.police_informed_at"),
    _at("police_cleared_at", "cleared by the police", "u.police_cleared_at"),
    _at("opened_at", "the episode opened", "e.opened_at"),
    _at("notified_at", "first notice accepted", "e.notified_at"),
    Column("accepted_by", "VARCHAR", "recipient, relay, api or person", "e.accepted_by"),
    _at("handed_over_at", "handed to a partner hotline, police or regulator", "e.handed_over_at"),
    _at(
        "last_up_at",
        "last seen up (L)",
        "CASE WHEN e.outcome = 'open' THEN c.last_up_at ELSE e.last_up_at END",
    ),
    _at(
        "first_down_at",
        "first seen down of the run that ended it (R); of an open one: not confirmed yet",
        "CASE WHEN e.outcome = 'open' THEN c.run_first_at ELSE e.first_down_at END",
    ),
    _at("confirmed_at", "removal confirmed", "e.confirmed_at"),
    _at("closed_at", "the episode closed", "e.closed_at"),
    _at("reappeared_at", "the same Url up again after this removal", "e.reappeared_at"),
    Column("outcome", "VARCHAR", "removed, unavailable, moved, open, ...", "e.outcome"),
    Column("removed_by", "VARCHAR", "who removed it: an inference", "e.removed_by"),
    Column("nth", "INTEGER", "1: the first episode of this Url at this provider", "f.nth"),
    Column("primary", "BOOLEAN", "enters totals", 'e."primary"'),
    Column(
        "inconclusive",
        "BOOLEAN",
        "open, and looks since the last up told nothing",
        "e.outcome = 'open' AND coalesce(c.verdict IN ('blocked', 'changed', 'unknown'), FALSE)",
    ),
    Column("deadline_hours", "INTEGER", "deadline, in hours from the notice", "e.deadline_hours"),
    Column(
        "deadline_binding",
        "BOOLEAN",
        "the deadline binds this recipient on this notice; else it is asked for",
        "e.deadline_binding",
    ),
    Column("not_checkable", "BOOLEAN", "only people can look at it", "u.not_checkable"),
    Column("held", "BOOLEAN", "the police or a supervisor stopped it at some time", "x.held"),
    Column("forwardable", "BOOLEAN", "may be handed over to its country", "x.forwardable"),
)

EPISODES_FROM: Final = """
episodes e
JOIN urls u ON u.id = e.url_id
JOIN hosts h ON h.id = u.host_id
LEFT JOIN check_state c ON c.url_id = e.url_id AND e.outcome = 'open'
LEFT JOIN notices n ON n.id = e.notice_id
LEFT JOIN LATERAL (SELECT source FROM reports WHERE url_id = u.id
    ORDER BY registered_at, id LIMIT 1) r ON TRUE
LEFT JOIN LATERAL (SELECT kind FROM url_routes WHERE url_id = u.id
    ORDER BY id DESC LIMIT 1) w ON TRUE
LEFT JOIN LATERAL (SELECT provider_id FROM trace_providers WHERE trace_id = e.trace_id
    AND role = 'registrar' ORDER BY provider_id LIMIT 1) g ON TRUE
CROSS JOIN LATERAL (SELECT count(*) AS nth FROM episodes o WHERE o.url_id = e.url_id
    AND o.provider_id = e.provider_id AND o."primary" AND o.ordinal <= e.ordinal) f
CROSS JOIN LATERAL (SELECT
    EXISTS (SELECT FROM holds WHERE (subject = 'url' AND subject_id = u.id)
        OR (subject = 'host' AND subject_id = h.id) OR domain_index = h.domain_index
        OR (subject = 'provider' AND subject_id = e.provider_id)) AS held,
    NOT EXISTS (SELECT FROM do_not_forward d WHERE d.country = e.country) AS forwardable) x
"""
