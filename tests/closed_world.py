"""A whole installation beside a small internet: real database, DNS, RDAP, SMTP and HTTP sockets."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.settings import load
from sandbox import Running
from takedown import flow, wiring
from takedown.flow.ports import Ports

ROOT = Path(__file__).parents[1]
WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)  # no provider of the small internet has an outage


@dataclass(slots=True)
class Clock:
    """A time that a test turns, for us and for the small internet."""

    now: datetime
    town: Running | None = None

    def __call__(self) -> datetime:
        return self.now

    def to(self, at: datetime) -> None:
        self.now = at
        if self.town is not None:
            self.town.clock(at)

    def by(self, **span: float) -> None:
        self.to(self.now + timedelta(**span))


@dataclass(slots=True)
class House:
    """An installation: its environment, its commands, its processes, its ports."""

    home: Path
    env: dict[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "takedown", *words]

    def start(self, *command: str, stderr: Path | None = None) -> subprocess.Popen[str]:
        """A process of this installation; ended with the test."""
        with (stderr or Path(os.devnull)).open("a") as said:
            child = subprocess.Popen(
                command,
                env=self.env,
                cwd=ROOT,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        self.started.append(child)
        return child

    def scheduler(self, stderr: Path | None = None) -> subprocess.Popen[str]:
        return self.start(sys.executable, "-m", "scheduler", stderr=stderr)

    def run(self, *words: str, feed: str | None = None) -> subprocess.CompletedProcess[str]:
        """A command, to its end."""
        return subprocess.run(
            self.command(*words),
            env=self.env,
            cwd=ROOT,
            text=True,
            input=feed,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def ask(self, *words: str, feed: str | None = None) -> Any:
        """What a command answers under --json; it must have gone well."""
        done = self.run(*words, "--json", feed=feed)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def ports(self, clock: Callable[[], datetime]) -> Iterator[Ports]:
        """The ports of this installation in this process, with a clock that a test turns."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.env.items():
                if name.startswith("TAKEDOWN_"):
                    patch.setenv(name, value)
            made = wiring.build_ports(load())
        try:
            yield replace(made, clock=clock)
        finally:
            made.sessions.kw["bind"].dispose()

    def end(self) -> None:
        for child in self.started:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in self.started:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(10)


@contextmanager
def house(home: Path, town: Running, **settings: str) -> Iterator[House]:
    """An installation whose every endpoint is the small internet's; `settings` override.

    A setting of "" is left unset.
    """
    world = {
        "TAKEDOWN_HOME": str(home),
        "TAKEDOWN_HOTLINE__COUNTRY": "CA",
        "TAKEDOWN_HOTLINE__PRESET": "global",
        "TAKEDOWN_HOTLINE__NAME": "Example Hotline",
        "TAKEDOWN_MAIL__FROM": "notices@hotline.example",
        "TAKEDOWN_MAIL__SMTP_URL": town.endpoints["smtp"],
        "TAKEDOWN_MAIL__INBOX_FOLDER": town.endpoints["answers"],
        "TAKEDOWN_LOOKUP__DNS_SERVERS": town.endpoints["dns"],
        "TAKEDOWN_LOOKUP__RDAP_URL": town.endpoints["rdap"],
        "TAKEDOWN_LOOKUP__ASN_TABLE": town.endpoints["asn_table"],
        "TAKEDOWN_LOOKUP__DEADLINE_S": "3",
        "TAKEDOWN_CHECKS__OPEN_NETWORKS": town.endpoints["networks"],
        "TAKEDOWN_LOOKUP__REGISTRY_RATE": "0",
        "TAKEDOWN_CHECKS__HOST_INTERVAL_S": "0",
        "TAKEDOWN_CHECKS__DEADLINE_S": "1",
        "TAKEDOWN_METRICS__PORT": "0",
    }
    given = {name: value for name, value in {**world, **settings}.items() if value}
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TAKEDOWN_", "PG"))}
    made = House(home, {**clean, "PYTHONPATH": str(ROOT), **given})
    try:
        yield made
    finally:
        made.end()


def on(database: tuple[str, str]) -> dict[str, str]:
    """The settings for a database of the test's own (owner, application)."""
    return {"TAKEDOWN_DATABASE__OWNER_URL": database[0], "TAKEDOWN_DATABASE__URL": database[1]}


def stages(ports: Ports, *names: str) -> None:
    """Run these stages once, in order; all without names."""
    for name in names or flow.STAGES:
        flow.run(ports, name)
