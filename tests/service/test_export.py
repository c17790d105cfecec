"""`takedown export`: what waits to be handed over, and domains."""

import csv
import json
import stat
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from cast import HOTLINE, Cast
from click.testing import CliRunner, Result
from sqlalchemy import select

from takedown.audit import AuditEntry
from takedown.cli import door, takedown
from takedown.cli.door import Refused
from takedown.db import Sessions, committing
from takedown.routes import forwarding, holds
from takedown.vault import Vault


@pytest.fixture
def house(sessions: Sessions, vault: Vault, now: datetime) -> SimpleNamespace:
    """Two Urls for the Dutch hotline, one for the police, one for its host."""
    with committing(sessions) as session:
        cast = Cast(session, vault, now)
        provider = cast.provider()
        hotline = cast.route(kind="hotline")
        for place in "ab":
            cast.known(f"https://media.example.test/{place}.jpg", provider, hotline)
        cast.known("https://other.example.net/c.jpg", provider, cast.route("DE", kind="police"))
        cast.known("https://third.example.org/d.jpg", provider, cast.route("BE"))
    return SimpleNamespace(sessions=sessions, vault=vault, hotline=HOTLINE, clock=lambda: now)


@pytest.fixture
def closed(house: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The same in a closed world."""
    monkeypatch.setattr(door, "settings", lambda: SimpleNamespace(closed_world=lambda: True))
    monkeypatch.setattr(door, "ports", lambda: house)
    return house


def export(*words: str) -> Result:
    return CliRunner().invoke(takedown, ["export", *words])


def test_elsewhere_than_in_a_closed_world_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(door, "settings", lambda: SimpleNamespace(closed_world=lambda: False))
    for what in ("hotline", "police", "domains"):
        answer = export(what, "-o", str(tmp_path / "out.csv"))
        assert isinstance(answer.exception, Refused)
        assert answer.exception.code == 2
    assert list(tmp_path.iterdir()) == []


def test_what_waits_for_a_partner_hotline_is_read_out_for_its_owner_alone(
    closed: SimpleNamespace, tmp_path: Path
) -> None:
    file = tmp_path / "out.csv"
    assert export("hotline", "--country", "nl", "-o", str(file)).output == "2 addresses\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["location"][-5:] for row in rows] == ["a.jpg", "b.jpg"]
    with closed.sessions() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.detail["urls"]) == ("export.hand_overs", 2)
    assert "example" not in json.dumps(entry.detail)


def test_a_file_for_programs_holds_the_same(closed: SimpleNamespace, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    file.write_text("an older one")
    assert export("police", "-o", str(file)).exit_code == 0
    (url,) = json.loads(file.read_text())
    assert url["location"] == "https://other.example.net/c.jpg"
    assert url["hosting"]["provider"] == "Harbour Hosting"


def test_domains_are_counted(closed: SimpleNamespace, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert export("domains", "-o", str(file)).output == "3 domains\n"
    assert file.read_text().splitlines()[1] == "media.example.test,2,NL"


def test_what_is_held_or_forbidden_is_left_out(
    closed: SimpleNamespace, tmp_path: Path, now: datetime
) -> None:
    file = tmp_path / "out.json"
    with committing(closed.sessions) as session:
        forwarding.add(session, "NL", reason="harm", by="user:carol", now=now)
    export("hotline", "-o", str(file))
    assert json.loads(file.read_text()) == []
    with committing(closed.sessions) as session:
        holds.place(
            session,
            subject="domain",
            domain_index=closed.vault.blind("domain", "example.net"),
            asked_by="unit 5",
            reason="operation",
            probes_go_on=False,
            placed_by="user:alice",
            now=now,
        )
    export("police", "-o", str(file))
    assert json.loads(file.read_text()) == []


@pytest.mark.parametrize("country", ["NLD", "1!", ""])
def test_a_country_is_two_letters(closed: SimpleNamespace, tmp_path: Path, country: str) -> None:
    answer = export("hotline", "--country", country, "-o", str(tmp_path / "out.csv"))
    assert isinstance(answer.exception, Refused)


def test_a_place_that_cannot_be_written_is_said(closed: SimpleNamespace, tmp_path: Path) -> None:
    answer = export("hotline", "-o", str(tmp_path / "nowhere" / "out.csv"))
    assert isinstance(answer.exception, Refused)
    assert "cannot be written" in str(answer.exception)
    with closed.sessions() as session:
        assert session.scalars(select(AuditEntry)).all() == []
