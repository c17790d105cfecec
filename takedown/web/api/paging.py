"""Pages by cursor: opaque, stable while rows are added."""

import base64
import binascii

from flask_smorest import abort


def after(cursor: str) -> str:
    """The place that a cursor names; empty for the beginning. A wrong one is a 400."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        return str(abort(400, message="not a cursor of this list"))


def cursor(place: object) -> str:
    """The cursor of a place."""
    return base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def number_after(cursor_text: str) -> int | None:
    """The running number that a cursor names."""
    place = after(cursor_text)
    if not place:
        return None
    if not place.isdigit() or len(place) > 18:
        abort(400, message="not a cursor of this list")
    return int(place)
