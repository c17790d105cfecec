"""The log of people's acts: every change to it shows, and the application may make none."""

from datetime import datetime

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from takedown import audit
from takedown.db import Sessions, committing

KEY = b"k" * 32


@pytest.fixture
def entries(sessions: Sessions, now: datetime) -> Sessions:
    """Five acts."""
    for number in range(5):
        with committing(sessions) as session:
            audit.append(
                session, KEY, at=now, actor="user:1", action="test", detail={"number": number}
            )
    return sessions


def test_an_untouched_log_verifies(entries: Sessions) -> None:
    with entries() as session:
        assert audit.verify(session, KEY) is None
        assert audit.verify(session, b"another key".ljust(32)) == audit.Broken(1, "altered")


@pytest.mark.parametrize(
    ("touch", "found"),
    [
        ("""UPDATE audit_entries SET detail = '{"number": 9}' WHERE number = 3""", (3, "altered")),
        ("UPDATE audit_entries SET actor = 'user:2' WHERE number = 1", (1, "altered")),
        ("DELETE FROM audit_entries WHERE number = 2", (2, "missing")),
        (
            "UPDATE audit_entries SET number = 5 - number + 1 + 100;"
            "UPDATE audit_entries SET number = number - 100",
            (1, "altered"),
        ),
    ],
)
def test_altering_deleting_and_reordering_show(
    entries: Sessions, database: tuple[str, str], touch: str, found: tuple[int, str]
) -> None:
    owner = create_engine(database[0])
    with owner.begin() as connection:
        for statement in touch.split(";"):
            connection.execute(text(statement))
    owner.dispose()
    with entries() as session:
        assert audit.verify(session, KEY) == audit.Broken(*found)


@pytest.mark.parametrize(
    "touch",
    [
        "UPDATE audit_entries SET actor = 'user:2'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
    ],
)
def test_the_application_may_only_add(entries: Sessions, touch: str) -> None:
    with entries() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(touch))


def test_two_doors_at_once_make_one_chain(sessions: Sessions, now: datetime) -> None:
    first, second = sessions(), sessions()
    audit.append(first, KEY, at=now, actor="user:1", action="test")
    _gives_up_waiting(second, now)
    first.commit()
    audit.append(second, KEY, at=now, actor="user:2", action="test")
    second.commit()
    with sessions() as session:
        assert audit.verify(session, KEY) is None
    first.close()
    second.close()


def _gives_up_waiting(session: Session, now: datetime) -> None:
    """The second door has to wait for the first one's commit."""
    session.execute(text("SET LOCAL lock_timeout = '100ms'"))
    with pytest.raises(Exception, match="lock timeout"):
        audit.append(session, KEY, at=now, actor="user:2", action="test")
    session.rollback()
