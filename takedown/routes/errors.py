"""Why a change of the routes is refused: the field and the reason, for the page to show beside."""

from takedown.errors import TakedownError


class RouteRefused(TakedownError):
    """A change that can't be made; `field` is empty where no single field is to blame."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class Stale(RouteRefused):
    """Somebody else changed the row since the form was shown."""

    def __init__(self) -> None:
        super().__init__("", "somebody else has changed it meanwhile: look again")


def required(field: str, text: str | None) -> str:
    """The text. Raises `RouteRefused` where there is none, or more than one line of it."""
    stripped = (text or "").strip()
    if not stripped:
        raise RouteRefused(field, "is missing")
    if len(stripped) > 500 or not stripped.isprintable():
        raise RouteRefused(field, "is one line of at most 500 characters")
    return stripped
