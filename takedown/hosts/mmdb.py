"""Tables in MaxMind's DB format, mapped into memory."""

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import maxminddb

from takedown.hosts.tsv import BadField

_MARK = b"\xab\xcd\xefMaxMind.com"
_TAIL = 131_072  # where its metadata must begin, from the end (MaxMind DB 2.0)

Record = Mapping[str, Any]


def is_one(path: Path) -> bool:
    """Whether a file is one. Raises OSError."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return _MARK in file.read()


class Database:
    """One file's records by address. `dated`: when it was built, UTC. Raises ValueError.

    It is mapped: once replaced, the old one stays readable to whoever has it open. It is read whole
    or not at all, so no line of it is ever `bad`.
    """

    def __init__(self, path: Path) -> None:
        self.bad: list[BadField] = []
        try:
            self._reader = maxminddb.open_database(path)
            told = self._reader.metadata()
            self.dated = datetime.fromtimestamp(told.build_epoch, UTC)
            self._families = (4,) if told.ip_version == 4 else (4, 6)
        except (maxminddb.InvalidDatabaseError, ValueError, TypeError, OverflowError) as error:
            raise ValueError(f"not a readable mmdb file ({type(error).__name__})") from None

    def __len__(self) -> int:
        """How many networks it names. Reads all of it; raises ValueError where it is broken."""
        try:
            return sum(1 for _ in self._reader)
        except (maxminddb.InvalidDatabaseError, ValueError, IndexError) as error:
            raise ValueError(f"broken inside ({type(error).__name__})") from None

    def get(self, address: str) -> tuple[Record, bytes, bytes] | None:
        """The record for an address, with the first and last address that share it (packed)."""
        try:
            one = ipaddress.ip_address(address)
            if one.version not in self._families:
                return None
            record, length = self._reader.get_with_prefix_len(one)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return None
        if not isinstance(record, dict):
            return None
        network = ipaddress.ip_network((one, length), strict=False)
        return record, network[0].packed, network[-1].packed


def country(record: Record) -> str | None:
    """The ISO 3166-1 code of a record, in the forms that its makers use."""
    said = record.get("country") or record.get("country_code")
    if isinstance(said, dict):
        said = said.get("iso_code")
    said = record.get("country_code") if not _is_code(said) else said
    return str(said).upper() if _is_code(said) else None


def _is_code(said: Any) -> bool:
    return isinstance(said, str) and len(said) == 2 and said.isascii() and said.isalpha()
