"""Texts with named placeholders and at most one loop over the Urls: all that a template can do.

    Dear {recipient},
    {urls}
    {index}. {location}
       Found at: {where}
    {/urls}

- `{name}` stands for a value. `{{` and `}}` are braces. There are no conditions.
- A line whose placeholders are all empty is left out: "Found at:" goes where nothing was found.
- A placeholder with several values (`{embeds}`, `{history}`) repeats its line for each of them.
- Between `{urls}` and `{/urls}`, each alone on a line, the lines are written once for each Url;
  where one line is left of every Url, without the blank ones.

Values are put in and never read as text again, so no value can name a placeholder.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from notices.defang import visible
from notices.errors import TemplateFault, UnknownPlaceholder

#: One text, or several that repeat their line.
Value = str | tuple[str, ...]

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
_OPEN: Final = "{urls}"
_CLOSE: Final = "{/urls}"


@dataclass(frozen=True, slots=True)
class _Line:
    """Literal text and placeholders in turn: `texts` is one longer than `names`."""

    number: int
    texts: tuple[str, ...]
    names: tuple[str, ...]

    def fill(self, values: Mapping[str, Value]) -> Iterator[str]:
        if not self.names:
            yield self.texts[0]
            return
        filled = [values[name] for name in self.names]
        if not any(filled):
            return
        times = min((len(value) for value in filled if isinstance(value, tuple)), default=1)
        for index in range(times):
            words = [self.texts[0]]
            for value, after in zip(filled, self.texts[1:], strict=True):
                words += [value if isinstance(value, str) else value[index], after]
            yield "".join(words)


@dataclass(frozen=True, slots=True)
class PlaceholderText:
    """A parsed text. `source` is what a person edits; rendering it needs nothing else."""

    name: str
    source: str
    before: tuple[_Line, ...]
    loop: tuple[_Line, ...]
    after: tuple[_Line, ...]

    @classmethod
    def parse(
        cls, name: str, source: str, known: Collection[str], looped: Collection[str] = ()
    ) -> Self:
        """Read a text that may name `known`, and `looped` too inside the loop.

        A text without `looped` may hold no loop, any other holds exactly one. Raises
        `UnknownPlaceholder` or `TemplateFault`, each with its line.
        """
        source = source.replace("\r\n", "\n")
        places: tuple[list[_Line], ...] = ([], [], [])
        at = 0
        for number, line in enumerate(source.split("\n"), 1):
            mark = line.strip()
            if visible(line) != line:
                raise TemplateFault(name, "holds a character that nobody sees", number)
            if looped and mark in (_OPEN, _CLOSE):
                if at != (0 if mark == _OPEN else 1):
                    raise TemplateFault(name, f"{mark} is out of place: there is one loop", number)
                at += 1
                continue
            inside = (*known, *looped) if at == 1 else known
            places[at].append(_line(name, number, line.rstrip(), inside))
        if looped and at != 2:
            raise TemplateFault(name, f"has no loop from {_OPEN} to {_CLOSE}")
        return cls(name, source, *map(tuple, places))

    @property
    def names(self) -> frozenset[str]:
        """Every placeholder that the text names."""
        lines = (*self.before, *self.loop, *self.after)
        return frozenset(name for line in lines for name in line.names)

    def render(self, values: Mapping[str, Value], urls: Sequence[Mapping[str, Value]] = ()) -> str:
        """The text with its values; those of a Url go before the others inside the loop."""
        blocks = [list(_filled(self.loop, {**values, **url})) for url in urls if self.loop]
        if all(sum(map(bool, block)) == 1 for block in blocks):
            blocks = [[line for line in block if line] for block in blocks]
        looped = [line for block in blocks for line in block]
        return "\n".join([*_filled(self.before, values), *looped, *_filled(self.after, values)])


def _filled(lines: Sequence[_Line], values: Mapping[str, Value]) -> Iterator[str]:
    for line in lines:
        yield from line.fill(values)


def _line(name: str, number: int, line: str, known: Collection[str]) -> _Line:
    texts, names, rest = [""], [], 0
    for token in _TOKEN.finditer(line):
        texts[-1] += line[rest : token.start()]
        rest = token.end()
        if token[0] in ("{{", "}}"):
            texts[-1] += token[0][0]
        elif token[1] is None:
            raise TemplateFault(name, f"a single {token[0]}; write {token[0] * 2} for one", number)
        elif token[1] not in known:
            raise UnknownPlaceholder(name, token[1], number)
        else:
            names.append(token[1])
            texts.append("")
    texts[-1] += line[rest:]
    return _Line(number, tuple(texts), tuple(names))
