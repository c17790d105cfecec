"""What the stages look for minute after minute is found by an index, however many cases stand."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from takedown.db import Sessions
from takedown.outbox import due
from takedown.outbox.policy import Step


def test_who_needs_a_first_notice_is_found_by_the_index_of_those(
    sessions: Sessions, now: datetime
) -> None:
    asked = due.candidates(Step("first", 0, timedelta(0)), now).compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    with sessions() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {asked}").scalars())
    assert "ix_episodes_not_notified" in plan
