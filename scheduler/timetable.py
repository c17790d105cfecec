"""When each stage runs: data. Due dates live in rows; a job only looks whether there is work."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Job:
    """A stage and the seconds between two looks at its rows."""

    name: str
    stage: str
    every: int


TIMETABLE: Final = (
    Job("locate hosts", "locate", 5),
    Job("check availability", "check", 5),
    Job("compose notices", "compose", 20),
    Job("send notices", "send", 10),
    Job("follow up", "follow-up", 60),
    Job("purge", "purge", 3600),
)
