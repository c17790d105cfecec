"""The names that may stand in a body template, and how a template is filled: names, no code."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from notices import xarf
from notices.compose import Letter
from notices.errors import BadConnector, BadFacts
from notices.facts import Facts

#: A value: text, or what JSON makes of a list or a report.
Value = str | list[Any] | dict[str, Any]

#: "{name}", or "{name:500}" for its first 500 characters.
_PLACE: Final = re.compile(r"\{([a-z_]+)(?::(\d{1,6}))?\}")
_BRACES: Final = re.compile(r"\{[^{}\"]{0,40}\}")
_DEEPEST: Final = 20


def _one(facts: Facts, name: str) -> Any:
    if len(facts.urls) != 1:
        raise BadFacts("urls", f"are more than the one that {name} stands for")
    return facts.urls[0]


def _common(facts: Facts, name: str) -> str:
    found = {getattr(url, name) for url in facts.urls}
    if len(found) != 1 or None in found:
        raise BadFacts("urls", f"have no {name} in common")
    return str(found.pop())


def _distinct(facts: Facts, name: str) -> list[str]:
    return list(dict.fromkeys(str(v) for url in facts.urls if (v := getattr(url, name))))


def _reports(facts: Facts) -> list[Any]:
    found = [report for _, report in xarf.reports(facts)]
    if len(found) != len(facts.urls):
        raise BadFacts("urls", "hold one that no XARF report can be made for")
    return found


#: Every placeholder: name -> its value for a notice, its letter and its idempotency key.
PLACEHOLDERS: Final[Mapping[str, Callable[[Facts, Letter, str], Value]]] = {
    "key": lambda facts, letter, key: key,
    "number": lambda facts, letter, key: facts.number,
    "ticket": lambda facts, letter, key: facts.provider_ticket or "",
    "references": lambda facts, letter, key: [url.number for url in facts.urls],
    "url": lambda facts, letter, key: str(_one(facts, "url").location),
    "urls": lambda facts, letter, key: [url.location for url in facts.urls],
    "url_lines": lambda facts, letter, key: "\n".join(url.location for url in facts.urls),
    "host": lambda facts, letter, key: _common(facts, "host"),
    "hosts": lambda facts, letter, key: _distinct(facts, "host"),
    "ip": lambda facts, letter, key: _common(facts, "address"),
    "ips": lambda facts, letter, key: _distinct(facts, "address"),
    "xarf": lambda facts, letter, key: dict(_reports(facts)[0]) if _one(facts, "xarf") else {},
    "xarfs": lambda facts, letter, key: _reports(facts),
    "subject": lambda facts, letter, key: letter.subject,
    "text": lambda facts, letter, key: letter.body,
    "organisation": lambda facts, letter, key: facts.hotline.name,
    "function": lambda facts, letter, key: facts.hotline.signature,
    "email": lambda facts, letter, key: facts.hotline.email,
    "country": lambda facts, letter, key: facts.hotline.country,
    "law": lambda facts, letter, key: facts.law or "",
}
#: Those of which a body needs one.
LOCATIONS: Final = frozenset({"url", "urls", "url_lines", "xarf", "xarfs"})
#: What a connector says itself, not the notice.
SETTINGS: Final = frozenset({"to_host", "to_owner"})


def check(template: object, field: str, depth: int = 0) -> None:
    """Refuse what no notice could fill. Raises `BadConnector`."""
    if depth > _DEEPEST:
        raise BadConnector(field, "is too deep")
    if isinstance(template, str):
        for braces in _BRACES.findall(template):
            match = _PLACE.fullmatch(braces)
            if match is None or match[1] not in {*PLACEHOLDERS, *SETTINGS}:
                raise BadConnector(field, "holds an unknown placeholder")
    elif isinstance(template, Mapping):
        for name, inner in template.items():
            check(inner, f"{field}.{name}", depth + 1)
    elif isinstance(template, list | tuple):
        for inner in template:
            check(inner, field, depth + 1)
    elif template is not None and not isinstance(template, bool | int | float):
        raise BadConnector(field, "is neither text, number, list nor object")


def names(template: object) -> Iterator[str]:
    """The placeholders in a template."""
    if isinstance(template, str):
        yield from (match[1] for match in _PLACE.finditer(template))
    elif isinstance(template, Mapping):
        for inner in template.values():
            yield from names(inner)
    elif isinstance(template, list | tuple):
        for inner in template:
            yield from names(inner)


def filled(template: Any, values: Mapping[str, Value]) -> Any:
    """The same with its placeholders filled; one that stands alone keeps its value's type."""
    if isinstance(template, str):
        alone = _PLACE.fullmatch(template)
        if alone and not alone[2]:
            return values[alone[1]]
        return text(template, values)
    if isinstance(template, Mapping):
        return {name: filled(inner, values) for name, inner in template.items()}
    if isinstance(template, list | tuple):
        return [filled(inner, values) for inner in template]
    return template


def text(
    template: str, values: Mapping[str, Value], escape: Callable[[str], str] = lambda one: one
) -> str:
    """A text with its placeholders filled: lists a line each, each value through `escape`."""

    def value(match: re.Match[str]) -> str:
        given = values[match[1]]
        plain = "\n".join(map(str, given)) if isinstance(given, list) else str(given)
        return escape(plain[: int(match[2])] if match[2] else plain)

    return _PLACE.sub(value, template)
