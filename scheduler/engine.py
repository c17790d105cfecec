"""The stages that several machines share, as Celery tasks.

A message names a stage and how much of it; what is due, and whose it is, the leased rows say. So
a message that is lost, doubled or stale does nothing wrong, and what no worker takes, the clock's
own turns drain.
"""

import logging
import uuid
from functools import cache
from math import ceil
from typing import Final

from celery import Celery
from kombu.exceptions import OperationalError

from config.settings import load
from scheduler.timetable import TIMETABLE, Job
from takedown import flow, wiring

MOST_CALLS: Final = 32  # messages of one turn
_TASK: Final = "takedown.portion"
_SOCKET_S: Final = 2  # a broker that hangs must not keep the clock

_log = logging.getLogger("takedown.engine")


class Engine:
    """The way to the workers of other machines. `broker_url`: Redis or RabbitMQ."""

    def __init__(self, broker_url: str) -> None:
        self.app = make(broker_url)
        self._down = False

    def call(self, job: Job, due: int) -> int:
        """Ask workers for what is due beyond this clock's own portion; how many were asked.

        A broker that is down is no error: the clock goes on by itself.
        """
        calls = min(ceil(due / job.most) - 1, MOST_CALLS)
        if calls < 1:
            return 0
        try:
            for _ in range(calls):
                batch = str(uuid.uuid4())
                self.app.send_task(_TASK, (job.stage, batch), expires=2 * job.every, retry=False)
        except (OperationalError, OSError) as failed:
            if not self._down:
                _log.error("the broker cannot be reached: %s", type(failed).__name__)
            self._down = True
            return 0
        self._down = False
        return calls


def make(broker_url: str) -> Celery:
    """The Celery application, without results, remote control or events: ids alone go out."""
    app = Celery("takedown", broker=broker_url)
    app.conf.update(
        accept_content=["json"],
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "socket_timeout": 30,
            "socket_connect_timeout": _SOCKET_S,
        },
        task_default_delivery_mode="transient",
        task_default_queue="takedown",
        task_ignore_result=True,
        task_publish_retry=False,
        task_store_errors_even_if_ignored=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_prefetch_multiplier=1,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
    )
    app.task(portion, name=_TASK)
    return app


def portion(stage: str, batch: str) -> None:
    """One portion of a stage, on whichever machine. Errors are named, never quoted."""
    job = next((one for one in TIMETABLE if one.stage == stage), None)
    if job is None or stage not in flow.WAITING:
        _log.error("batch %.36s asks for no stage of ours", batch)
        return
    try:
        flow.run(_ports(), stage, limit=job.most)
    except Exception as failed:  # its leases run out and somebody else takes them
        _log.error("stage %s failed in batch %.36s: %s", stage, batch, type(failed).__name__)


@cache
def _ports() -> flow.Ports:
    """Made in the process that works: connections do not survive a fork."""
    return wiring.build_ports(load(), by="worker")
