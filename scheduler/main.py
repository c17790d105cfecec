"""A clock in its own process: APScheduler runs the stages of `flow` until SIGTERM or SIGINT."""

import logging
import os
import signal
import sys
import threading
from datetime import UTC
from types import FrameType
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from config.settings import load
from scheduler import metrics
from scheduler.engine import Engine
from scheduler.timetable import TIMETABLE, Job
from takedown import flow, wiring
from takedown.errors import TakedownError

STOP_WITH_STDIN: Final = "--stop-with-stdin"

_log = logging.getLogger("takedown.scheduler")


def main() -> None:
    """Run the timetable until told to stop; a stage that fails is tried again at its next turn.

    With `--stop-with-stdin` the end of standard input is such a word too.
    """
    settings = load()
    try:
        ports = wiring.build_ports(settings, by="scheduler")
    except TakedownError as failed:
        sys.exit(f"{type(failed).__name__}: {failed}")
    broker = settings.engine.broker_url
    engine = Engine(broker.get_secret_value()) if broker is not None else None
    clock = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(len(TIMETABLE))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    stop = threading.Event()
    for job in TIMETABLE:
        clock.add_job(
            turn,
            "interval",
            (ports, job, stop, engine),
            id=job.stage,
            name=job.name,
            seconds=job.every,
        )

    def told(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    if STOP_WITH_STDIN in sys.argv[1:]:
        threading.Thread(target=_until_alone, args=(stop,), daemon=True).start()
    clock.start()
    if settings.metrics.port:
        metrics.serve(ports, settings.metrics.host, settings.metrics.port)
    stop.wait()
    clock.shutdown(wait=True)


def _until_alone(stop: threading.Event) -> None:
    """Stop when whoever started us is gone, even by a signal that it could not catch."""
    while os.read(0, 1024):
        pass
    stop.set()


def turn(ports: flow.Ports, job: Job, stop: threading.Event, engine: Engine | None = None) -> None:
    """One turn of a stage: portions of what is due until all is done, or told to stop.

    Where there is more than one portion, workers are called to help. Errors are named, never
    quoted: their texts may hold a location.
    """
    try:
        if engine is not None and job.stage in flow.WAITING:
            engine.call(job, flow.WAITING[job.stage](ports))
        while not stop.is_set():
            if flow.run(ports, job.stage, limit=job.most, every=job.every).done < job.most:
                break
    except Exception as failed:  # the next turn tries again; the heartbeat row names it too
        _log.error("stage %s failed: %s", job.stage, type(failed).__name__)
