"""The probe: HEAD to many Urls at once, one connection at a time per lane, never a byte of content.

Core dumps would hold locations: the doors that start a probing process set RLIMIT_CORE to 0.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, Generic, TypeVar

from takedown.checks.curl import pycurl
from takedown.checks.finding import Fault, Finding, Relation
from takedown.checks.guard import DEFAULT_PORTS, Network, all_allowed, port_allowed
from takedown.checks.handle import USER_AGENT, Egress, Handle
from takedown.checks.redirect import FOLLOWED, MAX_HOPS, Place, names_port, relation

K = TypeVar("K")
Resolve = Callable[[str], tuple[str, ...]]

CONCURRENCY_CAP: Final = 800  # libcurl waits by select(), whose sets end at 1,024 descriptors
READ_AHEAD: Final = 20_000
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Target(Generic[K]):
    """What to ask: `url` canonical (no user info), `address` pinned by our own resolver.

    `address` is empty only for `.onion` by way of a `socks5h` proxy. `port` is the effective one,
    which a policy of `reported` lets through. `lane`: no two connections at a time within one;
    None means the address.
    """

    id: K
    url: str = field(repr=False)
    address: str = field(repr=False)
    host: str = field(repr=False)
    port: int
    lane: bytes | None = field(default=None, repr=False)
    vantage: str = "direct"


def probe(
    targets: Iterable[Target[K]],
    *,
    concurrency: int = 256,
    deadline_s: float = 20.0,
    open_networks: tuple[Network, ...] = (),
    ports: Iterable[str] = DEFAULT_PORTS,
    proxy: str | None = None,
    resolve: Resolve | None = None,
    ca_file: str | None = None,
    user_agent: str = USER_AGENT,
) -> Iterator[tuple[K, Finding]]:
    """One finding per target, in the order they come; never raises for what a host does.

    `deadline_s` bounds each check whole, redirects and the unverified second try included.
    `resolve` is asked (in a thread) for the `www` sibling that a redirect names; without it such a
    redirect is reported and not followed. Targets are read as places come free.
    """
    egress = Egress(open_networks, proxy, user_agent, ca_file)
    run = _Run(iter(targets), min(concurrency, CONCURRENCY_CAP), deadline_s, egress, ports, resolve)
    try:
        yield from run.findings()
    finally:
        run.close()


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


class _Run(Generic[K]):
    def __init__(
        self,
        targets: Iterator[Target[K]],
        concurrency: int,
        deadline_s: float,
        egress: Egress,
        ports: Iterable[str],
        resolve: Resolve | None,
    ) -> None:
        self._targets = targets
        self._more = True
        self._ports = frozenset(str(port) for port in ports)
        self._deadline = deadline_s
        self._egress = egress
        self._resolve = resolve
        self._multi: Any = pycurl.CurlMulti()
        self._idle = [Handle(egress, round(deadline_s * 1000)) for _ in range(concurrency)]
        self._busy: dict[Any, tuple[Handle, _Job[K]]] = {}
        self._lanes: dict[bytes | str, deque[Target[K]]] = {}
        self._waiting = 0
        self._out: deque[tuple[K, Finding]] = deque()
        self._naming: dict[Future[tuple[str, ...]], tuple[_Job[K], Place]] = {}
        self._threads: ThreadPoolExecutor | None = None

    def findings(self) -> Iterator[tuple[K, Finding]]:
        multi = self._multi
        while True:
            self._fill()
            while self._out:
                yield self._out.popleft()
            if not (self._busy or self._naming or self._more):
                return
            multi.perform()
            if not (self._collect() | self._named()):
                multi.select(0.05)

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        for curl, (handle, _) in self._busy.items():
            self._multi.remove_handle(curl)
            self._idle.append(handle)
        for handle in self._idle:
            handle.curl.close()
        self._multi.close()

    def _fill(self) -> None:
        while self._more and self._idle and self._waiting < READ_AHEAD:
            target = next(self._targets, None)
            if target is None:
                self._more = False
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
        if job.address:
            if not self._egress.allows(job.address):
                return Fault.FORBIDDEN_ADDRESS
        elif not (self._egress.names_travel and job.target.host.endswith(".onion")):
            return Fault.PROXY
        if not port_allowed(job.port, self._ports, job.target.port):
            return Fault.FORBIDDEN_PORT
        return None if names_port(job.url, job.port) else Fault.OURS

    def _start(self, job: _Job[K]) -> None:
        handle = self._idle.pop()
        left = self._deadline
        if job.hops or not job.verify:
            left = max(0.001, self._deadline - (monotonic() - job.began))
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
                if there is not None and relates in FOLLOWED and self._follow(job, relates, there):
                    return
                fields["location"] = relates
        self._finish(job, fields, fault)

    def _has_time(self, job: _Job[K]) -> bool:
        return monotonic() - job.began < self._deadline

    def _follow(self, job: _Job[K], relates: Relation, there: Place) -> bool:
        """Starts the next hop; False where it is not to be followed, and then it is a finding."""
        if job.hops >= MAX_HOPS or not self._has_time(job):
            return False
        if relates is Relation.WWW:
            if self._resolve is None or not job.address:
                return False
            if self._threads is None:
                self._threads = ThreadPoolExecutor(8, "resolve")
            self._naming[self._threads.submit(self._resolve, there.host)] = (job, there)
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
        for future in ready:
            if not self._idle:
                return True
            job, there = self._naming.pop(future)
            answers = () if future.exception() else future.result()
            if not answers or not self._has_time(job):
                self._finish(job, {"status": 302, "location": Relation.WWW}, None)
            elif not all_allowed(answers, self._egress.open_networks):
                self._finish(job, {}, Fault.FORBIDDEN_ADDRESS)
            else:
                self._hop(job, there, answers[0])
        return bool(ready)

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
        queue = self._lanes[job.lane]
        if queue:
            self._waiting -= 1
            self._begin(queue.popleft(), job.lane)
        else:
            del self._lanes[job.lane]
