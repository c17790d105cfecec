"""The questions of one batch to the registries: many at once, none twice, the slow in nobody's way.

Addresses that the table counts to one range are asked about once; the answer says how far it
reaches. What it does not cover is asked about in smaller groups. Each registry has a queue of its
own: one that is silent, or wants a pause, keeps back its own questions alone.
"""

import ipaddress
import time
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from takedown.hosts.asn_table import Network
from takedown.hosts.limits import Limits
from takedown.hosts.memory import Memory
from takedown.hosts.registration import WHERE, Kind, Registration
from takedown.hosts.registry import Question, Registry, Reply

_NEIGHBOURS: Final = {4: 24, 6: 48}  # what is commonly given out as one piece
_MOST_TRIES: Final = 20  # of one question at a busy registry in one batch
_Then = Callable[[Registration], None]


@dataclass(frozen=True, slots=True)
class Said:
    """What the registries said, by what they were asked about."""

    addresses: dict[str, Registration] = field(default_factory=dict)
    numbers: dict[int, Registration] = field(default_factory=dict)
    domains: dict[str, Registration] = field(default_factory=dict)


@dataclass(slots=True)
class _Waiting:
    question: Question
    then: _Then
    tries: int = 0


class Inquiry:
    """Asks for one batch. The thread that calls `ask` hands out the work and reads all answers.

    `places`: questions at once, over all registries. `patience`: seconds for which the batch
    waits for registries that want a pause; what is left then is put off.
    """

    def __init__(
        self,
        registry: Registry,
        memory: Memory,
        limits: Limits,
        places: int,
        patience: float,
        now: datetime,
    ) -> None:
        self._registry = registry
        self._memory = memory
        self._limits = limits
        self._places = places
        self._patience = patience
        self._now = now
        self._said = Said()
        self._queues: dict[str, deque[_Waiting]] = defaultdict(deque)
        self._under_way: dict[Future[Reply], _Waiting] = {}

    def ask(
        self,
        addresses: Mapping[str, Network | None],
        domains: Iterable[str],
        numbers: Iterable[int] = (),
    ) -> Said:
        """Registrations of addresses (with the table's network), of registrable domains, and of
        numbers beyond those that the addresses lead to."""
        ends = time.monotonic() + self._patience
        self._pool = ThreadPoolExecutor(self._places, thread_name_prefix="registry")
        with self._pool:
            self._networks = dict(addresses)
            self._split(addresses, self._range)
            for domain in domains:
                self._domain(domain)
            for number in numbers:
                self._number(number)
            while self._under_way or self._queues:
                pause = self._hand_out(ends)
                if not self._under_way:
                    time.sleep(min(pause, 0.5))
                    continue
                done, _ = wait(self._under_way, min(pause, 0.5), FIRST_COMPLETED)
                for future in done:
                    self._answered(self._under_way.pop(future), future.result())
        return self._said

    def _hand_out(self, ends: float) -> float:
        """Ask what may be asked now; seconds until more may be."""
        pause = 0.5
        for registry in list(self._queues):
            queue = self._queues[registry]
            while queue and len(self._under_way) < self._places:
                if self._hopeless(registry, ends):
                    self._put_off(registry, queue.popleft())
                    continue
                wanted = self._limits.take(registry)
                if wanted:
                    pause = min(pause, wanted)
                    break
                one = queue.popleft()
                self._under_way[self._pool.submit(self._asked, one.question)] = one
            if not queue and self._queues.get(registry) is queue:
                del self._queues[registry]
        return pause

    def _hopeless(self, registry: str, ends: float) -> bool:
        """Whether nothing that waits for a registry can be asked within this batch."""
        left = ends - time.monotonic()
        limits = self._limits
        return left <= 0 or limits.given_up(registry) or limits.pause(registry) > left

    def _put_off(self, registry: str, one: _Waiting) -> None:
        subject = WHERE[one.question.kind]
        if self._limits.alive(registry) and not self._limits.given_up(registry):
            wait_s = max(self._limits.pause(registry), 1.0)
            said = Registration(
                problems=(f"registry of the {subject}: put off",), down=True, put_off_s=wait_s
            )
        else:
            word = "busy" if self._limits.pause(registry) else "silent"
            said = Registration(problems=(f"registry of the {subject}: {word}",), down=True)
        self._conclude(one, said)

    def _asked(self, question: Question) -> Reply:
        try:
            return self._registry.ask(question)
        except Exception as error:  # one look-up that breaks must not take the batch with it
            broke = Registration(problems=(f"look-up broke: {type(error).__name__}",), down=True)
            return Reply(broke)

    def _answered(self, one: _Waiting, reply: Reply) -> None:
        registry = one.question.registry
        if reply.busy:
            self._limits.busy(registry, reply.wait)
            one.tries += 1
            if one.tries < _MOST_TRIES:
                self._queues[registry].appendleft(one)
                return
        elif reply.silent:
            self._limits.silent(registry)
        else:
            self._limits.answered(registry)
        self._conclude(one, reply.said)

    def _conclude(self, one: _Waiting, said: Registration) -> None:
        """An answer stands, unless another registry knows more."""
        following = self._registry.after(one.question, said)
        before = one.question.said
        if following is not None:
            self._queues[following.registry].append(_Waiting(following, one.then))
        elif said.raw is None and before is not None and before.raw is not None:
            one.then(before.noted(said.problems))
        else:
            one.then(said)

    def _start(self, kind: Kind, what: str, then: _Then) -> None:
        announced = kind != "ip" or self._networks[what] is not None
        question = self._registry.first(kind, what, self._now, announced)
        if isinstance(question, Registration):
            then(question)
        else:
            self._queues[question.registry].append(_Waiting(question, then))

    def _domain(self, domain: str) -> None:
        if kept := self._memory.of_domain(domain, self._now):
            self._said.domains[domain] = kept
            return

        def answered(said: Registration) -> None:
            self._said.domains[domain] = said
            self._memory.keep_domain(domain, said, self._now)

        self._start("domain", domain, answered)

    def _split(self, addresses: Iterable[str], key: Callable[[str], Hashable]) -> None:
        groups: dict[Hashable, list[str]] = defaultdict(list)
        for address in addresses:
            if kept := self._memory.of_address(address, self._now):
                self._take(address, kept)
            else:
                groups[key(address)].append(address)
        for group in groups.values():
            self._group(group, key)

    def _group(self, group: list[str], key: Callable[[str], Hashable]) -> None:
        first, *others = group

        def answered(said: Registration) -> None:
            self._memory.keep_address(first, said, self._now)
            self._take(first, said)
            apart = []
            for other in others:
                same = said.down or (said.raw is None and key is not self._range)
                if same or (said.raw is not None and said.covers(other)):
                    self._take(other, said)
                else:
                    apart.append(other)
            self._split(apart, _neighbours if key is self._range else _alone)

        self._start("ip", first, answered)

    def _range(self, address: str) -> Hashable:
        network = self._networks[address]
        return (network.first, network.last) if network else _neighbours(address)

    def _take(self, address: str, said: Registration) -> None:
        """Keep it; where it names no abuse contact, its autonomous system may have one."""
        self._said.addresses[address] = said
        network = self._networks[address]
        asn = network.asn if network else said.asn
        known = any(not mail.last_resort for mail in said.abuse)
        if not known and asn:
            self._number(asn)

    def _number(self, asn: int) -> None:
        if asn in self._said.numbers:
            return
        if kept := self._memory.of_number(asn, self._now):
            self._said.numbers[asn] = kept
            return
        self._said.numbers[asn] = Registration()

        def answered(said: Registration) -> None:
            self._said.numbers[asn] = said
            self._memory.keep_number(asn, said, self._now)

        self._start("autnum", str(asn), answered)


def _neighbours(address: str) -> Hashable:
    version = ipaddress.ip_address(address).version
    return str(ipaddress.ip_network(f"{address}/{_NEIGHBOURS[version]}", strict=False))


def _alone(address: str) -> Hashable:
    return address
