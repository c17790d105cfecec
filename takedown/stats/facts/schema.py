"""The columns of the facts, each with what it means: the data dictionary's source. No location.

All times are UTC without a zone. `sql` is where a column comes from in the operational tables.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a Parquet file: its DuckDB type, its meaning, and the expression behind it; one
    without an expression is made when the facts are written."""

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
    Column("provider", "INTEGER", "number of the responsible provider, as in `providers`"),
    Column("role", "VARCHAR", "what the provider is toward the Url", "e.role"),
    Column("country", "VARCHAR", "hosting country at the opening, ISO 3166-1", "e.country"),
    Column("asn", "BIGINT", "autonomous system at the opening", "e.asn"),
    Column("registrar", "INTEGER", "number of the registrar, as in `providers`"),
    Column("tld", "VARCHAR", "last label of the host name; empty: an address"),
    Column("host", "BIGINT", "a random number for each host"),
    Column("domain", "BIGINT", "a random number for each registrable domain, else for the host"),
    Column("label", "BIGINT", "a random number for each name under whatever suffix"),
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
        "coalesce(w.police_first, FALSE) OR u.police_cleared_at IS NOT NULL",
    ),
    _at("received_at", "report received", "u.received_at"),
    _at("registered_at", "registered", "u.registered_at"),
    _at("police_informed_at", "police informed", "u.police_informed_at"),
    _at("police_cleared_at", "cleared by the police", "u.police_cleared_at"),
    _at("opened_at", "the episode opened", "e.opened_at"),
    _at("notified_at", "first notice accepted", "e.notified_at"),
    Column("accepted_by", "VARCHAR", "recipient, relay, api or person", "e.accepted_by"),
    Column(
        "undelivered",
        "BOOLEAN",
        "its first notice came back from everybody who had accepted it",
        "coalesce(d.undelivered, FALSE)",
    ),
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
    Column(
        "one_vantage",
        "BOOLEAN",
        "seen gone from one vantage point only: others may still reach it",
        "e.confirmed_at IS NOT NULL AND coalesce(e.seen_from, 0) < 2",
    ),
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

LETTERS: Final = (
    Column("notice", "BIGINT", "running number of the notice", "n.serial"),
    Column("number", "VARCHAR", "its number as people write it", "n.number"),
    Column("kind", "VARCHAR", "first, reminder, escalation, police, hotline, ...", "n.kind"),
    Column("step", "INTEGER", "which step of its ladder", "n.step"),
    Column("provider", "INTEGER", "number of the recipient, as in `providers`"),
    Column("medium", "VARCHAR", "email, api or form", "k.medium"),
    Column("language", "VARCHAR", "language of the letter", "n.language"),
    Column("mode", "VARCHAR", "rehearsal, observe, live or closed", "n.mode"),
    Column("status", "VARCHAR", "where it stands", "n.status"),
    Column("urls", "INTEGER", "how many Urls it names", "v.urls"),
    _at("composed_at", "composed", "n.composed_at"),
    _at("approved_at", "approved by a person", "n.approved_at"),
    _at("accepted_at", "accepted by the recipient's side", "n.accepted_at"),
    Column("accepted_by", "VARCHAR", "recipient, relay, api or person", "n.accepted_by"),
    Column("bounced", "BOOLEAN", "came back from one recipient at least", "d.bounced"),
    Column("undelivered", "BOOLEAN", "came back from everybody who had it", "d.undelivered"),
    _at("acknowledged_at", "the recipient said it had come", "a.acknowledged_at"),
    _at("answered_at", "somebody, and no machine, wrote back", "a.answered_at"),
    _at("claimed_at", "the recipient said it was removed or gone", "q.claimed_at"),
    Column(
        "decision",
        "VARCHAR",
        "the provider's last word: removed, gone, disputed, not_ours, need_more, forwarded, ...",
        "q.decision",
    ),
)

PROVIDERS: Final = (
    Column("number", "INTEGER", "number of the provider in these files"),
    Column("id", "UUID", "its id", "p.id"),
    Column("public_name", "VARCHAR", "the name that a person has reviewed", "p.public_name"),
    Column("country", "VARCHAR", "its country, ISO 3166-1", "p.country"),
    Column("kind", "VARCHAR", "provider, hotline, police or regulator", "p.kind"),
    Column("contact_bounces", "INTEGER", "bounces in a row at its contacts", "k.bounces"),
    _at("last_bounce_at", "last bounce at a contact", "k.last_bounce_at"),
    _at("last_answer_at", "last answer of a contact", "k.last_answer_at"),
    Column("contacts", "INTEGER", "approved contacts", "k.contacts"),
)

_OF_A_URL: Final = ("url", "class", "site_type", "source", "received_at", "registered_at")
UNROUTED: Final = tuple(one for one in EPISODES if one.name in _OF_A_URL)
"""Urls that no provider is responsible for yet."""
