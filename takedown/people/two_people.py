"""Two people: nobody gives the second yes to what they had a hand in."""

from typing import Final

from takedown.errors import TakedownError

OWN_WORK: Final = "you wrote this, or had a hand in it: somebody else does it"


class OwnWork(TakedownError):
    """The second yes was asked for by whoever wrote the thing, or changed it since."""

    def __init__(self) -> None:
        super().__init__(OWN_WORK)


def not_by(hands: set[str | None], by: str) -> None:
    """Raises `OwnWork` where the actor `by` is one of the `hands`; None is nobody's."""
    if by in hands:
        raise OwnWork
