"""When each stage runs: data. Due dates live in rows; a job only looks whether there is work."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Job:
    """A stage, the seconds between two looks at its rows, and how much it takes at a time.

    A portion ends within moments, so that a scheduler that is told to stop does.
    """

    name: str
    stage: str
    every: int
    most: int


TIMETABLE: Final = (
    Job("locate hosts", "locate", 5, 200),
    Job("check availability", "check", 5, 2_000),
    Job("compose notices", "compose", 20, 1_000),
    Job("send notices", "send", 10, 100),
    Job("read the inbox", "inbox", 30, 500),
    Job("follow up", "follow-up", 60, 1_000),
    Job("write the facts", "facts", 300, 1_000_000_000),
    Job("make reports", "reports", 10, 1),
    Job("purge", "purge", 3600, 1_000_000),
)
