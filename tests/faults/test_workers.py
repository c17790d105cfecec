"""Three clocks and two workers share one database while the broker, a worker and the database's
server die under them: what is due is done once, and nothing is lost."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL

import pytest
from closed_world import Clock, House, house, stages
from embedded_homes import new_home, postmaster
from free_ports import free_port
from patience import eventually
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from sandbox import Running
from takedown.flow.ports import Ports

URLS = 2_500  # more than a portion, so that workers are called
LEASE = timedelta(minutes=11)  # of a host's look-up; a lane's is shorter

HOSTS_LEFT = "SELECT count(*) FROM hosts WHERE locate_due_at IS NOT NULL AND locate_token IS NULL"
URLS_LEFT = """
SELECT count(*) FROM check_state c JOIN lanes l ON l.key = c.lane
WHERE c.verdict IS NULL AND c.next_check_at IS NOT NULL AND l.token IS NULL
"""
UNSEEN = "SELECT count(*) FROM check_state WHERE verdict IS NULL AND next_check_at IS NOT NULL"
DUE = "SELECT count(*) FROM check_state WHERE next_check_at IS NOT NULL"
NEVER = """
SELECT count(*) FROM check_state c WHERE next_check_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM checks WHERE checks.url_id = c.url_id)
"""
TWICE = """
SELECT count(*) FROM checks c
JOIN (SELECT url_id, min(at) AS at, min(id) AS id FROM checks GROUP BY url_id) f USING (url_id)
WHERE c.id <> f.id AND c.at < f.at + interval '50 seconds'
"""  # the second look comes a minute after the first


class Broker:
    """A Redis on loopback that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly"]
        self._process = subprocess.Popen(
            ["redis-server", *words, "no", "--dir", str(self._folder)], stdout=subprocess.DEVNULL
        )
        eventually(self._answers, 10)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as door:
            return door.connect_ex(("127.0.0.1", self.port)) == 0


class Town:
    """An installation on the embedded database, its broker, and the small internet."""

    def __init__(self, ours: House, broker: Broker, said: Path) -> None:
        self.ours, self.broker, self.said = ours, broker, said

    def worker(self) -> subprocess.Popen[str]:
        return self.ours.start(sys.executable, "-m", "scheduler.worker", "1", stderr=self.said)

    def scheduler(self) -> subprocess.Popen[str]:
        return self.ours.scheduler(stderr=self.said)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    broker = Broker(tmp_path)
    broker.start()
    with ExitStack() as stack:
        stack.callback(broker.stop)
        home = stack.enter_context(new_home())
        small = stack.enter_context(Running(tmp_path / "town"))
        settings = {"TAKEDOWN_ENGINE__BROKER_URL": broker.url}
        ours = stack.enter_context(house(home, small, **settings))
        ours.ask("init")
        rows = "\n".join(str(row["url"]) for row in small.urls(URLS))
        assert ours.ask("register", "-", feed=rows)["registered"] == URLS
        with ours.ports(real) as ports:
            stages(ports, "locate")
        yield Town(ours, broker, tmp_path / "said")


def real() -> datetime:
    return datetime.now(UTC)


def seen(ports: Ports) -> int:
    return ask(ports, "SELECT count(*) FROM check_state WHERE verdict IS NOT NULL")


def still(ports: Ports) -> bool:
    """Whether all is looked up and seen but what the dead hold until their leases run out."""
    with suppress(OperationalError):
        return not ask(ports, HOSTS_LEFT) and not ask(ports, URLS_LEFT)
    return False


def ask(ports: Ports, question: str) -> int:
    with ports.sessions() as session:
        return int(session.scalar(text(question)) or 0)


@pytest.mark.timeout(300)
def test_what_is_due_is_done_once_whatever_dies(
    town: Town, record_property: Callable[[str, object], None]
) -> None:
    with town.ours.ports(real) as ports:
        clocks = [town.scheduler() for _ in range(3)]
        first, second = town.worker(), town.worker()
        eventually(lambda: seen(ports) > URLS // 10, 90)
        first.send_signal(SIGKILL)
        assert first.wait(10) == -SIGKILL
        town.broker.stop()
        eventually(lambda: seen(ports) > URLS // 2, 90)
        server = postmaster(town.ours.home)
        assert server is not None
        os.kill(server, SIGKILL)
        town.broker.start()
        eventually(lambda: still(ports), 120)
        for child in (*clocks, second):
            assert child.poll() is None, "one did not outlive what happened around it"
            child.terminate()
        for child in (*clocks, second):
            child.wait(60)
        early = seen(ports)
    with town.ours.ports(Clock(real() + LEASE)) as ports:
        stages(ports, "locate", "check")
        counts = {
            "due": ask(ports, DUE),
            "looked at in time": early,
            "caught up once": seen(ports) - early,
            "twice in one slot": ask(ports, TWICE),
            "lost": ask(ports, UNSEEN),
            "never looked at": ask(ports, NEVER),
        }
    for name, count in counts.items():
        record_property(name, count)
        print(f"{name}: {count}")  # noqa: T201 - the figures are the point, with -s
    assert counts["due"] > 0.9 * URLS, "some are not to be looked at before the police agree"
    assert counts["looked at in time"] + counts["caught up once"] == counts["due"]
    assert counts["twice in one slot"] == counts["lost"] == counts["never looked at"] == 0
    assert "example" not in town.said.read_text() and ".test" not in town.said.read_text()
