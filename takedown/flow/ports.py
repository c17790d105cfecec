"""What the stages are given: everything that reaches outside, made in `wiring` and nowhere else."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from notices.channels.arriving import Inbox
from notices.channels.base import Channel
from notices.channels.connector import Connector
from notices.channels.http_api import HttpApi
from takedown.checks.guard import Network
from takedown.db import Sessions
from takedown.hosts.known import Book
from takedown.hosts.lookup import Lookup
from takedown.routes.hotline import Hotline, Leaves
from takedown.urls.entry import Schemes
from takedown.vault import Vault


@dataclass(frozen=True, slots=True)
class Probing:
    """How probes leave. `interval` between two looks at one address; zero lifts politeness."""

    open_networks: tuple[Network, ...]
    ports: tuple[str, ...]
    interval: timedelta
    deadline_s: float
    concurrency: int
    batch: int
    vantages: Mapping[str, str | None]  # name -> proxy URL; None: direct


Interface = Callable[[Callable[[str], Connector], Callable[[str], str]], HttpApi]


@dataclass(frozen=True, slots=True)
class Ports:
    """The house's ways out and what it knows of itself. `clock` gives UTC; it may stand still."""

    sessions: Sessions
    vault: Vault
    clock: Callable[[], datetime]
    hotline: Hotline
    leaves: Leaves
    lookup: Lookup
    probing: Probing
    channel: Callable[[], AbstractContextManager[Channel]]
    mail_deadline_s: float
    schemes: Schemes
    known_providers: Book = field(default_factory=Book, repr=False)
    inboxes: tuple[Inbox, ...] = ()  # where answers arrive
    interface: Interface | None = None  # made of what finds connectors, and their secrets
    by: str = "command"  # who beats: scheduler | command
    facts_dir: Path | None = None  # where the figures' files lie
    publications_dir: Path | None = None  # where publications are kept for good
    owner: Engine | None = None  # connects as the role that owns the tables: `purge` alone does
    checks_kept: timedelta = timedelta(weeks=8)  # single ones; their Spells are kept for ever
    sample: int = 20  # Urls a month of each word, for a person's look


@dataclass(frozen=True, slots=True)
class Tally:
    """What one run of a stage did; `left` is due and was not reached."""

    claimed: int = 0
    done: int = 0
    failed: int = 0
    left: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.claimed + other.claimed,
            self.done + other.done,
            self.failed + other.failed,
            other.left,
        )
