"""What HEAD can tell of one Url, found by asking twice a minute apart."""

from typing import NamedTuple, TypeVar

from takedown.checks.finding import Finding

T = TypeVar("T")


class Calibration(NamedTuple):
    """The validators that did not change by themselves; None where they did or were absent.

    No ETag: nodes of one CDN differ in it. `not_calibrated`: the two looks were not both 2xx, so
    HEAD tells nothing here and a person is asked.
    """

    content_type: str | None = None
    content_length: int | None = None
    last_modified: str | None = None
    not_calibrated: bool = False

    @property
    def comparable(self) -> bool:
        """Whether anything was kept by which "as before" can be said."""
        kept = (self.content_type, self.content_length, self.last_modified)
        return not self.not_calibrated and any(value is not None for value in kept)


def calibrate(first: Finding, second: Finding) -> Calibration:
    """Keeps what is equal in both; `not_calibrated` unless both are 2xx without a fault."""
    if not (_fine(first) and _fine(second)):
        return Calibration(not_calibrated=True)
    return Calibration(
        content_type=_same(first.content_type, second.content_type),
        content_length=_same(first.content_length, second.content_length),
        last_modified=_same(first.last_modified, second.last_modified),
    )


def _fine(finding: Finding) -> bool:
    return finding.error is None and finding.status is not None and 200 <= finding.status < 300


def _same(one: T | None, other: T | None) -> T | None:
    return one if one == other else None
