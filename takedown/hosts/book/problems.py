"""What the book refuses, field by field."""

from collections.abc import Mapping

from takedown.errors import TakedownError


class BadField(TakedownError):
    """A value does not fit; `reason` says why, in English, without the value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BookError(TakedownError):
    """Something was refused; `problems` is field -> reason, and nothing was changed."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {why}" for name, why in problems.items()))
        self.problems = dict(problems)
