"""The life of one Url, from a pasted line to its second removal asked for; all of it is real:
PostgreSQL, DNS, RDAP, SMTP and HTTP sockets, the commands as processes. Only the time is turned."""

import email
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from closed_world import WEDNESDAY, Clock, House, house, on, stages
from sqlalchemy import select

from sandbox import Running
from takedown import audit
from takedown.checks.models import CheckState
from takedown.flow.case import cases, find
from takedown.flow.ports import Ports
from takedown.outbox import queries
from takedown.outbox.models import DeliveryStatus

HOUR = timedelta(hours=1)
WINDOW = timedelta(minutes=15)
LOOK_AGAIN = timedelta(minutes=5)


class Life:
    """One Url, those who look after it, and the small internet that it lives in."""

    def __init__(self, town: Running, house: House, ports: Ports, clock: Clock) -> None:
        self.town, self.house, self.ports, self.clock = town, house, ports, clock
        town.script({"host": "media.story.test", "provider": "northhost"})
        self.location = f"http://media.story.test:{town.endpoints['web_port']}/i/aa/bb-0001.jpg"
        town.script({"url": self.location})
        self.id = ""

    def now(self) -> str:
        return self.clock.now.isoformat()

    def case(self) -> dict[str, Any]:
        with self.ports.sessions() as session:
            url = find(session, self.id)
            assert url is not None
            return cases(session, self.ports.vault, [url])[0]

    def will_be_removed(self, at: datetime, back: datetime) -> None:
        self.town.script(
            {"url": self.location, "remove_at": at.isoformat(), "return_at": back.isoformat()}
        )

    def due(self) -> datetime | None:
        with self.ports.sessions() as session:
            return session.scalar(select(CheckState.next_check_at))

    def live_until(self, end: datetime) -> None:
        """A look at each moment at which the Url wants one, and every stage at the end."""
        while self.clock.now < end:
            due = self.due() or end
            self.clock.to(min(max(due, self.clock.now + timedelta(seconds=1)), end))
            stages(self.ports, "check", "locate")
        stages(self.ports)

    def approve(self) -> list[str]:
        """A person's yes to what waits; the numbers of what was approved."""
        answer = self.house.ask("notices", "approve", "--all", "--now", self.now())
        stages(self.ports, "send")  # the gate may want a look first: it was too long ago
        self.live_until(self.clock.now + LOOK_AGAIN)
        return [item["number"] for item in answer["items"]]

    def message(self, number: str) -> EmailMessage:
        """The very bytes that left."""
        with self.ports.sessions() as session:
            notice = queries.by_number(session, number)
            assert notice is not None
            assert [one.status for one in notice.deliveries] == [DeliveryStatus.SENT]
            raw = queries.would_have_left(self.ports.vault, notice)
        assert raw is not None
        return email.message_from_bytes(raw, EmailMessage, policy=default)


@pytest.fixture
def life(database: tuple[str, str], tmp_path: Path) -> Iterator[Life]:
    with (
        Running(tmp_path / "town") as town,
        house(tmp_path / "home", town, **on(database)) as made,
    ):
        clock = Clock(WEDNESDAY, town)
        clock.to(WEDNESDAY)
        made.ask("init")
        with made.ports(clock) as ports:
            yield Life(town, made, ports, clock)


def test_the_life_of_a_url(life: Life) -> None:
    it_is_registered(life)
    its_host_is_located_and_its_route_decided(life)
    it_is_calibrated_and_seen_up(life)
    its_notice_waits_for_the_contact_and_for_a_person(life)
    its_notice_arrives_with_all_that_is_needed(life)
    it_stays_up_and_a_reminder_follows_a_day_later(life)
    its_removal_is_provisional_then_confirmed_and_dated_back(life)
    it_comes_back_and_is_noticed_anew(life)
    its_figures_are_told_and_the_log_holds(life)


def it_is_registered(life: Life) -> None:
    pasted = life.location.replace("http", "hxxp").replace(".", "[.]")
    answer = life.house.ask("register", "-", "--now", life.now(), feed=pasted)
    assert (answer["registered"], answer["repeated"], answer["refused"]) == (1, 0, [])
    (life.id,) = answer["ids"]
    again = life.house.ask("register", "-", "--now", life.now(), feed=life.location)
    assert (again["registered"], again["repeated"], again["ids"]) == (0, 1, [life.id])
    assert life.case()["status"] == "registered"


def its_host_is_located_and_its_route_decided(life: Life) -> None:
    stages(life.ports, "locate")
    case = life.case()
    assert case["status"] == "located"
    assert case["trace"]["provider"] == "Northhost"
    assert case["trace"]["asn"] == life.town.truth(life.location)["asn"]
    assert (case["trace"]["country"], case["trace"]["proxy"]) == ("NL", False)
    assert (case["route"]["kind"], case["route"]["status"]) == ("direct", "unverified")
    assert [one["outcome"] for one in case["episodes"]] == ["open"]
    assert case["episodes"][0]["notified_at"] is None


def it_is_calibrated_and_seen_up(life: Life) -> None:
    stages(life.ports, "check")
    assert life.case()["calibration"] == "pending"
    life.clock.by(minutes=1)
    stages(life.ports, "check")
    case = life.case()
    assert case["calibration"] == "calibrated"
    assert [spell["verdict"] for spell in case["spells"]] == ["up"]


