"""More rows at once than a statement has places for parameters: a large host is one host."""

import uuid
from datetime import datetime

from takedown.checks import service as checks
from takedown.db import Sessions, committing
from takedown.routes import holds
from takedown.urls import lifecycle
from takedown.urls.models import UrlStatus

MANY = [uuid.UUID(int=n) for n in range(70_000)]


def test_acts_on_seventy_thousand_urls_are_one_statement(sessions: Sessions, now: datetime) -> None:
    with committing(sessions) as session:
        holds.place(
            session,
            subject="provider",
            subject_id=uuid.UUID(int=1),
            asked_by="police",
            reason="test",
            probes_go_on=False,
            placed_by="user:1",
            now=now,
        )
        assert holds.unprobed(session, MANY) == set()
        assert lifecycle.move_many(session, MANY, UrlStatus.REMOVED, now=now, why="test") == []
        checks.look_now(session, MANY, now=now)
        checks.stop_checks(session, MANY)
