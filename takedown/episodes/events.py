"""What happens to an episode, as its Case tells it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from takedown import audit
from takedown.episodes.models import Episode, Outcome


def happened(session: Session, episode: Episode, kind: str, *, now: datetime, **more: Any) -> None:
    """An event of this episode; `more` as `audit.record` takes it."""
    audit.record(
        session,
        at=now,
        subject="url",
        subject_id=episode.url_id,
        kind=kind,
        after=episode.outcome,
        episode=str(episode.id),
        provider=str(episode.provider_id),
        **more,
    )


def close(
    session: Session, episode: Episode, outcome: Outcome, *, now: datetime, why: str, **more: Any
) -> None:
    """It ended so."""
    episode.outcome, episode.closed_at = outcome, now
    happened(session, episode, "episode_closed", now=now, why=why, **more)