def its_notice_waits_for_the_contact_and_for_a_person(life: Life) -> None:
    stages(life.ports, "compose", "send")
    assert life.case()["notices"] == []  # the contact was looked up, and nobody has said yes to it
    answer = life.house.ask("contacts", "approve", "abuse@northhost.example", "--now", life.now())
    assert answer == {"approved": 1, "own": 0}
    stages(life.ports, "compose", "send")
    assert [(one["kind"], one["status"]) for one in life.case()["notices"]] == [("first", "draft")]
    assert life.town.ledger() == []


def its_notice_arrives_with_all_that_is_needed(life: Life) -> None:
    notified = life.clock.now
    (number,) = life.approve()
    (arrived,) = life.town.ledger()
    assert arrived["recipient"] == "abuse@northhost.example"
    assert arrived["urls"] == [life.location]
    case = life.case()
    assert case["status"] == "notified"
    assert case["episodes"][0]["notified_at"] == notified
    assert case["episodes"][0]["accepted_by"] == "relay"
    message = life.message(number)
    assert message["Message-ID"] == arrived["message_id"]
    assert number in message["Subject"]
    body = message.get_body(("plain",))
    assert body is not None
    assert life.location not in body.get_content()
    reports = [
        json.loads(part.get_content())
        for part in message.iter_attachments()
        if part.get_content_type() == "application/json"
        or str(part.get_filename()).endswith("json")
    ]
    assert life.location in json.dumps(reports)
    assert "xarf_version" in json.dumps(reports)


def it_stays_up_and_a_reminder_follows_a_day_later(life: Life) -> None:
    notified = life.case()["episodes"][0]["notified_at"]
    life.will_be_removed(notified + 30 * HOUR, back=notified + 80 * HOUR)
    life.live_until(notified + 23 * HOUR)
    assert [one["kind"] for one in life.case()["notices"]] == ["first"]
    life.live_until(notified + 24 * HOUR + WINDOW)
    case = life.case()
    assert [(one["kind"], one["status"]) for one in case["notices"]] == [
        ("first", "accepted"),
        ("reminder", "draft"),
    ]
    assert [spell["verdict"] for spell in case["spells"]] == ["up"]
    assert case["spells"][0]["checks"] > 15
    (number,) = life.approve()
    first, reminder = life.town.ledger()
    assert life.message(number)["In-Reply-To"] == first["message_id"]
    assert reminder["urls"] == [life.location]
    assert reminder["copy"] == 0


def its_removal_is_provisional_then_confirmed_and_dated_back(life: Life) -> None:
    truth = datetime.fromisoformat(life.town.truth(life.location)["removed_at"])
    life.live_until(truth + 20 * HOUR)
    case = life.case()
    assert (case["status"], case["provisional"]) == ("notified", True)
    assert case["episodes"][0]["outcome"] == "open"
    life.live_until(truth + 40 * HOUR)
    case = life.case()
    (episode,) = case["episodes"]
    assert (case["status"], case["provisional"]) == ("removed", False)
    assert (episode["outcome"], episode["removed_by"]) == ("removed", "host")
    last_up, first_down, confirmed = (
        episode[name] for name in ("last_up_at", "first_down_at", "confirmed_at")
    )
    assert last_up < truth <= first_down
    assert confirmed - first_down >= 24 * HOUR
    assert [spell["verdict"] for spell in case["spells"]] == ["up", "down"]


def it_comes_back_and_is_noticed_anew(life: Life) -> None:
    removed = datetime.fromisoformat(life.town.truth(life.location)["removed_at"])
    life.live_until(removed + 50 * HOUR + 60 * HOUR)
    case = life.case()
    assert case["status"] == "reappeared"
    assert [one["outcome"] for one in case["episodes"]] == ["removed", "open"]
    assert [one["kind"] for one in case["notices"]] == ["first", "reminder", "first"]
    assert len(life.approve()) == 1
    assert len(life.town.ledger()) == 3
    case = life.case()
    assert case["status"] == "notified"
    assert case["episodes"][1]["notified_at"] is not None


def its_figures_are_told_and_the_log_holds(life: Life) -> None:
    (line,) = life.house.ask("stats", "providers")["items"]
    assert (line["provider"], line["country"], line["episodes"]) == ("Northhost", "NL", 1)
    assert (line["removed"], line["reappeared"], line["later_episodes"]) == (1, 1, 1)
    gone = {h: (share["low"], share["high"]) for h, share in line["gone"].items()}
    assert gone == {"24": (0.0, 0.0), "48": (1.0, 1.0), "168": (1.0, 1.0)}
    assert line["gone"]["24"]["anchored"] == line["gone"]["24"]["of"] == 1
    assert 24 <= line["median_hours"]["low"] <= 30 <= line["median_hours"]["high"] <= 48
    told = life.house.ask("url", life.id)
    assert told["number"] == "2026-000001"
    assert [one["status"] for one in told["notices"]] == ["accepted"] * 3
    with life.ports.sessions() as session:
        assert audit.verify(session, life.ports.vault.audit_key) is None
