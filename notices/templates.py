"""Letters' templates: read, checked to the last placeholder, and ready, or not there at all.

Built-in ones are folders, `<lang>/<kind>/{subject.txt,body.txt,meta.toml}`, beside each language's
`words.toml`. A copy is a body that supervisors wrote; its subject stays the built-in one.
"""

import hashlib
import json
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, Self

from notices import checklist
from notices.errors import MissingPoint, TemplateFault, UnknownTemplate
from notices.placeholders import PlaceholderText
from notices.wording import URL_VALUES, Wording

#: By what a template was chosen, the most specific first.
Because = Literal["provider", "country", "language", "english"]
_LONGEST_COPY: Final = 20_000  # characters


@dataclass(frozen=True, kw_only=True)
class LetterTemplate:
    """One kind of letter in one language; for all, or for one provider or country."""

    name: str  # "en/first"
    lang: str
    kind: str
    version: str
    reviewed: bool
    subject: PlaceholderText
    body: PlaceholderText
    words: Wording
    provider: str | None = None
    country: str | None = None

    @property
    def digest(self) -> bytes:
        """The SHA-256 of all that it can say, its phrases and words too: what a speaker reads."""
        words = self.words
        phrases = {
            name: {key: text.source for key, text in variants.items()}
            for name, variants in words.phrases.items()
        }
        single = (
            words.time.source,
            words.first_of_month,
            words.history.source,
            words.risk,
            words.one_place,
        )
        tables = {name: dict(table) for name, table in words.words.items()}
        whole = [self.subject.source, self.body.source, phrases, single, tables]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).digest()


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A supervisor's body: for one provider (by key), for one country, or for a whole language."""

    name: str
    kind: str
    lang: str
    body: str
    version: str
    reviewed: bool
    provider: str | None = None
    country: str | None = None


@dataclass(frozen=True)
class Choice:
    """The template that was taken, and why: a page shows both.

    `english` means that neither the language asked for nor anything more specific had a letter.
    """

    template: LetterTemplate
    because: Because


_Place = tuple[str, str, str | None, str | None]  # kind, lang, provider, country


class Templates:
    """A set of letter templates, from which the most specific is chosen."""

    def __init__(self, letters: Iterable[LetterTemplate]) -> None:
        self._letters: Mapping[_Place, LetterTemplate] = {
            (letter.kind, letter.lang, letter.provider, letter.country): letter
            for letter in letters
        }

    @classmethod
    def load(cls, root: Path) -> Self:
        """Read all of a folder. Raises `TemplateFault` for anything that couldn't be sent."""
        words = {path.parent.name: Wording.load(path) for path in sorted(root.glob("*/words.toml"))}
        folders = sorted(path for path in root.glob("*/*") if path.is_dir())
        return cls([_built_in(folder, words.get(folder.parent.name)) for folder in folders])

    def with_copies(self, copies: Iterable[Copy]) -> Self:
        """These templates and copies of them; of two for the same place the later one counts.

        Raises `UnknownPlaceholder` and `TemplateFault` with its line, `MissingPoint`,
        `UnknownTemplate` where no built-in letter has that kind and language.
        """
        return type(self)([*self, *(self._copied(copy) for copy in copies)])

    def signed_off(self, read: Collection[tuple[str, bytes]]) -> Self:
        """These templates, with those as reviewed whose (name, `digest`) a speaker has read."""
        return type(self)(
            letter
            if letter.reviewed or (letter.name, letter.digest) not in read
            else replace(letter, reviewed=True)
            for letter in self
        )

    def choose(
        self, kind: str, lang: str, *, provider: str | None = None, country: str | None = None
    ) -> Choice:
        """The most specific letter: the provider's, its country's, its language's, else English.

        A provider's or a country's letter counts in the language asked for, else in English.
        Raises `UnknownTemplate`.
        """
        for because, places in _places(kind, lang, provider, country):
            for place in places:
                if place in self._letters:
                    return Choice(self._letters[place], because)
        raise UnknownTemplate(kind, lang)

    def __iter__(self) -> Iterator[LetterTemplate]:
        return iter(self._letters.values())

    def _copied(self, copy: Copy) -> LetterTemplate:
        built_in = self._letters.get((copy.kind, copy.lang, None, None))
        if built_in is None:
            raise UnknownTemplate(copy.kind, copy.lang)
        if len(copy.body) > _LONGEST_COPY:
            raise TemplateFault(copy.name, f"is longer than {_LONGEST_COPY} characters")
        return LetterTemplate(
            name=copy.name,
            lang=copy.lang,
            kind=copy.kind,
            version=copy.version,
            reviewed=copy.reviewed,
            subject=built_in.subject,
            body=_body(copy.name, copy.kind, copy.body, built_in.words),
            words=built_in.words,
            provider=copy.provider,
            country=copy.country,
        )


def _places(
    kind: str, lang: str, provider: str | None, country: str | None
) -> Iterator[tuple[Because, list[_Place]]]:
    spoken = list(dict.fromkeys((lang, lang.partition("-")[0])))
    if provider is not None:
        yield "provider", [(kind, one, provider, None) for one in (*spoken, "en")]
    if country is not None:
        yield "country", [(kind, one, None, country) for one in (*spoken, "en")]
    yield "language", [(kind, one, None, None) for one in spoken]
    yield "english", [(kind, "en", None, None)]


def _built_in(folder: Path, words: Wording | None) -> LetterTemplate:
    lang, kind = folder.parent.name, folder.name
    name = f"{lang}/{kind}"
    if words is None:
        raise TemplateFault(name, "its language has no words.toml")
    try:
        meta = tomllib.loads((folder / "meta.toml").read_text("utf-8"))
        version, reviewed = str(meta["version"]), bool(meta["reviewed"])
        subject = (folder / "subject.txt").read_text("utf-8").strip()
        body = (folder / "body.txt").read_text("utf-8")
    except (OSError, UnicodeDecodeError, KeyError, tomllib.TOMLDecodeError) as error:
        raise TemplateFault(name, f"can't be read: {error}") from None
    line = PlaceholderText.parse(f"{name}/subject.txt", subject, words.known)
    if "tags" not in line.names or "\n" in subject:
        raise TemplateFault(f"{name}/subject.txt", "is not one line with {tags}")
    return LetterTemplate(
        name=name,
        lang=lang,
        kind=kind,
        version=version,
        reviewed=reviewed,
        subject=line,
        body=_body(f"{name}/body.txt", kind, body, words),
        words=words,
    )


def _body(name: str, kind: str, source: str, words: Wording) -> PlaceholderText:
    body = PlaceholderText.parse(name, source, words.known, URL_VALUES)
    missing = checklist.missing(kind, body.names)
    if missing:
        raise MissingPoint(name, missing)
    return body


BUILTIN: Final = Templates.load(Path(__file__).parent / "templates")
