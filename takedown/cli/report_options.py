"""What a report is asked for with: a period, languages, forms, and a folder for the files."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

import click

from takedown.cli import door
from takedown.stats.exports.tongue import LANGUAGES
from takedown.stats.exports.writing import FORMATS

Command = Callable[..., Any]


class Day(click.ParamType[date]):
    """A day, ISO 8601."""

    name = "day"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail("not a day such as 2026-03-31", param, ctx)


class Several(click.ParamType[list[str]]):
    """Words of a list, with commas between."""

    name = "list"

    def __init__(self, known: tuple[str, ...]) -> None:
        self.known = known

    def convert(self, value: Any, param: Any, ctx: Any) -> list[str]:
        words = value if isinstance(value, list) else [one.strip() for one in value.split(",")]
        wrong = [one for one in words if one not in self.known]
        if wrong:
            self.fail(f"of {', '.join(self.known)}", param, ctx)
        return words


_LANGS: Final = click.option(
    "--lang", "langs", type=Several(LANGUAGES), default="en", show_default=True
)
_FORMATS: Final = click.option(
    *("--format", "formats"),
    type=Several(tuple(FORMATS)),
    default="xlsx,pdf",
    show_default=True,
    help=f"Of {', '.join(FORMATS)}, with commas between.",
)
_OUTPUT: Final = click.option(
    *("-o", "--output"),
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder for the files.",
)
_FIRST: Final = click.option("--from", "first", type=Day(), required=True, help="First day, UTC.")
_LAST: Final = click.option("--to", "last", type=Day(), required=True, help="Last day, included.")
_CUTOFF: Final = click.option(
    "--cutoff", type=door.Instant(), help="As of when; the end of the last day."
)


def in_forms(command: Command) -> Command:
    """In which languages and forms, and where to."""
    return _LANGS(_FORMATS(_OUTPUT(command)))


def period(command: Command) -> Command:
    """The options that every report shares."""
    return _FIRST(_LAST(_CUTOFF(in_forms(door.at_now(door.as_json(command))))))
