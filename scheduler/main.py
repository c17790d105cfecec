"""A clock in its own process: APScheduler runs the stages of `flow` until SIGTERM or SIGINT."""

import logging
import signal
import sys
import threading
from datetime import UTC
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from config.settings import load
from scheduler.timetable import TIMETABLE
from takedown import flow, wiring
from takedown.errors import TakedownError

_log = logging.getLogger("takedown.scheduler")


def main() -> None:
    """Run the timetable until told to stop; a stage that fails is tried again at its next turn."""
    try:
        ports = wiring.build_ports(load(), by="scheduler")
    except TakedownError as failed:
        sys.exit(f"{type(failed).__name__}: {failed}")
    clock = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(len(TIMETABLE))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    for job in TIMETABLE:
        clock.add_job(
            turn, "interval", (ports, job.stage), id=job.stage, name=job.name, seconds=job.every
        )
    stop = threading.Event()

    def told(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    clock.start()
    stop.wait()
    clock.shutdown(wait=True)


def turn(ports: flow.Ports, stage: str) -> None:
    """One turn of a stage. Errors are named, never quoted: their texts may hold a location."""
    try:
        flow.run(ports, stage)
    except Exception as failed:  # the next turn tries again; the heartbeat row names it too
        _log.error("stage %s failed: %s", stage, type(failed).__name__)
