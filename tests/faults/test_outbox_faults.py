"""The outbox under a server and senders that fail at every step: nothing lost, nothing doubled
without its mark."""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from signal import SIGKILL

import pytest
from faults import CONNECTIONS, FAULTS, HOLD, Fault
from faulty_mail import FaultyMail, faulty_mail
from outboxes import STOPPED, Child, Nursery, Outbox, Told
from smtp_servers import certificate, server_context
from sqlalchemy import select

from takedown import audit
from takedown.db import Sessions
from takedown.outbox import policy
from takedown.outbox.models import DeliveryStatus
from takedown.people.tasks import Task, TaskKind
from takedown.routes.models import Hold
from takedown.vault import Vault

#: Small in the suite; OUTBOX_NOTICES=1000 for the whole.
NOTICES = int(os.environ.get("OUTBOX_NOTICES", str(len(FAULTS) + 3)))
SENDERS = 4
DEADLINE_S = 2.0


@dataclass
class House:
    """An outbox, its senders' nursery, and the server that they talk to."""

    outbox: Outbox
    nursery: Nursery
    server: FaultyMail
    began: datetime
    killed: int = 0
    stopped: int = 0
    deaths: int = 0  # killed or stopped, before the present round
    rounds: int = 0
    resting: list[tuple[Child, datetime]] = field(default_factory=list)

    def play(self, chance: random.Random) -> None:
        """Four senders at once, again and again, until nothing is open any more.

        Those that were stopped go on once their lease has run out: some beside the next four,
        some after them.
        """
        while True:
            self.rounds += 1
            awake = [one for one, since in self.resting if self.outbox.now > since + policy.LEASE]
            self.resting = [one for one in self.resting if one[0] not in awake]
            beside = [one for one in awake if chance.random() < 0.5]
            self._ended([*_going_on(beside), *self._senders()])
            self._ended(_going_on([one for one in awake if one not in beside]))
            if not self._wait():
                return

    def send(self) -> int | str:
        """One sender; what became of it."""
        return Child(self.nursery).wait()

    def fate(self, name: str) -> tuple[str, int, bool]:
        """Of the notice to a name: its state, how many copies arrived, whether it is marked."""
        one = next(one for one in self.outbox.told() if one.recipient.startswith(f"{name}."))
        copies = [stored.message_id for stored in self.server.received]
        arrived = copies.count(one.notice.message_id)
        return one.delivery.status, arrived, one.delivery.possible_duplicate

    def _senders(self) -> list[Child]:
        """Four; towards the end no more than there are notices left for."""
        return [Child(self.nursery) for _ in range(min(SENDERS, self.outbox.due()))]

    def _wait(self) -> bool:
        """Let time pass until something is to be done; False once nothing is.

        Two minutes at least; and once nobody dies any more, more as days go by.
        """
        now, deaths = self.outbox.now, self.killed + self.stopped
        due = [since + policy.LEASE for _, since in self.resting]
        due += filter(None, [self.outbox.next_due()])
        if due:
            calm, self.deaths = deaths == self.deaths, deaths
            least = (now - self.began) / 2 if calm else timedelta(minutes=2)
            self.outbox.pass_time(seconds=max(min(due) - now, least).total_seconds() + 60)
        return bool(due)

    def _ended(self, children: list[Child]) -> None:
        for one in children:
            said = one.wait()
            if said == STOPPED:
                self.stopped += 1
                self.resting.append((one, self.outbox.now))
            else:
                assert said in (0, -SIGKILL), "a sender broke down"
                self.killed += said == -SIGKILL


def _going_on(children: list[Child]) -> list[Child]:
    for one in children:
        one.go_on()
    return children


@pytest.fixture
def certificates(tmp_path: Path) -> tuple[Path, tuple[Path, Path], tuple[Path, Path]]:
    """An authority for both, a good one, and one that has expired."""
    made = []
    for name, days in (("good", 1), ("expired", -1)):
        (tmp_path / name).mkdir()
        made.append(
            certificate(tmp_path / name, datetime.now(UTC), days=days, common=f"{name}.example")
        )
    authority = tmp_path / "authority.pem"
    authority.write_bytes(b"".join(one[0].read_bytes() for one in made))
    return authority, made[0], made[1]


@pytest.fixture
def house(
    sessions: Sessions,
    vault: Vault,
    database: tuple[str, str],
    tmp_path: Path,
    now: datetime,
    certificates: tuple[Path, tuple[Path, Path], tuple[Path, Path]],
) -> Iterator[Callable[..., House]]:
    authority, good, expired = certificates
    outbox = Outbox(sessions, vault, database[1], tmp_path, now)

    @contextmanager
    def open_house(*connections: Fault) -> Iterator[House]:
        tls = server_context(good), server_context(expired)
        with faulty_mail(outbox.happened, *tls, connections) as server:
            nursery = Nursery(outbox.job(server, authority, DEADLINE_S))
            try:
                yield House(outbox, nursery, server, now)
            finally:
                nursery.close()

    return open_house


@dataclass
class Account:
    """What became of the notices to which one thing happened."""

    notices: int = 0
    once: int = 0
    marked: int = 0  # repeated as possible duplicates
    copies: int = 0  # of those
    dead: int = 0
    anew: int = 0  # superseded, and sent without what was held
    lost: int = 0
    doubled: int = 0  # without the mark


