"""What comes next, leased and resolved in threads while probes go on."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Final

from takedown.checks import batches
from takedown.checks.batches import Batch
from takedown.db import committing, new_id
from takedown.flow.aiming import Aimed, Names, aim
from takedown.flow.ports import Ports

AT_ONCE: Final = 4  # claims under way: names that do not resolve hold up only their own
APART_S: Final = 0.2  # unless the last one has come, the next waits so long
AGAIN_S: Final = 0.25  # nothing was due: asked again while something is under way
POLITE_S: Final = 60.0  # lanes come free again and again: a pass ends claiming after so long

Claimed = tuple[Batch, list[Aimed]]


@dataclass(slots=True)
class _Claim:
    future: Future[Claimed | None]
    began: float
    size: int
    alone: bool
    after: int  # records written when it began


class Claiming:
    """The claims of one pass. `limit`: so many Urls at most."""

    def __init__(self, ports: Ports, limit: int | None) -> None:
        self.token = new_id()
        self._ports = ports
        self._limit = limit
        self._began = monotonic()
        self._size = max(1, ports.probing.batch // AT_ONCE)
        self._names = Names(ports)
        self._threads = ThreadPoolExecutor(AT_ONCE, "claim")
        self._claims: list[_Claim] = []
        self._dry = -1  # records written when nothing was found to be due
        self._dry_at = 0.0
        self._over = self._suspect = False

    def close(self) -> None:
        """Wait for what is under way."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def collect(self) -> list[Claimed]:
        """What has come since the last call."""
        done = [claim for claim in self._claims if claim.future.done()]
        found = []
        for claim in done:
            self._claims.remove(claim)
            claimed = claim.future.result()
            if self._limit is not None:
                self._limit += claim.size - (len(claimed[0].due) if claimed else 0)
            if claimed is not None:
                self._suspect = claimed[0].lease.suspect
                found.append(claimed)
                continue
            self._dry, self._dry_at = claim.after, monotonic()
            self._over = self._over or claim.alone
        return found

    def go_on(self, under_way: int, leased: int, written: int) -> bool:
        """Begin a claim where places will be free; False when there is nothing more to come.

        `under_way`: Urls not yet seen; `leased`: those not yet written; `written`: records so far.
        """
        now = monotonic()
        idle = not leased and not self._claims
        if idle and self._over and self._dry == written:
            return False
        size = self._size if self._limit is None else min(self._size, self._limit)
        late = bool(self._ports.probing.interval) and now - self._began > POLITE_S
        if size <= 0 or late or (self._suspect and leased):
            return not idle
        if idle or self._wanted(now, under_way, leased, written):
            self._begin(now, size, idle, written)
        return True

    def _wanted(self, now: float, under_way: int, leased: int, written: int) -> bool:
        probing = self._ports.probing
        if under_way >= 2 * probing.concurrency or leased + self._size > probing.batch:
            return False
        if self._dry == written and now - self._dry_at < AGAIN_S:
            return False
        return len(self._claims) < AT_ONCE and all(
            now - claim.began > APART_S and not claim.alone for claim in self._claims
        )

    def _begin(self, now: float, size: int, alone: bool, written: int) -> None:
        if self._limit is not None:
            self._limit -= size
        future = self._threads.submit(self._claim, size, alone)
        self._claims.append(_Claim(future, now, size, alone, written))

    def _claim(self, size: int, alone: bool) -> Claimed | None:
        ports, polite = self._ports, bool(self._ports.probing.interval)
        with committing(ports.sessions) as session:
            batch = batches.claim(
                session,
                ports.vault,
                now=ports.clock(),
                batch=size,
                one_each=polite,
                most_lanes=None if polite else max(1, ports.probing.concurrency // 2),
                alone=alone,
                token=self.token,
                police_agree=ports.hotline.police_agree_probes,
            )
        if batch is None:
            return None
        answers = self._names.ask({due.host for due in batch.due})
        return batch, list(aim(batch.due, answers, tuple(ports.probing.vantages)))
