"""The sender killed with SIGKILL at each step: nothing lost, nothing doubled without its mark."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from signal import SIGKILL

import pytest
from cast import CLOSED, HOTLINE, Cast
from sqlalchemy import select

from takedown.db import Sessions, committing
from takedown.outbox.approve import approve
from takedown.outbox.compose import compose
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.vault import Vault

HERE = Path(__file__).parent


class Outbox:
    """Approved notices, a mail server in its own process, and senders that are started at will."""

    def __init__(
        self, sessions: Sessions, vault: Vault, url: str, folder: Path, now: datetime
    ) -> None:
        self.sessions, self.vault, self.url, self.now = sessions, vault, url, now
        self.keys = folder / "keys" / "months.json"
        self.received = folder / "received"
        self.received.mkdir()
        self.port = 0

    def approved(self, notices: int) -> None:
        with committing(self.sessions) as session:
            cast = Cast(session, self.vault, self.now)
            route = cast.route()
            for n in range(notices):
                provider = cast.provider(f"Provider {n}")
                cast.contact(provider, f"abuse@provider{n}.example")
                cast.known(f"https://media{n}.example.test/{n}.jpg", provider, route)
            composed = compose(
                *(session, self.vault, HOTLINE, CLOSED),
                look_up=lambda session, urls: {},
                now=self.now,
            )
            answers = approve(
                *(session, self.vault, HOTLINE, CLOSED, composed.notices),
                look_up=lambda session, urls: {},
                actor="user:alice",
                supervisor=False,
                now=self.now,
            )
        assert [answer.approved for answer in answers] == [True] * notices

    def start(self, step: str = "never", nth: int = 1) -> subprocess.Popen[bytes]:
        command = [
            *(sys.executable, str(HERE / "dying_sender.py"), self.url, str(self.keys)),
            *(str(self.port), self.now.isoformat(), step, str(nth)),
        ]
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
        return subprocess.Popen(command, env=environment)

    def send(self, step: str = "never", nth: int = 1) -> int:
        return self.start(step, nth).wait(timeout=60)

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)

    def statuses(self) -> Counter[str]:
        with self.sessions() as session:
            return Counter(session.scalars(select(Delivery.status)))

    def marked(self) -> dict[str, bool]:
        """Message-ID -> whether its delivery bears the mark of a possible duplicate."""
        with self.sessions() as session:
            rows = session.execute(
                select(Notice.message_id, Delivery.possible_duplicate).join(
                    Delivery, Delivery.notice_id == Notice.id
                )
            )
            return {row.message_id: row.possible_duplicate for row in rows}

    def arrived(self) -> Counter[str]:
        """How often each Message-ID was accepted by the server."""
        return Counter(
            message_from_bytes(file.read_bytes())["Message-ID"] for file in self.received.iterdir()
        )


@pytest.fixture
def outbox(
    sessions: Sessions, vault: Vault, database: tuple[str, str], tmp_path: Path, now: datetime
) -> Iterator[Outbox]:
    made = Outbox(sessions, vault, database[1], tmp_path, now)
    command = [sys.executable, str(HERE / "mail_sink.py"), str(made.received)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        made.port = int(server.stdout.readline())
        yield made
        server.terminate()


def test_killed_before_arming_nothing_had_left_and_it_leaves_once(outbox: Outbox) -> None:
    outbox.approved(1)
    assert outbox.send("before_arm") == -SIGKILL
    assert outbox.statuses() == {DeliveryStatus.CLAIMED: 1}
    outbox.pass_time(minutes=1)
    assert outbox.send() == 0
    assert outbox.arrived().total() == 0
    outbox.pass_time(minutes=5)
    assert outbox.send() == 0
    assert outbox.statuses() == {DeliveryStatus.SENT: 1}
    assert list(outbox.arrived().values()) == [1]
    assert list(outbox.marked().values()) == [False]


@pytest.mark.parametrize(("step", "copies"), [("after_arm", 1), ("after_dot", 2)])
def test_killed_once_armed_it_is_repeated_with_its_mark_after_half_an_hour(
    outbox: Outbox, step: str, copies: int
) -> None:
    outbox.approved(1)
    assert outbox.send(step) == -SIGKILL
    assert outbox.statuses() == {DeliveryStatus.SENDING: 1}
    outbox.pass_time(minutes=6)
    assert outbox.send() == 0
    assert outbox.statuses() == {DeliveryStatus.UNCERTAIN: 1}
    assert outbox.arrived().total() == copies - 1
    outbox.pass_time(minutes=30)
    assert outbox.send() == 0
    assert outbox.statuses() == {DeliveryStatus.SENT: 1}
    assert list(outbox.arrived().values()) == [copies]
    assert list(outbox.marked().values()) == [True]


def test_four_senders_at_once_killed_again_and_again_lose_and_double_nothing(
    outbox: Outbox,
) -> None:
    outbox.approved(60)
    drawn = random.Random(7)
    steps = ["before_arm", "after_arm", "after_dot"]
    killed = 0
    for _ in range(2):
        senders = [outbox.start(drawn.choice(steps), drawn.randint(1, 4)) for _ in range(4)]
        killed += sum(sender.wait(timeout=60) == -SIGKILL for sender in senders)
        outbox.pass_time(minutes=6)
    for _ in range(2):
        assert outbox.send() == 0
        outbox.pass_time(minutes=36)
    assert killed == 8
    assert outbox.statuses() == {DeliveryStatus.SENT: 60}
    arrived, marked = outbox.arrived(), outbox.marked()
    assert set(arrived) == set(marked)
    assert all(arrived[one] == 1 for one, mark in marked.items() if not mark)
    assert all(arrived[one] in (1, 2) for one, mark in marked.items() if mark)
    assert 0 < sum(marked.values()) <= killed
