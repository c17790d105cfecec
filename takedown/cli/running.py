"""`takedown run`, `serve`, `schedule`, `worker`: pages, clock and hands, together or apart."""

import os
import signal
import subprocess
import sys
from typing import Any, Final

import click
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.util import import_app

from config.settings import Settings
from takedown import wiring
from takedown.cli import door


@click.command()
def run() -> None:
    """Serve the pages and run the scheduler, until stopped."""
    settings = door.settings()
    wiring.build_ports(settings)
    command = [sys.executable, "-m", "scheduler", "--stop-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        try:
            _serve(settings)
        finally:
            child.send_signal(signal.SIGTERM)


@click.command()
def serve() -> None:
    """Serve the pages alone."""
    settings = door.settings()
    wiring.build_ports(settings)
    _serve(settings)


@click.command()
def schedule() -> None:
    """Run the scheduler alone."""
    door.settings()
    os.execv(sys.executable, [sys.executable, "-m", "scheduler"])


@click.command()
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
def worker(processes: int) -> None:
    """Take portions of work that a scheduler hands out through the broker, until stopped."""
    settings = door.settings()
    if settings.engine.broker_url is None:
        raise door.Refused("TAKEDOWN_ENGINE__BROKER_URL is not set", 2)
    wiring.build_ports(settings).sessions.kw["bind"].dispose()
    os.execv(sys.executable, [sys.executable, "-m", "scheduler.worker", str(processes)])


def _serve(settings: Settings) -> None:
    where = bind_to(settings.web.host, settings.web.port)
    click.echo(f"serving on http://{where} in {settings.mode}", err=True)
    _Server(settings, where).run()


def bind_to(host: str, port: int) -> str:
    """`host:port` as a URL and gunicorn write it; an IPv6 address stands in brackets."""
    bare = host.strip("[]")
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"


class _Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's log without requests: it quotes what it cannot read, and what failed."""

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """The kind of error alone."""
        self.error_log.error("the web server failed: %s", type(sys.exc_info()[1]).__name__)


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, told by our settings alone; its access log is off: it would print queries."""

    def __init__(self, settings: Settings, bind: str) -> None:
        self._web, self._bind = settings.web, bind
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": self._bind,
            "workers": self._web.workers,
            "threads": self._web.threads,
            "worker_class": "gthread",
            "accesslog": None,
            "loglevel": "error",
            "logger_class": _Log,
            "graceful_timeout": 10,
            "timeout": 120,
            "proc_name": "takedown",
            "control_socket_disable": True,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return import_app("takedown.wsgi:application()")


COMMANDS: Final = (run, serve, schedule, worker)
