"""The loop behind the probe: lanes, places, hops and tries, over one libcurl multi handle."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic, sleep
from typing import Any, Final, Generic

from takedown.checks.curl import pycurl
from takedown.checks.finding import Fault, Finding, Relation
from takedown.checks.guard import all_allowed, port_allowed
from takedown.checks.handle import Egress, Handle
from takedown.checks.redirect import FOLLOWED, MAX_HOPS, Place, names_port, relation
from takedown.checks.target import K, Resolve, Target

READ_AHEAD: Final = 20_000
_OUT_CAP: Final = 1_000
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class _Job(Generic[K]):
    """A target on its way: where it stands after redirects and tries."""

    target: Target[K]
    lane: bytes | str
    began: float
    url: str
    address: str
    port: int
    hops: int = 0
    verify: bool = True
    tls_failed: bool = False
    size: int = 0


@dataclass(slots=True)
class _Naming(Generic[K]):
    """A hop to `www` whose name is being resolved, and the finding if it leads nowhere."""

    job: _Job[K]
    there: Place
    fields: dict[str, Any]


class Run(Generic[K]):
    def __init__(
        self,
        targets: Iterator[Target[K] | None],
        concurrency: int,
        deadline_s: float,
        egresses: Mapping[str, Egress],
        ports: Iterable[str],
        resolve: Resolve | None,
    ) -> None:
        self._targets = targets
        self._more = True
        policy = frozenset(str(port) for port in ports)
        self._port_allowed = lru_cache(lambda port, reported: port_allowed(port, policy, reported))
        self._deadline = deadline_s
        self._egresses = egresses
        self._any = next(iter(egresses.values()))
        self._resolve = resolve
        self._multi: Any = pycurl.CurlMulti()
        self._idle: list[Handle] = []
        self._places = concurrency  # handles that may still be made
        self._busy: dict[Any, tuple[Handle, _Job[K]]] = {}
        self._lanes: dict[bytes | str, deque[Target[K]]] = {}
        self._ready: deque[bytes | str] = deque()
        self._waiting = 0
        self._out: deque[tuple[K, Finding]] = deque()
        self._naming: dict[Future[tuple[str, ...]], _Naming[K]] = {}
        self._threads: ThreadPoolExecutor | None = None

    def findings(self) -> Iterator[tuple[K, Finding]]:
        while True:
            self._fill()
            idle = not self._out
            while self._out:
                yield self._out.popleft()
            if not (self._busy or self._naming or self._ready or self._more):
                return
            self._multi.perform()
            if not (self._collect() | self._named()) and idle:
                self._wait()

    def _wait(self) -> None:
        if self._busy:
            self._multi.select(0.05)
        else:
            sleep(0.001)  # names or targets are awaited: select() without descriptors would spin

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        for curl, (handle, _) in self._busy.items():
            self._multi.remove_handle(curl)
            self._idle.append(handle)
        for handle in self._idle:
            handle.curl.close()
        self._multi.close()

    def _free(self) -> bool:
        """Whether one more connection may be open; its handle is made when it is first needed."""
        if not self._idle and self._places:
            self._places -= 1
            self._idle.append(Handle(self._any, round(self._deadline * 1000)))
        return bool(self._idle)

    def _fill(self) -> None:
        """Begins what places allow: lanes that came free first, then new targets."""
        while self._ready and self._free() and len(self._out) < _OUT_CAP:
            lane = self._ready.popleft()
            self._waiting -= 1
            self._begin(self._lanes[lane].popleft(), lane)
        while self._more and self._free() and self._waiting < READ_AHEAD:
            if len(self._out) >= _OUT_CAP:
                return
            try:
                target = next(self._targets)
            except StopIteration:
                self._more = False
                return
            if target is None:
                return
            lane = target.lane or target.address or target.host
            queue = self._lanes.get(lane)
            if queue is None:
                self._lanes[lane] = deque()
                self._begin(target, lane)
            else:
                queue.append(target)
                self._waiting += 1

    def _begin(self, target: Target[K], lane: bytes | str) -> None:
        job = _Job(target, lane, monotonic(), target.url, target.address, target.port)
        fault = self._refusal(job)
        if fault is None:
            self._start(job)
        else:
            self._finish(job, {}, fault)

    def _refusal(self, job: _Job[K]) -> Fault | None:
        """The guard, before anything leaves; the socket callback asks once more."""
        egress = self._egresses[job.target.vantage]
        if job.address:
            if not egress.allows(job.address):
                return Fault.FORBIDDEN_ADDRESS
        elif not (egress.names_travel and job.target.host.endswith(".onion")):
            return Fault.PROXY
        if not self._port_allowed(job.port, job.target.port):
            return Fault.FORBIDDEN_PORT
        return None if names_port(job.url, job.port) else Fault.OURS

    def _start(self, job: _Job[K]) -> None:
        handle = self._idle.pop()
        left = self._deadline
        if job.hops or not job.verify:
            left = max(0.001, self._deadline - (monotonic() - job.began))
        handle.leave_by(self._egresses[job.target.vantage])
        handle.aim(job.url, job.address, job.port, round(left * 1000), job.verify)
        self._busy[handle.curl] = (handle, job)
        self._multi.add_handle(handle.curl)

    def _collect(self) -> bool:
        """Takes what libcurl has finished; whether there was anything."""
        any_done = False
        queued = 1
        while queued:
            queued, fine, failed = self._multi.info_read()
            for curl in fine:
                self._done(curl, 0)
            for curl, code, _ in failed:
                self._done(curl, code)
            any_done = any_done or bool(fine or failed)
        return any_done

    def _done(self, curl: Any, code: int) -> None:
        handle, job = self._busy.pop(curl)
        self._multi.remove_handle(curl)
        self._idle.append(handle)
        fault = handle.fault(code)
        job.size += handle.head.size
        if fault is Fault.TLS and job.verify and self._has_time(job):
            job.verify, job.tls_failed = False, True
            self._start(job)
            return
        fields = handle.head.fields()
        if fault is None and handle.head.status in _REDIRECTS:
            location = handle.head.location()
            if location is not None:
                relates, there = relation(job.url, location)
                fields["location"] = relates
                if there is not None and relates in FOLLOWED and self._follow(job, there, fields):
                    return
        self._finish(job, fields, fault)

    def _has_time(self, job: _Job[K]) -> bool:
        return monotonic() - job.began < self._deadline

    def _follow(self, job: _Job[K], there: Place, fields: dict[str, Any]) -> bool:
        """Starts the next hop; False where it is not to be followed, and then it is a finding."""
        if job.hops >= MAX_HOPS or not self._has_time(job):
            return False
        if fields["location"] is Relation.WWW:
            if self._resolve is None or not job.address:
                return False
            if self._threads is None:
                self._threads = ThreadPoolExecutor(8, "resolve")
            future = self._threads.submit(self._resolve, there.host)
            self._naming[future] = _Naming(job, there, fields)
            return True
        self._hop(job, there, job.address)
        return True

    def _hop(self, job: _Job[K], there: Place, address: str) -> None:
        job.hops += 1
        job.verify = True
        job.url, job.address, job.port = there.url, address, there.port
        fault = self._refusal(job)
        if fault is None:
            self._start(job)
        else:
            self._finish(job, {}, fault)

    def _named(self) -> bool:
        """Goes on with hops whose name has been resolved; whether there were any."""
        ready = [future for future in self._naming if future.done()] if self._naming else []
        went_on = False
        for future in ready:
            if not self._free():
                break
            went_on = True
            hop = self._naming.pop(future)
            answers = () if future.exception() else future.result()
            if not answers or not self._has_time(hop.job):
                self._finish(hop.job, hop.fields, None)
            elif not all_allowed(answers, self._any.open_networks):
                self._finish(hop.job, {}, Fault.FORBIDDEN_ADDRESS)
            else:
                self._hop(hop.job, hop.there, answers[0])
        return went_on

    def _finish(self, job: _Job[K], fields: dict[str, Any], fault: Fault | None) -> None:
        tls_ok = None
        if job.url.startswith("https:") and (job.tls_failed or "status" in fields):
            tls_ok = not job.tls_failed
        finding = Finding(
            **fields,
            error=fault,
            address=job.address or None,
            tls_ok=tls_ok,
            duration_ms=round((monotonic() - job.began) * 1000),
            bytes_read=job.size,
            hops=job.hops,
            vantage=job.target.vantage,
        )
        self._out.append((job.target.id, finding))
        if self._lanes[job.lane]:
            self._ready.append(job.lane)
        else:
            del self._lanes[job.lane]
