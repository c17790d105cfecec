"""What many of these tests begin with: a session, a cast, a desk, the small internet."""

import uuid
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from cast import Cast
from desk import Desk
from sandbox_player import START, Player
from sqlalchemy.orm import Session

from sandbox import Running
from takedown.db import Sessions
from takedown.hosts import book
from takedown.urls.normalise import registrable_domain
from takedown.vault import Vault

if TYPE_CHECKING:
    from stories import Story


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    with sessions() as made:
        yield made


@pytest.fixture
def cast(session: Session, vault: Vault, now: datetime) -> Cast:
    return Cast(session, vault, now)


@pytest.fixture
def desk(sessions: Sessions, vault: Vault, now: datetime) -> Desk:
    """Where notices are composed, approved and sent."""
    return Desk(sessions, vault, now)


@pytest.fixture
def alice(session: Session, vault: Vault, now: datetime) -> book.Desk:
    """An analyst at the contact book."""
    return book.Desk(session, vault, f"user:{uuid.UUID(int=1)}", now, registrable_domain)


@pytest.fixture
def bob(alice: book.Desk) -> book.Desk:
    """A supervisor at the same book."""
    return replace(alice, by=f"user:{uuid.UUID(int=2)}")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The small internet, for all tests of a file."""
    with Running(tmp_path_factory.mktemp("town")) as running:
        yield running


@pytest.fixture
def player(town: Running, request: pytest.FixtureRequest) -> Player:
    """With Urls of its own, so that no test meets another's notices."""
    someone = Player(town, seed=zlib.crc32(request.node.name.encode()))
    someone.at(START)
    return someone


@pytest.fixture
def world(town: Running, sessions: Sessions, vault: Vault) -> "Story":
    """A closed world in which a Url's story is told from its address to its end."""
    # the whole application, which few of these tests need
    from closed_world import WEDNESDAY, Clock
    from stories import tell_story

    return tell_story(town, sessions, vault, Clock(WEDNESDAY, town))
