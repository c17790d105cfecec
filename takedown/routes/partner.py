"""What a partner hotline's system calls what we know: codes as data, never guessed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Self

from notices.facts import PartnerCodes
from takedown.errors import TakedownError
from takedown.urls.models import Url, UrlStatus

_TABLES: Final = ("actions", "classifications", "site_types", "reasons")
#: What can stand before a code: our own word has one of theirs, theirs has a number.
_MAPPED: Final = ("actions", "classifications", "site_types")


class BadCodes(TakedownError):
    """The file of codes can't be used; the message says where it is wrong."""


@dataclass(frozen=True, slots=True)
class CodeBook:
    """Our words -> their codes, by table, for the version in use. Empty: no codes are known."""

    name: str = ""
    version: str = ""
    actions: Mapping[str, str] = field(default_factory=dict[str, str])
    classifications: Mapping[str, str] = field(default_factory=dict[str, str])
    site_types: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """The codes of `config/iccam.toml`. Raises `BadCodes`."""
        version = str(data.get("version", ""))
        numbers = data.get(version)
        if not isinstance(numbers, Mapping):
            raise BadCodes(f"version {version or '(none)'}: there is no such table")
        if odd := set(numbers) - set(_TABLES):
            raise BadCodes(f"version {version}: {', '.join(sorted(odd))} is no table of codes")
        codes = {table: _codes(data, numbers, version, table) for table in _MAPPED}
        return cls(str(data.get("name", "")), version, **codes)

    @property
    def label(self) -> str:
        """Whose codes they are: "ICCAM 2"."""
        return f"{self.name} {self.version}".strip()


def partner_codes(book: CodeBook, url: Url) -> PartnerCodes:
    """What they call a Url's site type, classification and what was done about it.

    What has no code stays empty and is named.
    """
    scheme, done = url.scheme.partition("/")[0], action(url)
    codes = {
        "site_type": book.site_types.get(url.site_type or ""),
        "action": book.actions.get(done or ""),
        "classification": book.classifications.get(f"{scheme}/{url.classification}"),
    }
    ours = {"site_type": url.site_type, "action": done, "classification": url.classification}
    return PartnerCodes(
        **codes,
        system=book.label or None,
        without_code=tuple(
            f"{name}: {word}" for name, word in ours.items() if word and codes[name] is None
        ),
    )


def action(url: Url) -> str | None:
    """What was done about a Url last, in our word; None where nothing was yet."""
    if url.status == UrlStatus.REMOVED:
        return "removed"
    if url.status == UrlStatus.WITHDRAWN:
        return "rescinded"
    if url.status == UrlStatus.NOTIFIED:
        return "notified"
    return "police_informed" if url.police_informed_at else None


def _codes(
    data: Mapping[str, Any], numbers: Mapping[str, Any], version: str, table: str
) -> Mapping[str, str]:
    ours, theirs = data.get(table, {}), numbers.get(table, {})
    if not (isinstance(ours, Mapping) and isinstance(theirs, Mapping)):
        raise BadCodes(f"{table}: is no table")
    for code in theirs.values():
        if isinstance(code, bool) or not isinstance(code, int | str):
            raise BadCodes(f'"{version}".{table}: a code is a number or a word')
    found = {word: str(theirs[name]) for word, name in ours.items() if name in theirs}
    return MappingProxyType(found)
