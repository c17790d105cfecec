"""What can still be read of a JSON text that was cut off."""

import json
import re
from collections import deque
from typing import Any, Final

_CLOSES: Final = {"{": "}", "[": "]"}
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[][{},]', re.S)
_DEEPEST: Final = 100
_TRIES: Final = 50


def salvage(text: str) -> dict[str, Any] | None:
    """The object as far as it came: whole values stay, what was broken off goes.

    None where not even one member is whole.
    """
    for end, closing in reversed(_places(text)):
        try:
            document = json.loads(text[:end] + closing)
        except ValueError:
            continue
        return document if isinstance(document, dict) and document else None
    return None


def _places(text: str) -> deque[tuple[int, str]]:
    """The last places where it could be cut, and the brackets to put there."""
    opened: list[str] = []
    places: deque[tuple[int, str]] = deque(maxlen=_TRIES)
    for token in _TOKEN.finditer(text):
        said = token[0]
        if said in _CLOSES:
            opened.append(_CLOSES[said])
        elif said in "}]" and (not opened or opened.pop() != said):
            break
        if len(opened) > _DEEPEST:
            break
        if said == ",":
            places.append((token.start(), "".join(reversed(opened))))
        elif said in "{}[]":
            places.append((token.end(), "".join(reversed(opened))))
    return places
