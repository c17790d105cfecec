"""The scheduler killed with SIGKILL while it looks and while it sends; then another one starts.

Nothing is lost, nothing leaves twice without its mark. Leases run by the clock: after the kill,
time is moved on in this process instead of being waited for.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL

import pytest
from closed_world import Clock, House, house, on, stages
from patience import eventually
from sqlalchemy import func, select

from sandbox import Running
from takedown import flow
from takedown.checks.models import Check, CheckState, Lane
from takedown.flow.ports import Ports
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.urls.models import Url, UrlStatus

URLS = 12
LEASE = timedelta(minutes=6)
SLOW = "mudflat"  # its hosts drip headers: whoever looks at them is at it for a while


class Town:
    """An installation with Urls that are slow to look at, or to write about."""

    def __init__(self, town: Running, ours: House) -> None:
        self.town, self.ours = town, ours

    def register(self, provider: str) -> None:
        rows = "\n".join(str(row["url"]) for row in self.town.urls(URLS, provider=provider))
        assert self.ours.ask("register", "-", feed=rows)["registered"] == URLS

    def register_one_each(self, *providers: str) -> None:
        port = self.town.endpoints["web_port"]
        urls = [f"http://media.{name}town.test:{port}/i/aa/bb-0001.jpg" for name in providers]
        for name, url in zip(providers, urls, strict=True):
            self.town.script({"host": f"media.{name}town.test", "provider": name}, {"url": url})
        assert self.ours.ask("register", "-", feed="\n".join(urls))["registered"] == len(urls)

    def arrived(self, provider: str) -> int:
        return sum(one["organisation"] == provider for one in self.town.ledger())


@pytest.fixture
def world(database: tuple[str, str], tmp_path: Path) -> Iterator[Town]:
    settings = {**on(database), "TAKEDOWN_CHECKS__DEADLINE_S": "2"}
    with (
        Running(tmp_path / "town") as town,
        house(tmp_path / "home", town, **settings) as ours,
    ):
        ours.ask("init")
        yield Town(town, ours)


def real() -> datetime:
    return datetime.now(UTC)


def count(ports: Ports, what: object) -> int:
    with ports.sessions() as session:
        return session.scalar(select(func.count()).where(what)) or 0  # type: ignore[call-overload]


def test_killed_in_the_middle_of_check_nothing_is_lost(world: Town) -> None:
    world.register(SLOW)
    with world.ours.ports(real) as ports:
        stages(ports, "locate")
        first = world.ours.scheduler()
        eventually(lambda: count(ports, Lane.token.is_not(None)) > 0, 30)
        first.send_signal(SIGKILL)
        assert first.wait(10) == -SIGKILL
        leased = count(ports, Lane.token.is_not(None))
        assert leased > 0  # it died holding them
        seen = count(ports, CheckState.verdict.is_not(None))
        assert seen < URLS
    with world.ours.ports(Clock(real())) as ports:
        tally = flow.run(ports, "check")
        assert tally.claimed + seen < URLS  # what is leased is nobody else's
    with world.ours.ports(Clock(real() + LEASE)) as ports:
        stages(ports, "check")
        assert count(ports, CheckState.verdict.is_not(None)) == URLS
        assert count(ports, Lane.token.is_not(None)) == 0
        assert count(ports, Url.status == UrlStatus.LOCATED) == URLS
        with ports.sessions() as session:
            each = session.execute(
                select(Check.url_id, func.count())
                .where(Check.verdict.is_not(None))
                .group_by(Check.url_id)
            ).all()
        assert len(each) == URLS


def test_killed_in_the_middle_of_send_nothing_is_lost_or_doubled_without_its_mark(
    world: Town,
) -> None:
    world.register_one_each("northhost", "eastserve", "stonewall", "westcloud")
    # One mailbox takes the message and never answers: there the sender hangs, armed.
    world.town.script({"recipient": "abuse@eastserve.example", "smtp": "swallow"})
    with world.ours.ports(real) as ports:
        stages(ports, "locate", "check")
        world.ours.ask("contacts", "approve", "--all")
        stages(ports, "compose")
        world.ours.ask("notices", "approve", "--all")
        first = world.ours.scheduler()
        eventually(lambda: world.arrived("eastserve") == 1, 40)
        first.send_signal(SIGKILL)
        assert first.wait(10) == -SIGKILL
    world.town.script({"recipient": "abuse@eastserve.example", "smtp": "accept"})
    arrived = len(world.town.ledger())
    second = world.ours.scheduler()
    with world.ours.ports(real) as ports:
        eventually(lambda: count(ports, Delivery.status == DeliveryStatus.SENT) == 3, 40)
        assert count(ports, Delivery.status == DeliveryStatus.SENDING) == 1  # its lease stands
        second.terminate()
        second.wait(20)
    assert arrived <= len(world.town.ledger()) == 4
    with world.ours.ports(Clock(real() + LEASE)) as ports:
        stages(ports, "send")
        assert count(ports, Delivery.status == DeliveryStatus.UNCERTAIN) == 1
    with world.ours.ports(Clock(real() + LEASE + timedelta(minutes=31))) as ports:
        stages(ports, "check", "send")
        stages_until_sent(ports)
        marked = marks(ports)
    came = Counter(one["message_id"] for one in world.town.ledger())
    assert set(came) == set(marked)
    assert {name: times == 2 for name, times in came.items()} == marked
    assert sorted(came.values()) == [1, 1, 1, 2]


def stages_until_sent(ports: Ports) -> None:
    """The gate wants a fresh look before it repeats what may have arrived."""
    clock = ports.clock
    assert isinstance(clock, Clock)
    for _ in range(3):
        clock.by(minutes=3)
        stages(ports, "check", "send")
    assert count(ports, Delivery.status == DeliveryStatus.SENT) == 4


def marks(ports: Ports) -> dict[str, bool]:
    """Message-ID -> whether its delivery bears the mark of a possible duplicate."""
    with ports.sessions() as session:
        rows = session.execute(
            select(Notice.message_id, Delivery.possible_duplicate).join(
                Delivery, Delivery.notice_id == Notice.id
            )
        )
        return {row.message_id: row.possible_duplicate for row in rows}
