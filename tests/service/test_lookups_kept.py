"""What a look-up leaves behind, and the tables that it rests on: by the stage and the command."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cast import Cast
from click.testing import CliRunner
from sqlalchemy import select

from takedown import db
from takedown.audit import AuditEntry
from takedown.cli import door, takedown
from takedown.cli.door import Refused
from takedown.hosts import leasing
from takedown.hosts.dns_batch import Dns
from takedown.hosts.keeping import BACKOFF, Outcome, store_all
from takedown.hosts.lookup import HostFinding
from takedown.vault import Vault


def test_a_host_that_was_put_off_comes_back_when_told_and_loses_no_attempt(
    sessions: db.Sessions, vault: Vault, now: datetime
) -> None:
    with sessions() as session:
        cast = Cast(session, vault, now)
        host = cast.host("files.harbour.example")
        leasing.due_again(session, [host.id], now)
        session.commit()
        name = "files.harbour.example"
        down = {"address": "192.0.2.7", "asn": 64496, "registry_down": True}
        for put_off, wait, attempts in (
            (timedelta(seconds=30), timedelta(seconds=30), 0),
            (None, BACKOFF[0], 1),
        ):
            (claim,) = leasing.claim(session, vault, now, 1).claims
            finding = HostFinding(name, "harbour.example", Dns.OK, put_off=put_off, **down)
            (stored,) = store_all(session, vault, [claim], {name: finding}, now)
            assert stored.outcome is Outcome.RETRY
            assert (host.locate_due_at, host.locate_attempts) == (now + wait, attempts)
            now += wait


@dataclass(frozen=True)
class Opened:
    """The ports that the command needs, without a second door to the database."""

    sessions: db.Sessions
    vault: Vault
    clock: Callable[[], datetime]


@pytest.fixture
def home(
    tmp_path: Path,
    sessions: db.Sessions,
    vault: Vault,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    monkeypatch.setenv("TAKEDOWN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(door, "ports", lambda: Opened(sessions, vault, lambda: now))
    return tmp_path / "home"


def put(path: Path, text: str, at: datetime) -> Path:
    path.write_text(text)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def said(*words: str) -> str:
    done = CliRunner().invoke(
        takedown, ["reference", *words], catch_exceptions=False, standalone_mode=False
    )
    return done.output


def test_a_table_is_replaced_by_command_shown_with_its_age_and_entered_in_the_log(
    home: Path, tmp_path: Path, sessions: db.Sessions
) -> None:
    line = "192.0.2.0\t192.0.2.255\t64496\tNL\tExample\n"
    old = put(tmp_path / "new.tsv", line, datetime(2026, 1, 1, tzinfo=UTC))
    told = said("update", "asn", str(old))
    assert "asn: 1 rows of 2026-01-01" in told and "older than 30 days" in told
    rows = {row["table"]: row for row in json.loads(said("show", "--json"))["tables"]}
    assert rows["asn"]["dated"] == "2026-01-01T00:00:00Z" and rows["asn"]["rows"] == 1
    assert rows["asn"]["old"] and rows["asn"]["age_days"] > 30
    assert rows["geolocation"]["dated"] is None
    plain = said("show")
    assert "older than 30 days: renew it" in plain and "geolocation  none" in plain
    bad = put(tmp_path / "bad.tsv", line + "192.0.2.0\t192.0.2.255\tmany\n", datetime.now(UTC))
    with pytest.raises(Refused, match="line 2, ASN: not an AS number\nnothing was changed"):
        said("update", "asn", str(bad))
    assert (home / "asn.tsv").read_text() == line
    with sessions() as session:
        (entry,) = session.scalars(select(AuditEntry)).all()
    assert entry.action == "reference.update" and entry.actor.startswith("cli:")
    assert entry.detail["rows"] == 1 and len(entry.detail["sha256"]) == 64
