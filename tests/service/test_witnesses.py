"""A removal that one vantage point alone has seen, until somebody else has seen it, too."""

from datetime import datetime

from sqlalchemy import text
from watched import DAY, HOUR, Watched

from takedown.checks import manual
from takedown.checks.verdict import Verdict
from takedown.db import Sessions, committing
from takedown.flow.case import cases
from takedown.flow.check import act
from takedown.urls.models import Url
from takedown.vault import Vault


def alone(watched: Watched) -> bool:
    """Whether the case says that one vantage point alone has seen it gone."""
    with watched.sessions() as session:
        (shape,) = cases(session, watched.vault, [session.get_one(Url, watched.urls[0])])
    assert isinstance(shape["one_vantage"], bool)
    return shape["one_vantage"]


def test_a_second_witness_is_kept_with_the_episode_and_a_new_removal_begins_anew(
    sessions: Sessions, vault: Vault, now: datetime
) -> None:
    watched = Watched(sessions, vault, now)
    (url_id,) = watched.watch("http://127.0.0.1:8009/a")  # nobody answers there
    watched.look()
    seen = {"up": now + HOUR, "id": url_id}
    with committing(sessions) as session:
        session.execute(
            text(
                "UPDATE check_state SET calibration = 3, verdict = 'up', last_up_at = :up,"
                " next_check_at = :up WHERE url_id = :id"
            ),
            seen,
        )
        session.execute(text("UPDATE lanes SET due_at = :up"), seen)
    watched.live_until(now + 4 * DAY)
    assert watched.url().status == "removed"
    assert watched.episode().seen_from == 1 and alone(watched)
    with committing(sessions) as session:
        url = session.get_one(Url, url_id)
        moves = manual.enter_finding(
            session,
            vault,
            url,
            Verdict.UNREACHABLE,
            seen_at=watched.now,
            how="from abroad",
            now=watched.now,
            by="user:x",
        )
        act(session, watched.ports, moves, watched.now)
    assert watched.episode().seen_from == 2 and not alone(watched)
