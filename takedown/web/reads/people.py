"""Names behind the actors of the audit log."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.people.models import ApiToken, User
from takedown.web.reads.asked import uuid_of


def names_of(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """Actor -> what people call it; `machine` and `cli:` stand for themselves."""
    ids: dict[str, dict[uuid.UUID, str]] = {"user": {}, "token": {}}
    for actor in actors:
        kind, _, text = actor.partition(":")
        if kind in ids and (found := uuid_of(text)):
            ids[kind][found] = actor
    people = session.execute(
        select(User.id, User.username, User.email).where(User.id.in_(ids["user"]))
    )
    names = {ids["user"][row.id]: row.username or row.email for row in people}
    tokens = session.execute(
        select(ApiToken.id, ApiToken.name).where(ApiToken.id.in_(ids["token"]))
    )
    return names | {ids["token"][row.id]: row.name for row in tokens}
