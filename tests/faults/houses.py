"""An outbox that is played through with four senders at once, and what became of its notices."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from signal import SIGKILL

from faults import name_of
from faulty_api import FaultyApi
from faulty_mail import FaultyMail
from outboxes import STOPPED, Child, Nursery, Outbox, Told
from sqlalchemy import select

from takedown.outbox import policy
from takedown.outbox.models import DeliveryStatus
from takedown.people.tasks import Task, TaskKind

SENDERS = 4


@dataclass
class House:
    """An outbox, its senders' nursery, and the servers that they talk to."""

    outbox: Outbox
    nursery: Nursery
    server: FaultyMail
    interface: FaultyApi
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
        one = next(one for one in self.outbox.told() if name_of(one.recipient) == name)
        return one.delivery.status, self.mails(one), one.delivery.possible_duplicate

    def mails(self, told: Told) -> int:
        """How many copies of a notice the mail server has."""
        return sum(one.message_id == told.notice.message_id for one in self.server.received)

    def reports(self, told: Told) -> int:
        """How often a notice reached its provider's interface."""
        return sum(recipient == told.recipient for recipient, _ in self.interface.received)

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


@dataclass
class Account:
    """What became of the notices to which one thing happened."""

    notices: int = 0
    once: int = 0
    marked: int = 0  # repeated as possible duplicates
    copies: int = 0  # of those
    dead: int = 0
    there: int = 0  # dead, and the recipient has it all the same
    anew: int = 0  # superseded, and sent without what was held
    lost: int = 0
    doubled: int = 0  # without the mark


def accounts(told: Iterable[Told], copies: Callable[[Told], int]) -> dict[str, Account]:
    """By what befell them; `copies` says how many of a notice arrived."""
    found: dict[str, Account] = {}
    for one in told:
        made = found.setdefault(name_of(one.recipient), Account())
        arrived, marked = copies(one), one.delivery.possible_duplicate
        made.doubled += arrived > 1 and not marked
        if one.delivery.status == DeliveryStatus.SUPERSEDED:
            made.anew += 1
            made.doubled += arrived > 0
            continue
        dead = one.delivery.status == DeliveryStatus.DEAD
        made.notices += 1
        made.dead += dead
        made.there += dead and arrived > 0
        made.marked += marked
        made.copies += arrived if marked else 0
        made.once += arrived == 1 and not marked and not dead
        made.lost += arrived == 0 and not dead
    return found


def table(found: dict[str, Account], house: House) -> str:
    """The counts, a line for each fault."""
    columns = [one.name for one in fields(Account)]
    whole = Account(*(sum(getattr(one, name) for one in found.values()) for name in columns))
    lines = [f"{'':24}" + "".join(f"{name:>9}" for name in columns)]
    for what, one in [*found.items(), ("all", whole)]:
        lines.append(f"{what:24}" + "".join(f"{getattr(one, name):>9}" for name in columns))
    befell = Counter(f"{fault.at} {fault.act[:3]}" for fault in house.server.befell)
    lines += [
        f"at connections: {', '.join(f'{n} {one}' for one, n in sorted(befell.items())) or 'none'}",
        f"{house.rounds} rounds of {SENDERS} senders at most; {house.killed} killed,"
        f" {house.stopped} stopped past their lease",
    ]
    return "\n".join(lines)


def dead_without_a_task(house: House, told: list[Told]) -> int:
    """How many are given up without anybody being asked, or the other way round."""
    with house.outbox.sessions() as session:
        wanted = Task.kind == TaskKind.DEAD_DELIVERY, Task.done_at.is_(None)
        asked = set(session.scalars(select(Task.subject_id).where(*wanted)))
    dead = {one.notice.id for one in told if one.delivery.status == DeliveryStatus.DEAD}
    return len(dead ^ asked)
