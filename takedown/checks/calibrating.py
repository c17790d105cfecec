"""What a check of one Url is for, and what it is compared with: the steps of calibration."""

import json
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from takedown.checks.calibration import Calibration, calibrate
from takedown.checks.finding import Finding, Relation

SECOND_AFTER: Final = timedelta(minutes=1)
RETRY_AFTER: Final = timedelta(hours=1)
DAILY: Final = timedelta(days=1)
TRIES: Final = 5
CONTROL_STALE: Final = timedelta(days=1)
TRANSIENT: Final = frozenset(
    {"no_connection", "resolver", "name_gone", "server_error", "origin_down", "overloaded", "ours"}
)

_decode: Final = json.JSONDecoder().decode
_KEPT: Final = ("first", "calibration", "control", "control_at", "changed", "changed_at")
_CALIBRATION: Final = ("content_type", "content_length", "last_modified", "not_calibrated")


class Step(IntEnum):
    """Which look comes next."""

    FIRST = 0
    SECOND = 1
    CONTROL = 2  # of a sibling path that cannot exist
    DONE = 3
    NOT_CALIBRATED = 4  # HEAD tells nothing of this Url: a person is asked


class Kept(NamedTuple):
    """What a later finding is compared with; kept encrypted, for headers are a stranger's text."""

    first: Finding | None = None
    calibration: Calibration | None = None
    control: Finding | None = None
    control_at: datetime | None = None
    changed: Finding | None = None  # what a person has to judge
    changed_at: datetime | None = None

    def dump(self) -> str:
        """As JSON, without what there is none of."""
        kept = {
            "first": _essence(self.first),
            "calibration": self.calibration._asdict() if self.calibration else None,
            "control": _essence(self.control),
            "control_at": self.control_at.isoformat() if self.control_at else None,
            "changed": _essence(self.changed),
            "changed_at": self.changed_at.isoformat() if self.changed_at else None,
        }
        return json.dumps({name: one for name, one in kept.items() if one is not None})


def load(text: str) -> Kept:
    """What `Kept.dump` wrote."""
    raw = _decode(text)
    first, found, control, control_at, changed, changed_at = map(raw.get, _KEPT)
    return Kept(
        _finding(first) if first else None,
        Calibration(*map(found.get, _CALIBRATION)) if found else None,
        _finding(control) if control else None,
        datetime.fromisoformat(control_at) if control_at else None,
        _finding(changed) if changed else None,
        datetime.fromisoformat(changed_at) if changed_at else None,
    )


class Turn(NamedTuple):
    """Where calibration stands after a look; `wait` overrides the cadence while it goes on."""

    step: Step
    kept: Kept
    tries: int
    wait: timedelta | None = None


def advance(step: Step, kept: Kept, tries: int, finding: Finding, note: str) -> Turn:
    """The next step after a look at the Url itself whose verdict's note is `note`.

    What the host could not answer is asked again an hour later, five times; then a person is. A
    Url that HEAD told nothing of is looked at daily, and calibrated should it answer one day.
    """
    if step is Step.FIRST:
        if note in TRANSIENT:
            return _again(kept, tries)
        return Turn(Step.SECOND, Kept(first=finding), tries, SECOND_AFTER)
    if step is Step.SECOND and kept.first is not None:
        if note in TRANSIENT:
            return _again(kept, tries)
        found = calibrate(kept.first, finding)
        if found.not_calibrated:
            return Turn(Step.NOT_CALIBRATED, Kept(calibration=found), tries)
        return Turn(Step.CONTROL, Kept(calibration=found), tries, timedelta(0))
    if step is Step.NOT_CALIBRATED:
        if calibrate(finding, finding).not_calibrated:
            return Turn(step, kept, tries, DAILY)
        return Turn(Step.SECOND, Kept(first=finding), 0, SECOND_AFTER)
    return Turn(step, kept, tries)


def controlled(kept: Kept, tries: int, control: Finding, now: datetime) -> Turn:
    """After the look at the sibling path: done. What it says counts by the verdict table."""
    return Turn(Step.DONE, kept._replace(control=control, control_at=now), tries)


def wants_control(step: Step, kept: Kept, note: str, now: datetime) -> bool:
    """Whether a redirect to the front page needs to know first what a wrong path would get."""
    return (
        step is Step.DONE
        and note in ("to_root", "other_path")
        and (kept.control_at is None or now - kept.control_at > CONTROL_STALE)
    )


def _again(kept: Kept, tries: int) -> Turn:
    if tries + 1 >= TRIES:
        return Turn(Step.NOT_CALIBRATED, Kept(calibration=Calibration(not_calibrated=True)), tries)
    return Turn(Step.FIRST, kept, tries + 1, RETRY_AFTER)


def _essence(finding: Finding | None) -> dict[str, object] | None:
    if finding is None:
        return None
    return {
        "status": finding.status,
        "content_type": finding.content_type,
        "content_length": finding.content_length,
        "last_modified": finding.last_modified,
        "location": finding.location,
        "error": finding.error,
    }


def _finding(raw: dict[str, object]) -> Finding:
    location = raw.pop("location")
    return Finding(location=Relation(str(location)) if location else None, **raw)  # type: ignore[arg-type]  # as dumped above
