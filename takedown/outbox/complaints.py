"""Until when a platform's refusal of a trusted flagger's notice can be complained about.

Regulation (EU) 2022/2065, Article 20(1) and (2): platforms take complaints of whoever submitted the
notice for at least six months from the day on which they told of their decision.
"""

import calendar
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.episodes.models import Episode
from takedown.outbox.models import Notice, NoticeUrl
from takedown.people.tasks import TaskKind, ask

MONTHS: Final = 6
FLAGGER: Final = "trusted_flagger"


def refused(session: Session, notice: Notice, *, now: datetime) -> None:
    """A recipient told at `now` that it refuses: a task with the complaint's last day, if the law
    gives one."""
    if notice.capacity == FLAGGER and _to_platform(session, notice):
        ask(
            *(session, TaskKind.COMPLAINT, "notice", notice.id),
            now=now,
            why="complaint:platform",
            due_at=last_day(now),
        )


def last_day(told_at: datetime) -> datetime:
    """The same time of day six calendar months later, no later than that month has days."""
    years, month = divmod(told_at.month - 1 + MONTHS, 12)
    year = told_at.year + years
    longest = calendar.monthrange(year, month + 1)[1]
    return told_at.replace(year=year, month=month + 1, day=min(told_at.day, longest))


def _to_platform(session: Session, notice: Notice) -> bool:
    told = (
        select(NoticeUrl.url_id)
        .join(Episode, Episode.id == NoticeUrl.episode_id)
        .where(NoticeUrl.notice_id == notice.id, Episode.role == "platform")
    )
    return session.scalar(told.limit(1)) is not None
