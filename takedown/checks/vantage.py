"""From where a Url is looked at next, where there are several vantage points. Pure."""

from typing import Final

from takedown.checks.calibrating import Step
from takedown.checks.removal import FAILING, State

MOST: Final = 14  # a smallint holds their bits, and the one of people's own viewers


def choose(step: Step, state: State, vantages: int, seed: int) -> int:
    """The ordinal of the vantage point that looks next.

    Calibration keeps to the first, for its looks are compared with each other. A failing run is
    looked at from where it has not failed yet: two of them must agree before it is a removal, and
    a block for one of them ends with the other's `up`. One of them that is told nothing, neither
    up nor down, must not keep the run waiting: after it they take turns, as they do else.
    """
    if vantages < 2 or step is not Step.DONE:
        return 0
    if not state.provisional:
        return (seed + state.spell_checks) % vantages
    if state.verdict not in FAILING:
        return (state.run_fails + state.spell_checks) % vantages
    failed = state.run_vantages
    others = [ordinal for ordinal in range(vantages) if not failed >> ordinal & 1]
    return others[0] if others else state.run_fails % vantages
