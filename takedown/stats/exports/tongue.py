"""The words of reports, English and French: files of the same keys."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from takedown.stats.exports.document import Column, Kind

LANGUAGES: Final = ("en", "fr")
_HERE: Final = Path(__file__).parent


class Tongue:
    """One language's words, by section and key."""

    def __init__(self, lang: str) -> None:
        self.lang = lang if lang in LANGUAGES else "en"
        self.words = load(self.lang)

    def __getitem__(self, place: str) -> str:
        """`section.key`. Raises KeyError: a report never prints a key."""
        section, _, key = place.partition(".")
        found: str = self.words[section][key]
        return found

    def value(self, word: str | None) -> str:
        """What a code of the ledger is called; itself where it is the hotline's own word."""
        if word is None or word == "":
            return self["file.unknown"]
        if word == "other":
            return self["file.other"]
        return str(self.words["values"].get(word, word.replace("_", " ")))

    def hours(self, hours: str) -> str:
        """A length of time as columns are headed: 24 h, 7 days."""
        return str(self.words["hours"].get(hours, f"{hours} h"))

    def column(self, name: str, kind: Kind = Kind.COUNT, key: str = "") -> Column:
        """A column with its title and definition."""
        title, definition = self.words["columns"][name]
        return Column(key or name, title, kind, _UNITS.get(kind, ""), definition)

    def gone(self, hours: str) -> Column:
        """The share gone within so many hours."""
        title, definition = self.words["columns"]["gone"]
        named = title.format(hours=self.hours(hours))
        return Column(f"gone_{hours}", named, Kind.SHARE, "0..1", definition, estimated=True)

    def median(self) -> Column:
        """The median."""
        title, definition = self.words["columns"]["median_hours"]
        return Column("median_hours", title, Kind.HOURS, "h", definition, estimated=True)


_UNITS: Final = {Kind.COUNT: "n", Kind.SHARE: "0..1", Kind.HOURS: "h", Kind.NUMBER: "n"}


@cache
def load(lang: str) -> dict[str, Any]:
    """All words of a language."""
    return tomllib.loads((_HERE / f"words.{lang}.toml").read_text("utf-8"))
