"""Whether a copy's body can stand, and what is wrong with it: every line at once, not the first."""

from typing import Final

from notices.errors import TemplateFault
from notices.templates import BUILTIN, Copy, LetterTemplate, Templates
from takedown.errors import TakedownError

_MOST: Final = 20  # faults that are told


class Faulty(TakedownError):
    """A body that can't be a letter; `faults` in the order of their lines."""

    def __init__(self, faults: list[TemplateFault]) -> None:
        super().__init__(f"{len(faults)} faults in the text")
        self.faults = faults


def require(kind: str, language: str, body: str) -> LetterTemplate:
    """The letter that this body makes. Raises `Faulty`; `UnknownTemplate` for its kind."""
    found = faults(kind, language, body)
    if found:
        raise Faulty(found)
    return trial(kind, language, body).choose(kind, language).template


def faults(kind: str, language: str, body: str) -> list[TemplateFault]:
    """What is wrong with a body; points that it leaves out are told once every line is right.

    Raises `UnknownTemplate` where the software has no such letter.
    """
    found: list[TemplateFault] = []
    lines = body.replace("\r\n", "\n").split("\n")
    while len(found) < _MOST:
        try:
            trial(kind, language, "\n".join(lines))
        except TemplateFault as fault:
            if fault.line is None:
                return found or [fault]
            found.append(fault)
            lines[fault.line - 1] = ""
        else:
            break
    return sorted(found, key=lambda fault: fault.line or 0)


def trial(kind: str, language: str, body: str) -> Templates:
    """The built-in letters with this body in the place of its language's.

    Raises `TemplateFault` for the first fault, `UnknownTemplate`.
    """
    name = f"{language}/{kind}"
    return BUILTIN.with_copies(
        [Copy(name=name, kind=kind, lang=language, body=body, version="trial", reviewed=False)]
    )
