"""`/metrics` on a port of its own (Prometheus): counts and ages; no location in any label."""

import logging
import threading
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Final
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from takedown.checks.backlog import Backlog, measure
from takedown.flow import Ports
from takedown.heartbeats import Heartbeat

AGAIN_S: Final = 5.0  # figures are good for so long, whoever asks how often

_log = logging.getLogger("takedown.metrics")


def serve(ports: Ports, host: str, port: int) -> WSGIServer | None:
    """Answer on `host`:`port` from a thread; a port that is taken is said, and nothing else is
    kept from running."""
    registry = CollectorRegistry()
    registry.register(House(ports))
    try:
        server, _ = start_http_server(port, host, registry)
    except OSError:
        _log.warning("metrics are not served: their port is taken")
        return None
    return server


class House(Collector):
    """The figures of this installation, read from its rows when they are asked for."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._known: list[Gauge] = []
        self._until = 0.0

    def collect(self) -> list[Gauge]:
        """What is due, what each vantage point did, and when each stage ran last."""
        with self._lock:
            if monotonic() >= self._until:
                self._known = list(self._read())
                self._until = monotonic() + AGAIN_S
            return self._known

    def _read(self) -> Iterator[Gauge]:
        ports, now = self._ports, self._ports.clock()
        try:
            with ports.sessions() as session:
                backlog = measure(session, ports.probing.vantages, now)
                beats = session.scalars(select(Heartbeat).order_by(Heartbeat.stage)).all()
        except SQLAlchemyError:
            yield Gauge("takedown_database_up", "Whether the database answers.", 0)
            return
        yield Gauge("takedown_database_up", "Whether the database answers.", 1)
        yield from _waiting(backlog, now.timestamp())
        yield from _vantages(backlog)
        yield from _stages(beats)


def _waiting(backlog: Backlog, now: float) -> Iterator[Gauge]:
    due = Gauge("takedown_checks_due", "Urls to be looked at now.", labels=["kind"])
    overdue = Gauge(
        "takedown_checks_overdue", "Of these, by more than an anchor's window.", labels=["kind"]
    )
    oldest = Gauge("takedown_checks_oldest_seconds", "How long the first waits.", labels=["kind"])
    for kind, waiting in (("anchor", backlog.anchors), ("other", backlog.others)):
        due.add_metric([kind], waiting.due)
        overdue.add_metric([kind], waiting.overdue)
        age = now - waiting.oldest.timestamp() if waiting.oldest else 0.0
        oldest.add_metric([kind], age)
    yield from (due, overdue, oldest)


def _vantages(backlog: Backlog) -> Iterator[Gauge]:
    rate = Gauge(
        "takedown_checks_per_second", "Checks over the last five minutes.", labels=["vantage"]
    )
    hour = Gauge("takedown_checks_last_hour", "Checks in the last hour.", labels=["vantage"])
    silent = Gauge(
        "takedown_checks_unanswered_last_hour", "Of these, no host answered.", labels=["vantage"]
    )
    last = Gauge("takedown_checks_last_timestamp_seconds", "The last one.", labels=["vantage"])
    for one in backlog.vantages:
        rate.add_metric([one.name], one.a_second)
        hour.add_metric([one.name], one.hour)
        silent.add_metric([one.name], one.silent)
        if one.last is not None:
            last.add_metric([one.name], one.last.timestamp())
    yield from (rate, hour, silent, last)


def _stages(beats: Sequence[Heartbeat]) -> Iterator[Gauge]:
    said = (
        ("last_timestamp_seconds", "When each stage last ran.", lambda one: one.at.timestamp()),
        ("seconds", "How long it took.", lambda one: one.seconds),
        ("done", "How much it did.", lambda one: one.done),
        ("failed", "How much of it failed.", lambda one: one.failed),
        ("left", "How much was left.", lambda one: one.left),
        ("error", "1 where it ended with an error.", lambda one: one.error is not None),
    )
    for name, help_, value in said:
        gauge = Gauge(f"takedown_stage_{name}", help_, labels=["stage"])
        for beat in beats:
            gauge.add_metric([beat.stage], float(value(beat)))
        yield gauge
