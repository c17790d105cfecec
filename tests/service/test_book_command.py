"""`takedown contacts`: out, in, and approved by somebody else than who brought it in."""

import json
import stat
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from cast import Cast
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from takedown import wiring
from takedown.audit import AuditEntry
from takedown.cli import door, takedown
from takedown.cli.door import Refused
from takedown.db import Sessions, committing
from takedown.hosts.models import Contact, Provider
from takedown.vault import Vault

TABLE = """name,country,contact_address
Harbour,NL,abuse@harbour.example
Quay,XX,noc@quay.example
"""


@pytest.fixture
def house(
    sessions: Sessions, vault: Vault, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> SimpleNamespace:
    """A closed world with an empty book."""
    made = SimpleNamespace(sessions=sessions, vault=vault, clock=lambda: now)
    monkeypatch.setattr(door, "ports", lambda now=None: made)
    monkeypatch.setattr(door, "settings", lambda: SimpleNamespace(closed_world=lambda: True))
    return made


def contacts(*words: str) -> Result:
    return CliRunner().invoke(takedown, ["contacts", *words])


def actions(house: SimpleNamespace) -> list[str]:
    with house.sessions() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)))


def test_a_table_is_shown_saved_and_written_out_again(
    house: SimpleNamespace, tmp_path: Path
) -> None:
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text(TABLE, encoding="utf-8-sig")
    seen = contacts("import", str(file), "--dry-run")
    assert "line 2: new provider, new contact, name, country, address" in seen.output
    assert "line 3: refused: country" in seen.output
    assert "harbour" not in seen.output.lower()
    assert actions(house) == []
    saved = contacts("import", str(file), "--json")
    assert isinstance(saved.exception, Refused) and saved.exception.code == 1
    assert [one["line"] for one in json.loads(saved.output)["changed"]] == [2]
    assert contacts("export", "-o", str(out)).output == "1 lines written\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    again = contacts("import", str(out))
    assert again.exception is None and again.output == "0 rows changed\n"
    assert actions(house) == ["book.import", "book.export", "book.import"]


def test_who_brought_contacts_in_does_not_approve_them(
    house: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "in.csv"
    file.write_text(TABLE)
    contacts("import", str(file))
    with committing(house.sessions) as session:
        cast = Cast(session, house.vault, house.clock())
        looked_up = cast.contact(
            cast.provider("Pier"), "abuse@pier.example", approved_at=None, source="rdap"
        )
    own = contacts("approve", "--all")
    assert isinstance(own.exception, Refused) and own.output == "1 approved\n"
    with house.sessions() as session:
        assert session.get_one(Contact, looked_up.id).approved_at is not None
    monkeypatch.setattr(wiring, "operating_system_user", lambda: "cli:second")
    assert contacts("approve", "Abuse@Harbour.example").output == "1 approved\n"


def test_what_is_no_text_is_refused_and_nothing_is_kept(
    house: SimpleNamespace, tmp_path: Path
) -> None:
    file = tmp_path / "in.csv"
    file.write_bytes(b"name\nH\xe9")
    assert isinstance(contacts("import", str(file)).exception, Refused)
    with house.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Provider)) == 0
