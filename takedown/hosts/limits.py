"""How much is asked of one registry, and when it is let alone: pace, pauses, silence."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

AT_ONCE: Final = 8  # questions under way at one registry
LONGEST_PAUSE_S: Final = 3_600.0
_FIRST_PAUSE_S: Final = 1.0  # doubled while it stays busy without saying for how long
_SILENCES: Final = 2  # in a row: then it is let alone
_FIRST_SILENCE_S: Final = 60.0
_LONGEST_SILENCE_S: Final = 600.0
_ALIVE_S: Final = 600.0


@dataclass(slots=True)
class _State:
    under_way: int = 0
    next_at: float = 0.0  # by its pace
    paused_until: float = 0.0  # it said when to come back
    busy: int = 0  # in a row
    silent: int = 0  # in a row
    silent_until: float = 0.0
    answered_at: float = field(default=float("-inf"))


class Limits:
    """What each registry has been seen to bear. Shared by threads and batches of one process.

    `rate`: questions a second to one registry at the most, 0 without a limit. Times are seconds
    of `clock`, a clock that never jumps.
    """

    def __init__(self, rate: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._clock = clock
        self._states: dict[str, _State] = {}
        self._lock = threading.Lock()

    def take(self, registry: str) -> float:
        """Take a place at a registry: 0 where one was free, else seconds until asking again.

        A place that was taken is given back by `answered`, `busy` or `silent`.
        """
        with self._lock:
            state, now = self._state(registry), self._clock()
            ready = max(state.next_at, state.paused_until, state.silent_until)
            if ready > now:
                return ready - now
            if state.under_way >= (1 if state.silent >= _SILENCES else AT_ONCE):
                return 0.05
            state.under_way += 1
            state.next_at = now + self._gap
            return 0.0

    def answered(self, registry: str) -> None:
        """It answered, whatever it said."""
        with self._lock:
            state = self._back(registry)
            state.busy = state.silent = 0
            state.silent_until = 0.0
            state.answered_at = self._clock()

    def busy(self, registry: str, wait: float | None) -> None:
        """It asked to be left alone; `wait` in seconds, None where it did not say for how long."""
        with self._lock:
            state = self._back(registry)
            state.silent = 0
            own = _FIRST_PAUSE_S * 2 ** min(state.busy, 12)
            state.busy += 1
            pause = min(own if wait is None else max(wait, 0.2), LONGEST_PAUSE_S)
            state.paused_until = max(state.paused_until, self._clock() + pause)

    def silent(self, registry: str) -> None:
        """Nothing came; after a few in a row it is let alone for a while, ever longer."""
        with self._lock:
            state = self._back(registry)
            state.silent += 1
            if state.silent >= _SILENCES:
                wait = _FIRST_SILENCE_S * 2 ** min(state.silent - _SILENCES, 4)
                state.silent_until = self._clock() + min(wait, _LONGEST_SILENCE_S)

    def given_up(self, registry: str) -> bool:
        """Whether it is let alone because it does not answer."""
        with self._lock:
            return self._state(registry).silent_until > self._clock()

    def pause(self, registry: str) -> float:
        """Seconds for which it asked to be left alone."""
        with self._lock:
            return max(0.0, self._state(registry).paused_until - self._clock())

    def alive(self, registry: str) -> bool:
        """Whether it has answered lately: what it had no time for is worth coming back for."""
        with self._lock:
            return self._clock() - self._state(registry).answered_at < _ALIVE_S

    def _state(self, registry: str) -> _State:
        return self._states.setdefault(registry, _State())

    def _back(self, registry: str) -> _State:
        state = self._state(registry)
        state.under_way = max(0, state.under_way - 1)
        return state