def accounts(house: House) -> dict[str, Account]:
    """By what befell them."""
    copies = Counter(one.message_id for one in house.server.received)
    found: dict[str, Account] = {name: Account() for name in FAULTS}
    for one in house.outbox.told():
        made = found[one.recipient.partition(".")[0]]
        arrived = copies[one.notice.message_id]
        if one.delivery.status == DeliveryStatus.SUPERSEDED:
            made.anew += 1
            made.doubled += arrived > 0
            continue
        made.notices += 1
        marked = one.delivery.possible_duplicate
        dead = one.delivery.status == DeliveryStatus.DEAD
        made.dead += dead
        made.marked += marked
        made.copies += arrived if marked else 0
        made.once += arrived == 1 and not marked and not dead
        made.lost += arrived == 0 and not dead
        made.doubled += arrived > 1 and not marked
        made.doubled += arrived > 0 and dead and not marked
    return found


def table(found: dict[str, Account], house: House) -> str:
    """The counts, a line for each fault."""
    columns = [one.name for one in fields(Account)]
    whole = Account(*(sum(getattr(one, name) for one in found.values()) for name in columns))
    lines = [f"{'':20}" + "".join(f"{name.replace('_', ' '):>9}" for name in columns)]
    for what, one in [*found.items(), ("all", whole)]:
        lines.append(f"{what:20}" + "".join(f"{getattr(one, name):>9}" for name in columns))
    befell = Counter(f"{fault.at} {fault.act[:3]}" for fault in house.server.befell)
    lines += [
        f"at connections: {', '.join(f'{n} {one}' for one, n in sorted(befell.items()))}",
        f"{house.rounds} rounds of {SENDERS} senders at most; {house.killed} killed,"
        f" {house.stopped} stopped past their lease",
    ]
    return "\n".join(lines)


def dead_without_a_task(house: House, told: list[Told]) -> int:
    with house.outbox.sessions() as session:
        wanted = Task.kind == TaskKind.DEAD_DELIVERY, Task.done_at.is_(None)
        asked = set(session.scalars(select(Task.subject_id).where(*wanted)))
    dead = {one.notice.id for one in told if one.delivery.status == DeliveryStatus.DEAD}
    return len(dead ^ asked)


def held_and_sent(house: House) -> int:
    """How many locations left that were held at the last moment."""
    with house.outbox.sessions() as session:
        held = [house.outbox.locations[one] for one in session.scalars(select(Hold.subject_id))]
    return sum(location in one.raw for one in house.server.received for location in held)


def test_killed_before_arming_nothing_had_left_and_it_leaves_once(
    house: Callable[..., House],
) -> None:
    with house() as here:
        here.outbox.approved(["unarmed-killed"])
        assert here.send() == -SIGKILL
        assert here.fate("unarmed-killed") == (DeliveryStatus.CLAIMED, 0, False)
        here.outbox.pass_time(minutes=4)
        assert here.send() == 0
        assert here.fate("unarmed-killed") == (DeliveryStatus.CLAIMED, 0, False)
        here.outbox.pass_time(minutes=2)
        assert here.send() == 0
        assert here.fate("unarmed-killed") == (DeliveryStatus.SENT, 1, False)


def test_killed_once_armed_it_is_repeated_with_its_mark_after_half_an_hour(
    house: Callable[..., House],
) -> None:
    with house() as here:
        here.outbox.approved(["well"])
        here.nursery.warm()
        here.outbox.approved(["armed-killed", "answered-killed"])
        assert [here.send(), here.send()] == [-SIGKILL, -SIGKILL]
        here.outbox.pass_time(minutes=6)
        assert here.send() == 0
        assert here.fate("armed-killed") == (DeliveryStatus.UNCERTAIN, 0, False)
        assert here.fate("answered-killed") == (DeliveryStatus.UNCERTAIN, 1, False)
        here.outbox.pass_time(minutes=29)
        assert here.send() == 0
        assert here.fate("armed-killed") == (DeliveryStatus.UNCERTAIN, 0, False)
        here.outbox.pass_time(minutes=1)
        assert here.send() == 0
        assert here.fate("armed-killed") == (DeliveryStatus.SENT, 1, True)
        assert here.fate("answered-killed") == (DeliveryStatus.SENT, 2, True)


def test_nothing_is_lost_and_nothing_doubled_without_its_mark(
    house: Callable[..., House],
) -> None:
    names = [name for _, name in zip(range(NOTICES), cycle(FAULTS), strict=False)]
    with house(*(CONNECTIONS * max(1, NOTICES // 200))) as here:
        here.outbox.approved(names[:2])  # one that goes well, and one that is greylisted
        assert here.nursery.warm() == 2
        here.outbox.approved(names[2:])
        here.play(random.Random(7))
        told, found = here.outbox.told(), accounts(here)
        print(table(found, here))  # noqa: T201 - the counts
        assert sum(one.notices for one in found.values()) == NOTICES
        assert sum(one.lost for one in found.values()) == 0
        assert sum(one.doubled for one in found.values()) == 0
        assert dead_without_a_task(here, told) == 0
        assert held_and_sent(here) == 0
        for name, one in found.items():
            fault = FAULTS[name]
            assert one.dead == (one.notices if fault.refuses else 0), name
            assert one.anew == (one.notices if fault.act == HOLD else 0), name
        sure = [one for name, one in found.items() if not FAULTS[name].leaves_doubt]
        assert sum(one.marked for one in sure) <= NOTICES // 20, (
            "slow answers aside, none is in doubt"
        )
        assert not here.server.waiting, "a fault of a connection has not happened"
        assert all(here.outbox.happened.to(one.recipient) for one in told), "nor has another"
        with here.outbox.sessions() as session:
            assert audit.verify(session, here.outbox.vault.audit_key) is None
