"""A week in the small internet: what arrived, when and why, line by line as it should have."""

from collections import Counter
from datetime import datetime
from pathlib import Path

from desk import Desk
from week import START, Week, hold, imagine, look, register, release, scale, settle
from week_model import Line, expected

from notices.channels.smtp import Endpoint, SmtpChannel
from sandbox import Running
from takedown.db import Sessions
from takedown.vault import Vault

WHY = (
    ("Reminder", "reminder"),
    ("still available", "escalation"),
    ("removal confirmed", "closure"),
    ("Report of", "police"),
    ("hosted in your country", "hotline"),
)


def arrived(town: Running) -> list[Line]:
    """The ledger of every mailbox: one line for each Url that a mail names."""
    lines = []
    for entry in town.ledger():
        why = next((word for mark, word in WHY if mark in entry["subject"]), "first")
        at = datetime.fromisoformat(entry["received_at"])
        lines += [Line(at, entry["recipient"], why, url) for url in entry["urls"]]
    return sorted(lines)


def live_through(desk: Desk, town: Running, week: Week) -> None:
    for now in week.ticks:
        desk.now = now
        town.clock(now)
        register(desk, week)
        hold(desk, week)
        look(desk, week, town.truth())
        desk.compose()
        release(desk)
        desk.send()


def test_a_week_is_sent_as_a_careful_person_would_have(
    sessions: Sessions, vault: Vault, tmp_path: Path
) -> None:
    urls, hours = scale()
    with Running(tmp_path, seed=4) as town:
        town.clock(START)
        week = imagine(town, urls, hours)
        desk = Desk(sessions, vault, START)
        settle(desk, week)
        there = Endpoint.parse(town.endpoints["smtp"])
        with SmtpChannel(there, ehlo_name="hotline.example.org") as way:
            desk.channel = way
            live_through(desk, town, week)
        got = arrived(town)
    wanted = expected(week)
    counts = Counter(line.why for line in got)
    desks = {line.mailbox for line in got}
    print(len(got), "lines to", len(desks), "desks of", len(week.firms), dict(counts))  # noqa: T201
    assert set(counts) == {"first", "reminder", "escalation", "closure", "police", "hotline"}
    assert [line for line in wanted if line not in got] == []
    assert got == wanted
