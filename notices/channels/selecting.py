"""A place in an answer: a JSON pointer (RFC 6901) or a regular expression."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from notices.errors import BadConnector

_LONGEST: Final = 200
_READ: Final = 20_000


@dataclass(frozen=True)
class Select:
    """Exactly one of the two; the expression's first group counts, if it has one."""

    pointer: str | None = None
    regex: str | None = None

    @classmethod
    def load(cls, name: str, document: object) -> Self:
        """Read `{"pointer": ...}` or `{"regex": ...}`. Raises `BadConnector`."""
        if not isinstance(document, Mapping) or set(document) not in ({"pointer"}, {"regex"}):
            raise BadConnector(name, "is neither a pointer nor a regex")
        value = next(iter(document.values()))
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
            raise BadConnector(name, "is empty or too long")
        if "pointer" in document:
            if not re.fullmatch(r"(?:/(?:[^~/]|~[01])*)+", value):
                raise BadConnector(name, "is no JSON pointer")
            return cls(pointer=value)
        try:
            re.compile(value)
        except re.error:
            raise BadConnector(name, "is no regular expression") from None
        return cls(regex=value)

    def find(self, body: str) -> Any:
        """What stands there; None if nothing does, or the answer is not JSON."""
        if self.pointer is not None:
            return _at(document(body), self.pointer)
        match = re.search(self.regex or "", body[:_READ])
        if match is None:
            return None
        return match[1] if match.re.groups else match[0]

    def text(self, body: str) -> str | None:
        """The same as text: numbers and lists of texts too; None for all else."""
        found = self.find(body)
        if isinstance(found, list):
            found = "; ".join(str(one) for one in found if isinstance(one, str | int))
        if isinstance(found, Mapping):
            found = json.dumps(found, ensure_ascii=False)
        return str(found) if isinstance(found, str | int | float) and found != "" else None


def document(body: str) -> Any:
    """The JSON document, else None."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _at(found: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found
