"""The breaker of each channel: within one run, one that is down is not tried again and again."""

from collections import Counter
from typing import Final

from notices.channels.base import SendError

#: Hand-overs in a row without any answer, after which a channel counts as down.
SILENT_AT_MOST: Final = 3
_TALKING: Final = frozenset({"mail", "rcpt", "data", "text", "dot", "answer"})


class Ways:
    """The media that are still tried in a run, in `open`."""

    def __init__(self, media: list[str]) -> None:
        self.open = list(media)
        self._silent: Counter[str] = Counter()

    def went(self, medium: str, error: SendError | None) -> bool:
        """Note how a hand-over by this medium went; whether it is tried further."""
        silent = error is not None and error.code is None and not error.permanent
        if error is None or not silent or error.phase not in _TALKING:
            self._silent[medium] = 0
        else:
            self._silent[medium] += 1
        down = error is not None and error.channel_down
        if down or self._silent[medium] >= SILENT_AT_MOST:
            self.open.remove(medium)
            return False
        return True
