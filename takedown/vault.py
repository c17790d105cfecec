"""Encryption at rest: AES-256-GCM-SIV by monthly keys, and blind indexes to find what is encrypted.

A ciphertext is `cohort (4 bytes) | nonce (12) | body and tag`. The cohort is the month of
registration as yyyymm, or 0 for what lives as long as the installation (contacts, names of
providers). Associated data binds it to its table, column, row and key, so that a ciphertext moved
elsewhere does not open. The keys live in one file outside the database and its backup.
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
import struct
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from takedown.errors import TakedownError

STANDING = 0
_HEAD = struct.Struct(">I12s")


class VaultError(TakedownError):
    """A key is missing or a ciphertext does not open in its place; says which place, never what."""


class KeyFileMissing(VaultError):
    """There is no key file where one was: nothing that is sealed can be opened any more."""


def cohort_of(at: datetime) -> int:
    """The key month of a registration at `at` (UTC), as yyyymm."""
    return at.year * 100 + at.month


class Vault:
    """Seals and opens columns, and makes blind indexes. Safe to share between threads."""

    def __init__(self, master: bytes, key_file: Path) -> None:
        if len(master) != 32:
            raise VaultError("the master key must be 32 bytes")
        self._wrap = AESGCMSIV(_derive(master, b"takedown wrap"))
        self._inner, self._outer = _pads(_derive(master, b"takedown blind index"))
        self.audit_key = _derive(master, b"takedown audit chain")
        self.token_key = _derive(master, b"takedown return address")
        self.web_key = _derive(master, b"takedown web session").hex()
        self._file = key_file
        self._keys: dict[int, AESGCMSIV] = {}

    def seal(self, place: str, row: uuid.UUID, cohort: int, text: str | bytes) -> bytes:
        """Encrypt `text` for `place` ("table.column") of `row` under the key of `cohort`."""
        data = text.encode() if isinstance(text, str) else text
        nonce = os.urandom(12)
        body = self._key(cohort, make=True).encrypt(nonce, data, _bound(place, row, cohort))
        return _HEAD.pack(cohort, nonce) + body

    def open_bytes(self, place: str, row: uuid.UUID, sealed: bytes) -> bytes:
        """Decrypt what was sealed for exactly this place and row; `VaultError` otherwise."""
        try:
            cohort, nonce = _HEAD.unpack_from(sealed)
            return self._key(cohort).decrypt(
                nonce, bytes(sealed[_HEAD.size :]), _bound(place, row, cohort)
            )
        except (struct.error, InvalidTag):
            raise VaultError(f"a ciphertext of {place} does not belong where it stands") from None

    def open(self, place: str, row: uuid.UUID, sealed: bytes) -> str:
        """Decrypt a text; see `open_bytes`."""
        return self.open_bytes(place, row, sealed).decode()

    def blind(self, kind: str, text: str) -> bytes:
        """A 16-byte HMAC of `text` under a key of its own; `kind` keeps the indexes apart."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(f"{kind}\0{text}".encode())
        outer.update(inner.digest())
        return outer.digest()[:16]

    def cohorts(self) -> list[int]:
        """The key months that exist, oldest first. Raises `KeyFileMissing`."""
        return sorted(self._read())

    def begin(self) -> bool:
        """Make the key file, empty, where there is none: for `init` alone. Whether it was made."""
        with _locked(self._file.with_suffix(".lock")):
            if self._file.exists():
                return False
            _replace(self._file, "{}")
        return True

    def _key(self, cohort: int, *, make: bool = False) -> AESGCMSIV:
        found = self._keys.get(cohort)
        if found is None:
            raw = self._read().get(cohort) or (self._create(cohort) if make else None)
            if raw is None:
                raise VaultError(f"the key of {cohort} is not in the key file")
            found = self._keys[cohort] = AESGCMSIV(raw)
        return found

    def _read(self) -> dict[int, bytes]:
        return {
            int(cohort): self._unwrap(int(cohort), wrapped)
            for cohort, wrapped in self._wrapped().items()
        }

    def _wrapped(self) -> dict[str, str]:
        try:
            keys: dict[str, str] = json.loads(self._file.read_text())
        except FileNotFoundError:
            raise KeyFileMissing(
                "the key file is missing: restore it from the backup of the keys"
            ) from None
        return keys

    def _unwrap(self, cohort: int, wrapped: str) -> bytes:
        raw = base64.b64decode(wrapped)
        try:
            return self._wrap.decrypt(raw[:12], raw[12:], str(cohort).encode())
        except InvalidTag:
            raise VaultError("the master key does not open the key file") from None

    def _create(self, cohort: int) -> bytes:
        """Add a month's key; two processes that need it at once get the same one."""
        with _locked(self._file.with_suffix(".lock")):
            keys = self._wrapped()
            if str(cohort) not in keys:
                raw, nonce = secrets.token_bytes(32), os.urandom(12)
                wrapped = nonce + self._wrap.encrypt(nonce, raw, str(cohort).encode())
                keys[str(cohort)] = base64.b64encode(wrapped).decode()
                _replace(self._file, json.dumps(keys, indent=1))
            return self._unwrap(cohort, keys[str(cohort)])


def make_master_key() -> str:
    """A new master key: 32 random bytes, base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def parse_master_key(text: str) -> bytes:
    """The bytes of a master key as `make_master_key` writes it; `VaultError` if it is none."""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except ValueError:
        raise VaultError("the master key is not base64") from None


def token_hash(token: str) -> bytes:
    """How a bearer token is stored: it is random, so a plain SHA-256 does (OWASP ASVS 5, 6.5)."""
    return hashlib.sha256(token.encode()).digest()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(master)


def _pads(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """HMAC-SHA-256 (RFC 2104) with its key hashed in, once: a list has half a million indexes."""
    block = key.ljust(64, b"\0")
    return hashlib.sha256(bytes(b ^ 0x36 for b in block)), hashlib.sha256(
        bytes(b ^ 0x5C for b in block)
    )


def _bound(place: str, row: uuid.UUID, cohort: int) -> bytes:
    return b"%s\0%s\0%d" % (place.encode(), row.bytes, cohort)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _replace(path: Path, text: str) -> None:
    """Write a secret file whole or not at all, readable by its owner only, and on the disk."""
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # else the name may still be the old file's after a loss of power
    finally:
        os.close(folder)
