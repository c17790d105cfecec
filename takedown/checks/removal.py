"""From verdicts to removal: a fold, pure. One failure is never a removal."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from takedown.checks.verdict import Verdict


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one Url's availability: plain columns of a narrow table. Times are UTC.

    The spell is the run of equal verdicts that goes on now. The failing run counts `down` and
    `unreachable` together since the last `up`. `*_vantages` are bit masks of vantage points.
    After a confirmation, (`up_before_at`, `first_down_at`] is the interval of the removal.
    """

    verdict: Verdict | None = None
    spell_first_at: datetime | None = None
    spell_last_at: datetime | None = None
    spell_checks: int = 0
    last_up_at: datetime | None = None
    last_up_manual: bool = False
    run_first_at: datetime | None = None
    run_last_at: datetime | None = None
    run_fails: int = 0
    run_vantages: int = 0
    run_downs: int = 0
    run_down_first_at: datetime | None = None
    run_down_last_at: datetime | None = None
    run_down_vantages: int = 0
    confirmed_at: datetime | None = None
    up_before_at: datetime | None = None
    first_down_at: datetime | None = None
    return_up_at: datetime | None = None

    @property
    def ever_up(self) -> bool:
        return self.last_up_at is not None

    @property
    def provisional(self) -> bool:
        """A failing run is open and not yet a removal: shown at once, checked every 8 h at most."""
        return self.run_first_at is not None and self.confirmed_at is None


class ChangeKind(StrEnum):
    SPELL_OPENED = "spell_opened"
    SPELL_EXTENDED = "spell_extended"
    PROVISIONAL = "provisional"  # a failing run begins
    CLEARED = "cleared"  # an up ended the failing run before it was a removal
    CONFIRMED = "confirmed"
    REDATED = "redated"  # a late observation narrowed the interval of a confirmed removal
    REAPPEARED = "reappeared"
    RETRACTED = "retracted"  # what was confirmed had been an outage
    CONTRADICTED = "contradicted"  # a late up inside a confirmed run: a person must look


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that an observation changed. `at` is its own time: for `reappeared` the first up.

    `last_up_at` and `first_down_at` bound the removal where the kind speaks of one;
    `unreachable_only` says no explicit `down` was seen, `vantages` from where (bit mask).
    """

    kind: ChangeKind
    at: datetime
    manual: bool = False
    last_up_at: datetime | None = None
    first_down_at: datetime | None = None
    unreachable_only: bool = False
    vantages: int = 0
