"""Lanes: one connection at a time to one address, leased by rows over all workers and machines."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from takedown.checks.cadence import RANKS, SOON_RANK
from takedown.db import new_id

LOST: Final = 5  # leases of a lane that ran out in a row: after that a person looks
SUSPECT: Final = 2  # after so many it is taken alone, so that what kills a worker is found
RIPE: Final = timedelta(minutes=10)  # a suspect that has waited so long goes before the others
SHARE: Final = 10  # most Urls of one lane in one lease: a tarpit's end before the lease does

_LEASE: Final = """
UPDATE lanes SET token = :token, until = :until, lost = lost + (until IS NOT NULL)::int
WHERE key IN (
    SELECT key FROM lanes
    WHERE due_at <= :now AND (next_at IS NULL OR next_at <= :now)
      AND (until IS NULL OR until <= :now)
      AND (until IS NULL OR until <= CAST(:ended AS timestamptz))
      AND lost + (until IS NOT NULL)::int >= :least AND lost + (until IS NOT NULL)::int < :most
    ORDER BY soon_at <= :now DESC NULLS LAST, due_at LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING key, lost
"""
_PICK: Final = """
SELECT due.url_id
FROM unnest(CAST(:keys AS bytea[]), CAST(:most AS int[])) AS lane(key, most)
CROSS JOIN LATERAL (
    SELECT one.url_id FROM generate_series(0, :last) AS rank
    CROSS JOIN LATERAL (
        SELECT url_id, next_check_at FROM check_state
        WHERE lane = lane.key AND check_state.rank = rank.rank AND next_check_at <= :now
        ORDER BY next_check_at LIMIT lane.most) AS one
    ORDER BY rank.rank, one.next_check_at LIMIT lane.most) AS due
"""
_ASIDE: Final = """
UPDATE lanes SET token = NULL, until = NULL, lost = :suspect
WHERE key IN (SELECT key FROM lanes WHERE until <= :now AND lost + 1 >= :most
              ORDER BY key FOR UPDATE SKIP LOCKED)
RETURNING key
"""
_MINE: Final = """
SELECT key FROM lanes WHERE key = ANY(:keys) AND token = :token ORDER BY key FOR UPDATE
"""
_RELEASE: Final = """
UPDATE lanes SET token = NULL, until = NULL, lost = 0,
    next_at = GREATEST(CAST(:next_at AS timestamptz), done.not_before),
    due_at = (SELECT min(first.at) FROM generate_series(0, :last) AS rank CROSS JOIN LATERAL (
        SELECT next_check_at AS at FROM check_state c
        WHERE c.lane = lanes.key AND c.rank = rank.rank AND next_check_at IS NOT NULL
        ORDER BY next_check_at LIMIT 1) AS first),
    soon_at = (SELECT min(first.at) FROM generate_series(0, :soon) AS rank CROSS JOIN LATERAL (
        SELECT next_check_at AS at FROM check_state c
        WHERE c.lane = lanes.key AND c.rank = rank.rank AND next_check_at IS NOT NULL
        ORDER BY next_check_at LIMIT 1) AS first)
FROM unnest(CAST(:keys AS bytea[]), CAST(:not_before AS timestamptz[])) AS done(key, not_before)
WHERE lanes.key = done.key
"""
_LOCK: Final = """
SELECT key FROM lanes
WHERE key IN (SELECT lane FROM check_state WHERE url_id = ANY(CAST(:urls AS uuid[])))
   OR key = ANY(CAST(:more AS bytea[])) ORDER BY key FOR UPDATE
"""
_DUE: Final = """
INSERT INTO lanes (key, due_at, soon_at, lost)
SELECT lane, min(next_check_at), min(next_check_at) FILTER (WHERE rank <= :soon), 0
FROM check_state
WHERE url_id = ANY(:urls) AND next_check_at IS NOT NULL GROUP BY lane ORDER BY lane
ON CONFLICT (key) DO UPDATE SET due_at = LEAST(lanes.due_at, excluded.due_at),
    soon_at = LEAST(lanes.soon_at, excluded.soon_at)
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """Lanes taken under one token, and the Urls of them that are to be looked at."""

    token: uuid.UUID
    lanes: tuple[bytes, ...]
    urls: tuple[uuid.UUID, ...]
    suspect: bool = False  # the one lane that lost its leases: nothing else is to go on beside it


def lease(
    session: Session,
    *,
    now: datetime,
    until: timedelta,
    batch: int,
    one_each: bool,
    most_lanes: int | None = None,
    alone: bool = True,
    token: uuid.UUID | None = None,
) -> Lease | None:
    """Take lanes that have something due, anchors first; None when there is none.

    `one_each`: politeness allows one look a lane; else a batch is spread over the lanes taken, at
    most `most_lanes`, which leaves others to other workers. Where there are none (or it has waited
    for `RIPE`) and we are `alone`, with nothing else under way, one lane is taken that lost its
    lease again and again.
    `token`: the caller's own, by which it writes what it saw of several leases together.
    """
    token = token or new_id()
    limit = min(batch, most_lanes or batch)
    healthy, suspect = (0, SUSPECT, limit, now), (SUSPECT, LOST, 1, now)
    ripe = (SUSPECT, LOST, 1, now - RIPE)
    for least, most, limit, ended in (ripe, healthy, suspect) if alone else (healthy,):
        named = {"token": token, "until": now + until, "now": now, "ended": ended}
        named |= {"least": least, "most": most, "limit": limit}
        rows = session.execute(text(_LEASE), named).all()
        if rows:
            break
    else:
        return None
    share = 1 if one_each else max(1, min(SHARE, batch // len(rows)))
    keys = [bytes(row.key) for row in rows]
    shares = [1 if row.lost else share for row in rows]
    found = session.execute(
        text(_PICK), {"keys": keys, "most": shares, "now": now, "last": RANKS[-1]}
    )
    return Lease(token, tuple(keys), tuple(row.url_id for row in found), least == SUSPECT)


def put_aside(session: Session, now: datetime) -> list[uuid.UUID]:
    """The Urls of lanes that lost `LOST` leases in a row, each the one that was looked at.

    Their lanes stay suspect, so that the next Url of them is taken alone. The caller sees to it
    that these are not due any more.
    """
    named = {"now": now, "most": LOST, "suspect": SUSPECT}
    keys = [bytes(row.key) for row in session.execute(text(_ASIDE), named)]
    if not keys:
        return []
    wanted = {"keys": keys, "most": [1] * len(keys), "now": now, "last": RANKS[-1]}
    return [row.url_id for row in session.execute(text(_PICK), wanted)]


def mine(session: Session, taken: Lease) -> set[bytes]:
    """Which of the lanes are still ours, locked in order of their keys."""
    rows = session.execute(text(_MINE), {"keys": list(taken.lanes), "token": taken.token})
    return {bytes(row.key) for row in rows}


def release(
    session: Session,
    keys: Iterable[bytes],
    *,
    next_at: datetime,
    waits: Mapping[bytes, datetime] | None = None,
) -> None:
    """Give lanes back; `waits`: lanes that asked for more time (Retry-After)."""
    ordered, asked = sorted(keys), waits or {}
    session.execute(
        text(_RELEASE),
        {
            "keys": ordered,
            "next_at": next_at,
            "not_before": [asked.get(key) for key in ordered],
            "last": RANKS[-1],
            "soon": SOON_RANK,
        },
    )


def lock(session: Session, urls: Iterable[uuid.UUID], more: Iterable[bytes] = ()) -> None:
    """Lock the lanes of these Urls before their rows are written: `record` takes them so, too."""
    session.execute(text(_LOCK), {"urls": list(urls), "more": list(more)})


def make_due(session: Session, urls: Iterable[uuid.UUID]) -> None:
    """After due dates of these Urls were written: their lanes learn of it."""
    session.execute(text(_DUE), {"urls": list(urls), "soon": SOON_RANK})
