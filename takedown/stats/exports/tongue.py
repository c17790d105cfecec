"""The words of reports, English and French. Measures have theirs from the registry and the pages'
translations, all else stands in files of the same keys."""

import tomllib
from collections.abc import Mapping
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Any, Final

from takedown.stats.exports.document import Column, Kind
from takedown.stats.registry import MEASURES, Unit

LANGUAGES: Final = ("en", "fr")
_HERE: Final = Path(__file__).parent
_PAGES: Final = _HERE.parents[1] / "web" / "translations"


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

    def column(self, name: str, kind: Kind = Kind.COUNT, key: str = "") -> Column:
        """A column: a measure of the registry under its own name, else one of reports alone."""
        if name in MEASURES:
            return self.measure(name)
        title, definition = self.words["columns"][name]
        return Column(key or name, title, kind, _UNITS.get(kind, ""), definition)

    def measure(self, name: str) -> Column:
        """A measure as the registry names and defines it."""
        found = MEASURES[name]
        kind = _KINDS[found.unit]
        definition = self._translated(found.definition_en)
        return Column(
            name, self.label(name), kind, _UNITS[kind], definition, estimated=bool(found.parts)
        )

    def label(self, name: str) -> str:
        """What the registry calls a measure, where a line begins with it."""
        label = self._translated(MEASURES[name].label_en)
        return label[:1].upper() + label[1:]

    def _translated(self, english: str) -> str:
        return english if self.lang == "en" else catalogue(self.lang).gettext(english)


_UNITS: Final = {Kind.COUNT: "n", Kind.SHARE: "0..1", Kind.HOURS: "h", Kind.NUMBER: "n"}
_KINDS: Final[Mapping[Unit, Kind]] = {
    "share": Kind.SHARE,
    "hours": Kind.HOURS,
    "days": Kind.NUMBER,
    "count": Kind.COUNT,
    "number": Kind.NUMBER,
    "word": Kind.TEXT,
}


@cache
def load(lang: str) -> dict[str, Any]:
    """All words of a language."""
    return tomllib.loads((_HERE / f"words.{lang}.toml").read_text("utf-8"))


@cache
def catalogue(lang: str) -> NullTranslations:
    """The texts that pages have in this language: the registry's among them."""
    return translation("messages", _PAGES, [lang])
