"""What each mode lets out of the house, counted by the small internet that would be spoken to.

The endpoints are the small internet's, yet this is no closed world: either its networks aren't
opened, or one endpoint more lies elsewhere. So the mode alone says what leaves.
"""

import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from closed_world import WEDNESDAY, Clock, House, house, on, stages
from patience import eventually
from sqlalchemy import select

from sandbox import Running
from takedown import cli, heartbeats
from takedown.audit import AuditEntry
from takedown.db import committing
from takedown.flow.case import cases, find
from takedown.flow.notify import approve
from takedown.flow.ports import Ports
from takedown.hosts.book import Desk, contacts
from takedown.hosts.models import Contact
from takedown.outbox import queries
from takedown.outbox.models import DeliveryStatus, Notice, NoticeStatus
from takedown.urls.models import Url, UrlStatus
from takedown.urls.normalise import registrable_domain

NOT_OPENED = {"TAKEDOWN_CHECKS__OPEN_NETWORKS": ""}
ELSEWHERE = {"TAKEDOWN_MAIL__IMAP_URL": "imaps://desk:secret@192.0.2.1"}
OURS = ("dns", "rdap", "web", "smtp", "api")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "town") as town:
        yield town


def spoken_to(town: Running) -> dict[str, int]:
    counted = town.connections()
    return {name: counted[name] for name in OURS if counted[name]}


@pytest.mark.parametrize("world", [NOT_OPENED, ELSEWHERE], ids=["not opened", "elsewhere"])
def test_in_rehearsal_no_packet_leaves_for_a_registered_location(
    town: Running, database: tuple[str, str], tmp_path: Path, world: dict[str, str]
) -> None:
    rows = "\n".join(str(row["url"]) for row in town.urls(20))
    with house(tmp_path / "home", town, **{**on(database), **world}) as ours:
        ours.ask("init")
        assert ours.ask("register", "-", feed=rows)["registered"] == 20
        with ours.ports(Clock(WEDNESDAY + timedelta(days=400))) as ports:  # all is long due
            stages(ports)
            with ports.sessions() as session:
                assert set(session.scalars(select(Url.status))) == {UrlStatus.REGISTERED}
                assert session.scalars(select(Notice)).all() == []
    assert spoken_to(town) == {}


def test_in_rehearsal_the_scheduler_lets_nothing_out_either(
    town: Running, database: tuple[str, str], tmp_path: Path
) -> None:
    rows = "\n".join(str(row["url"]) for row in town.urls(20))
    with house(tmp_path / "home", town, **{**on(database), **ELSEWHERE}) as ours:
        ours.ask("init")
        ours.ask("register", "-", feed=rows)
        ours.scheduler()
        with ours.ports(Clock(WEDNESDAY)) as ports:
            for stage in ("locate", "check", "send"):
                eventually(lambda stage=stage: has_run(ports, stage), 40)
    assert spoken_to(town) == {}


def has_run(ports: Ports, stage: str) -> bool:
    """Whether the scheduler has run a stage."""
    with ports.sessions() as session:
        beat = session.get(heartbeats.Heartbeat, stage, populate_existing=True)
        return beat is not None and beat.by == "scheduler" and beat.error is None


@pytest.fixture
def watcher(town: Running, database: tuple[str, str], tmp_path: Path) -> Iterator[House]:
    settings = {**on(database), **ELSEWHERE, "TAKEDOWN_MODE": "observe"}
    with house(tmp_path / "home", town, **settings) as ours:
        ours.ask("init")
        yield ours


def test_when_observing_it_looks_and_probes_and_the_mail_stays_in_the_house(
    town: Running, watcher: House
) -> None:
    clock = Clock(WEDNESDAY, town)
    clock.to(WEDNESDAY)
    (row,) = town.urls(1, provider="stonewall")
    (url_id,) = watcher.ask("register", "-", feed=str(row["url"]))["ids"]
    with watcher.ports(clock) as ports:
        clock.to(WEDNESDAY + timedelta(days=365))
        stages(ports, "locate", "check")
        clock.by(minutes=1)
        stages(ports, "check")
        say_yes_to_contacts(ports)
        stages(ports, "compose")
        say_yes_to_notices(ports)
        stages(ports, "send", "follow-up")
        spoken = spoken_to(town)
        assert {"dns", "rdap", "web"} <= spoken.keys()
        assert "smtp" not in spoken
        assert town.ledger() == []
        with ports.sessions() as session:
            url = find(session, url_id)
            assert url is not None
            (case,) = cases(session, ports.vault, [url])
            notice = queries.by_number(session, case["notices"][0]["number"])
            assert notice is not None
            readable = queries.would_have_left(ports.vault, notice)
            log = [entry.action for entry in session.scalars(select(AuditEntry))]
        assert readable is not None
        assert b"abuse@stonewall.example" in readable
        assert (notice.status, notice.accepted_by) == (NoticeStatus.ACCEPTED, "rehearsal")
        assert [one.status for one in notice.deliveries] == [DeliveryStatus.SENT]
        assert case["status"] == "located"
        assert case["episodes"][0]["notified_at"] is None
        assert "notice.rehearsed" in log
        assert "notice.sent" not in log


def say_yes_to_contacts(ports: Ports) -> None:
    with committing(ports.sessions) as session:
        desk = Desk(session, ports.vault, "user:alice", ports.clock(), registrable_domain)
        for contact in session.scalars(select(Contact)):
            contacts.approve(desk, contact)


def say_yes_to_notices(ports: Ports) -> None:
    with committing(ports.sessions) as session:
        drafts = list(session.scalars(select(Notice.id)))
        answers = approve(session, ports, drafts, actor="user:alice", supervisor=True)
    assert [answer.approved for answer in answers] == [True]


@pytest.mark.parametrize(
    "words",
    [
        ("register", "-", "--now", "2026-03-04T12:00Z"),
        ("stage", "locate", "--now", "2026-03-04T12:00Z"),
        ("contacts", "approve", "--all"),
        ("contacts", "approve", "--all", "--now", "2026-03-04T12:00Z"),
        ("notices", "approve", "--all"),
        ("notices", "approve", "NTD-2026-000001"),
        ("url", "2026-000001", "--reveal"),
        ("urls", "--reveal"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("mode", ["rehearsal", "observe", "live"])
def test_outside_a_closed_world_this_is_refused(
    words: tuple[str, ...],
    mode: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TAKEDOWN_HOME", str(tmp_path))
    monkeypatch.setenv("TAKEDOWN_MODE", mode)
    monkeypatch.setenv("TAKEDOWN_HOTLINE__COUNTRY", "FR")
    monkeypatch.setenv("TAKEDOWN_HOTLINE__PRESET", "global")
    monkeypatch.setenv("TAKEDOWN_HOTLINE__NAME", "Desk")
    monkeypatch.setenv("TAKEDOWN_MAIL__FROM", "desk@hotline.example")
    monkeypatch.setattr(sys, "argv", ["takedown", *words])
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 2
    assert "closed world" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []  # refused before anything was opened
