"""A ciphertext opens in its own place and nowhere else; blind indexes tell nothing."""

import hmac
import multiprocessing
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.vault import (
    STANDING,
    KeyFileMissing,
    Vault,
    VaultError,
    _pads,
    cohort_of,
)

MARCH = cohort_of(datetime(2026, 3, 2, tzinfo=UTC))
MASTER = bytes(range(32))


def begun(file: Path) -> Vault:
    """A vault of a new installation."""
    vault = Vault(MASTER, file)
    assert vault.begin() is True
    return vault


def test_what_was_sealed_opens_in_its_place(vault: Vault) -> None:
    row = uuid.uuid4()
    sealed = vault.seal("urls.location", row, MARCH, "https://media.example.test/é")
    assert vault.open("urls.location", row, sealed) == "https://media.example.test/é"
    assert b"example" not in sealed
    assert int.from_bytes(sealed[:4], "big") == MARCH == 202603


@given(st.binary(min_size=32, max_size=64), st.text())
def test_the_index_is_the_librarys_hmac(key: bytes, text: str) -> None:
    inner, outer = (pad.copy() for pad in _pads(key))
    inner.update(text.encode("utf-8", "surrogatepass"))
    outer.update(inner.digest())
    whole = hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")
    assert outer.digest() == whole


def test_a_ciphertext_moved_to_another_row_or_column_does_not_open(vault: Vault) -> None:
    row = uuid.uuid4()
    sealed = vault.seal("urls.location", row, MARCH, "https://media.example.test/")
    for place, where in (("urls.exact", row), ("urls.location", uuid.uuid4())):
        with pytest.raises(VaultError) as refused:
            vault.open(place, where, sealed)
        assert "example" not in str(refused.value)


def test_a_ciphertext_that_names_another_month_does_not_open(vault: Vault) -> None:
    row = uuid.uuid4()
    vault.seal("urls.location", row, 202604, "so that April has a key")
    sealed = vault.seal("urls.location", row, MARCH, "https://media.example.test/")
    with pytest.raises(VaultError):
        vault.open("urls.location", row, (202604).to_bytes(4, "big") + sealed[4:])


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_changed_bit_goes_unseen(place: int, bit: int) -> None:
    row = uuid.UUID(int=1)
    sealed = bytearray(KEPT.seal("urls.note", row, STANDING, "a note"))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(VaultError):
        KEPT.open("urls.note", row, bytes(sealed))


def test_another_master_key_opens_nothing(vault: Vault, tmp_path: Path) -> None:
    sealed = vault.seal("urls.note", uuid.UUID(int=1), MARCH, "a note")
    stranger = Vault(bytes(32), tmp_path / "keys" / "months.json")
    with pytest.raises(VaultError, match="master key"):
        stranger.open("urls.note", uuid.UUID(int=1), sealed)
    assert stranger.blind("url", "x") != vault.blind("url", "x")


def test_a_month_whose_key_is_destroyed_opens_nothing(tmp_path: Path) -> None:
    file = tmp_path / "months.json"
    sealed = begun(file).seal("urls.note", uuid.UUID(int=1), MARCH, "a note")
    file.write_text("{}")
    with pytest.raises(VaultError, match="202603"):
        Vault(MASTER, file).open("urls.note", uuid.UUID(int=1), sealed)


def test_a_key_file_that_is_lost_is_not_made_anew_in_silence(tmp_path: Path) -> None:
    file = tmp_path / "months.json"
    sealed = begun(file).seal("urls.note", uuid.UUID(int=1), MARCH, "a note")
    file.unlink()
    late = Vault(MASTER, file)
    for ask in (
        lambda: late.seal("urls.note", uuid.UUID(int=2), MARCH, "another"),
        lambda: late.open("urls.note", uuid.UUID(int=1), sealed),
        late.cohorts,
    ):
        with pytest.raises(KeyFileMissing, match="backup of the keys"):
            ask()
    assert not file.exists()


def test_beginning_twice_keeps_the_keys(tmp_path: Path) -> None:
    vault = begun(tmp_path / "months.json")
    vault.seal("urls.note", uuid.UUID(int=1), MARCH, "a note")
    assert vault.begin() is False
    assert vault.cohorts() == [MARCH]


def test_kinds_of_blind_indexes_are_kept_apart(vault: Vault) -> None:
    assert vault.blind("host", "media.example.test") == vault.blind("host", "media.example.test")
    assert vault.blind("host", "media.example.test") != vault.blind("domain", "media.example.test")
    assert len(vault.blind("host", "media.example.test")) == 16


def test_key_file_is_for_its_owner_alone_and_holds_no_key_in_the_clear(tmp_path: Path) -> None:
    file = tmp_path / "months.json"
    begun(file).seal("urls.note", uuid.UUID(int=1), MARCH, "a note")
    assert file.stat().st_mode & 0o077 == 0
    assert Vault(MASTER, file).cohorts() == [MARCH]


def _first_of_the_month(file: Path, out: "multiprocessing.Queue[bytes]") -> None:
    out.put(Vault(MASTER, file).seal("urls.note", uuid.UUID(int=1), MARCH, "a note"))


def test_processes_that_need_a_new_month_at_once_get_the_same_key(tmp_path: Path) -> None:
    file = tmp_path / "months.json"
    begun(file)
    spawn = multiprocessing.get_context("spawn")
    out: multiprocessing.Queue[bytes] = spawn.Queue()
    workers = [spawn.Process(target=_first_of_the_month, args=(file, out)) for _ in range(4)]
    for worker in workers:
        worker.start()
    sealed = [out.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    reader = Vault(MASTER, file)
    assert {reader.open("urls.note", uuid.UUID(int=1), one) for one in sealed} == {"a note"}


@pytest.fixture(autouse=True, scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    global KEPT
    KEPT = begun(tmp_path_factory.mktemp("vault") / "months.json")


KEPT: Vault


@pytest.mark.parametrize("length", [0, 3, 15, 16, 20])
def test_a_ciphertext_that_was_cut_short_is_refused_as_any_that_does_not_open(
    vault: Vault, length: int
) -> None:
    row = uuid.uuid4()
    sealed = vault.seal("urls.location", row, 202603, "https://media.example.test/a")
    with pytest.raises(VaultError):
        vault.open("urls.location", row, sealed[:length])
