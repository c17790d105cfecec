"""One pass of looking: claims, names, probes and records go on side by side.

Probes run in the caller's thread and wait for nobody; threads beside it lease and resolve what
comes next, and write what has been seen. A lane is given back as soon as its own Urls are through,
so that a host which never answers keeps its own lane and nothing else.
"""

import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Final

from takedown.checks.batches import Batch
from takedown.checks.finding import Finding
from takedown.checks.lanes import Lease
from takedown.checks.opening import Due
from takedown.checks.probe import Target, probe
from takedown.flow.aiming import Aimed
from takedown.flow.claiming import Claimed, Claiming
from takedown.flow.keeping import Act, keep
from takedown.flow.ports import Ports, Tally

CHUNK: Final = 500  # findings written together...
CHUNK_S: Final = 0.5  # ...or what there is after so many seconds


@dataclass(slots=True)
class _Lane:
    """A leased lane: its Urls, and how many of them are still to be seen."""

    due: list[Due] = field(default_factory=list)
    open: int = 0


class Looking:
    """A pass over what is due. To be used as a context, which ends its threads."""

    def __init__(self, ports: Ports, limit: int | None, act: Act) -> None:
        self._ports, self._act = ports, act
        self._claiming = Claiming(ports, limit)
        self._keeper = ThreadPoolExecutor(1, "record")
        self._keeping: deque[tuple[Future[None], int]] = deque()
        self._queue: deque[Aimed] = deque()
        self._lanes: dict[bytes, _Lane] = {}
        self._lane_of: dict[uuid.UUID, bytes] = {}  # of what is under way
        self._findings: dict[uuid.UUID, Finding] = {}
        self._through: list[bytes] = []  # lanes of which all is seen
        self._waiting = 0  # their Urls
        self._flushed = monotonic()
        self._leased = self._written = self._claimed = 0

    def __enter__(self) -> "Looking":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._claiming.close()
        self._keeper.shutdown(wait=True, cancel_futures=True)

    def run(self) -> Tally:
        """Look at all that is due and at what falls due meanwhile; all is written at the end."""
        probing = self._ports.probing
        for url_id, finding in probe(
            self._targets(),
            concurrency=probing.concurrency,
            deadline_s=probing.deadline_s,
            open_networks=probing.open_networks,
            ports=probing.ports,
            vantages=probing.vantages,
        ):
            self._take(url_id, finding)
        return Tally(self._claimed, self._claimed)

    def _targets(self) -> Iterator[Target[uuid.UUID] | None]:
        """What to ask next; None where it is not known yet."""
        while self._turn():
            while self._queue:
                aimed = self._queue.popleft()
                if isinstance(aimed, Target):
                    yield aimed
                else:
                    self._take(*aimed)
            yield None

    def _turn(self) -> bool:
        """Move on what goes on beside the probes; False when nothing more will come."""
        while self._keeping and self._keeping[0][0].done():
            future, urls = self._keeping.popleft()
            future.result()
            self._leased -= urls
            self._written += 1
        late = monotonic() - self._flushed > CHUNK_S or not self._lane_of
        if self._waiting >= CHUNK or (self._waiting and late):
            self._flush()
        for claimed in self._claiming.collect():
            self._receive(claimed)
        return self._claiming.go_on(len(self._lane_of), self._leased, self._written)

    def _receive(self, claimed: Claimed) -> None:
        batch, aimed = claimed
        self._claimed += len(batch.due)
        self._leased += len(batch.due)
        for due in batch.due:
            key = due.row.lane
            lane = self._lanes.get(key)
            if lane is None:
                lane = self._lanes[key] = _Lane()
            lane.due.append(due)
            lane.open += 1
            self._lane_of[due.row.url_id] = key
        self._queue.extend(aimed)

    def _take(self, url_id: uuid.UUID, finding: Finding) -> None:
        self._findings[url_id] = finding
        key = self._lane_of.pop(url_id)
        lane = self._lanes[key]
        lane.open -= 1
        if not lane.open:
            self._through.append(key)
            self._waiting += len(lane.due)

    def _flush(self) -> None:
        """Hand what is through to the keeper."""
        keys, self._through = self._through, []
        dues = [due for key in keys for due in self._lanes.pop(key).due]
        urls = tuple(due.row.url_id for due in dues)
        findings = {url_id: self._findings.pop(url_id) for url_id in urls}
        batch = Batch(Lease(self._claiming.token, tuple(keys), urls), tuple(dues))
        future = self._keeper.submit(keep, self._ports, batch, findings, self._act)
        self._keeping.append((future, len(dues)))
        self._waiting, self._flushed = 0, monotonic()
