"""`takedown routes` as an operator types it: out, compared, in, and what would happen."""

import json
import tomllib
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from cast import national
from click.testing import CliRunner, Result

from takedown.audit import AuditEntry
from takedown.cli import door, takedown
from takedown.db import Sessions, committing
from takedown.routes import members, table
from takedown.vault import Vault

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def house(sessions: Sessions, vault: Vault, now: datetime, monkeypatch) -> SimpleNamespace:
    """A French national hotline as `init` leaves it, a year after the routes were read."""
    later = now.replace(year=2027)
    ports = SimpleNamespace(
        sessions=sessions, vault=vault, clock=lambda: later, hotline=national("FR")
    )
    monkeypatch.setattr(door, "ports", lambda at=None: ports)
    with committing(sessions) as session:
        rows = tomllib.loads((CONFIG / "jurisdictions.toml").read_text("utf-8"))
        table.fill(session, table.read(rows), now)
        facts = members.read(tomllib.loads((CONFIG / "hotlines.toml").read_text("utf-8")))
        members.fill(session, vault, [one for one in facts if one.country in ("NL", "BE")], now)
    return ports


def typed(*words: str) -> Result:
    return CliRunner().invoke(takedown, ["routes", *words])


def code(result: Result) -> int:
    """The exit code, which the command's own door gives."""
    assert isinstance(result.exception, door.Refused)
    return result.exception.code


def test_the_table_goes_out_and_what_differs_comes_in(house, tmp_path: Path) -> None:
    file = tmp_path / "routes.csv"
    assert typed("export", "-o", str(file)).exit_code == 0
    same = json.loads(typed("import", str(file), "--dry-run", "--json").stdout)
    assert (same["differences"], same["same"]) == ([], 19)
    file.write_text(file.read_text().replace("NL,home,direct", "NL,home,police"))
    assert "kind: direct -> police" in typed("import", str(file), "--dry-run").output
    assert code(typed("import", str(file))) == 2
    done = json.loads(typed("import", str(file), "--why", "asked there", "--json").stdout)
    assert done["written"] == 1
    rows = json.loads(typed("export", "--json").stdout)["items"]
    assert [row["kind"] for row in rows if row["country"] == "NL"] == ["police"]
    with house.sessions() as session:
        (entry,) = session.query(AuditEntry).all()
    assert (entry.action, entry.detail) == ("routes.import", {"rows": ["NL/home"]})


def test_one_bad_row_is_named_and_nothing_comes_in(house, tmp_path: Path) -> None:
    file = tmp_path / "routes.csv"
    typed("export", "-o", str(file))
    wrong = file.read_text().replace("NL,home,direct", "NL,home,letter")
    file.write_text(wrong.replace("SE,home,direct", "SE,home,none"))
    refused = typed("import", str(file), "--why", "a slip")
    assert code(refused) == 1
    assert ", kind: is none of" in str(refused.exception)
    rows = json.loads(typed("export", "--json").stdout)["items"]
    assert {row["kind"] for row in rows if row["country"] in ("NL", "SE")} == {"direct"}


def test_what_would_happen_is_said(house) -> None:
    seen = json.loads(typed("preview", "nl", "--json").stdout)
    assert (seen["route"], seen["partners"], seen["needs_supervisor"]) == (
        "hotline",
        ["Offlimits"],
        True,
    )
    assert "Child Focus" in typed("preview", "BE").output
    assert code(typed("preview", "XX")) == 2
