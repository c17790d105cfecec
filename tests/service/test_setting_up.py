"""A new installation begins its keys; one that lost them says so instead of making others."""

import uuid
from datetime import datetime
from pathlib import Path

import pytest

from config.settings import Settings, load
from takedown import audit, wiring
from takedown.cli.running import bind_to
from takedown.db import committing
from takedown.vault import KeyFileMissing, VaultError, make_master_key


@pytest.fixture
def settings(
    database: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """An installation on the test's own database, not begun yet."""
    for name, value in {
        "HOME": str(tmp_path),
        "DATABASE__URL": database[1],
        "DATABASE__OWNER_URL": database[0],
        "SECRETS__MASTER_KEY": make_master_key(),
    }.items():
        monkeypatch.setenv(f"TAKEDOWN_{name}", value)
    return load()


def used(settings: Settings, now: datetime) -> None:
    """Set up, and something stands in its log."""
    wiring.migrate(settings)
    ports = wiring.build_ports(settings)
    with committing(ports.sessions) as session:
        audit.append(session, ports.vault.audit_key, at=now, actor="cli:root", action="init")
    ports.sessions.kw["bind"].dispose()


def test_a_new_installation_begins_its_key_file(settings: Settings, now: datetime) -> None:
    used(settings, now)
    assert settings.key_file.read_text() == "{}"


def test_a_lost_key_file_stops_every_start_and_is_not_replaced(
    settings: Settings, now: datetime
) -> None:
    used(settings, now)
    settings.key_file.unlink()
    wiring.migrate(settings)
    with pytest.raises(KeyFileMissing, match="restore it"):
        wiring.build_ports(settings)
    assert not settings.key_file.exists()


def test_keys_of_another_master_key_stop_every_start(
    settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    used(settings, now)
    wiring.open_vault(settings).seal("urls.note", uuid.UUID(int=1), 202603, "a note")
    monkeypatch.setenv("TAKEDOWN_SECRETS__MASTER_KEY", make_master_key())
    with pytest.raises(VaultError, match="master key"):
        wiring.build_ports(load())


@pytest.mark.parametrize(
    ("host", "bind"),
    [("::1", "[::1]:8000"), ("[::1]", "[::1]:8000"), ("127.0.0.1", "127.0.0.1:8000")],
)
def test_an_address_of_either_family_is_bound(host: str, bind: str) -> None:
    assert bind_to(host, 8000) == bind
