"""Reading configuration that people wrote: every refusal names the place, never repeats a value."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from notices.channels.selecting import Select
from notices.errors import BadConnector

T = TypeVar("T")


def one_of(name: str, value: object, allowed: tuple[Any, ...]) -> None:
    """A value of a list. Raises `BadConnector`, as all of these do."""
    if not isinstance(value, str) or value not in allowed:
        raise BadConnector(name, "is none of " + ", ".join(allowed))


def pattern(name: str, value: object, shape: re.Pattern[str], *, optional: bool = False) -> None:
    """A text of this shape."""
    if value is None and optional:
        return
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise BadConnector(name, "is not of the right shape")


def whole(name: str, value: object, least: int, most: int) -> None:
    """A whole number within bounds."""
    if type(value) is not int or not least <= value <= most:
        raise BadConnector(name, f"is no whole number from {least} to {most}")


def strings(name: str, value: object) -> tuple[str, ...]:
    """A list of texts, in lower case."""
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise BadConnector(name, "is no list of texts")
    return tuple(one.lower() for one in value)


def known(document: object, cls: type[Any], prefix: str = "") -> dict[str, Any]:
    """The document as a table with this class's fields alone."""
    if not isinstance(document, Mapping):
        raise BadConnector(prefix or "connector", "is no table")
    names = {one.name for one in dataclasses.fields(cls)}
    for name in document:
        if name not in names:
            raise BadConnector(prefix or "connector", "holds an unknown field")
    return dict(document)


def part(name: str, document: object, cls: type[T]) -> T:
    """A part of the connector; its places in an answer and its lists are read on the way."""
    given = known(document, cls, name)
    for inner, value in given.items():
        where = f"{name}.{inner}"
        if inner in ("at", "origin") and value is not None:
            given[inner] = Select.load(where, value)
        elif inner == "state":
            many = value if isinstance(value, list | tuple) else [value]
            given[inner] = tuple(Select.load(where, one) for one in many)
        elif isinstance(value, list):
            given[inner] = tuple(value)
        elif inner in ("states", "body") and not isinstance(value, Mapping):
            raise BadConnector(where, "is no table")
        elif inner in ("url",) and value is not None and not isinstance(value, str):
            raise BadConnector(where, "is no text")
    return made(name, cls, given)


def made(prefix: str, cls: type[T], given: Mapping[str, Any]) -> T:
    """An instance; a field that is missing or of another kind is refused by the place."""
    try:
        return cls(**given)
    except (TypeError, AttributeError, ValueError):
        raise BadConnector(
            prefix or "connector", "lacks a field, or one is of a wrong kind"
        ) from None
