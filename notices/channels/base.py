"""What every way out has in common: a receipt, or an error that says what may be done next."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from notices.errors import NoticeError

AcceptedBy = Literal["recipient", "relay", "api", "person", "rehearsal"]
_KEPT: Final = 300


def neutral(answer: bytes | str) -> str:
    """A server's answer as it may be kept: printable ASCII, one line, at most 300 characters."""
    text = answer.decode("latin-1") if isinstance(answer, bytes) else answer
    return re.sub(r"[^!-~]+", " ", text)[:_KEPT].strip()


@dataclass(frozen=True)
class Receipt:
    """Proof of acceptance: by whom, in which words, under which id of theirs.

    `queue_id` may be kept in the clear. `reference` is the recipient's own name of the matter, to
    ask by later; it may quote anything, and so may the `exchange` (JSON, free of secrets): both are
    sealed where they are kept.
    """

    accepted_by: AcceptedBy
    response: str
    queue_id: str | None
    reference: str | None = field(default=None, repr=False)
    exchange: bytes | None = field(default=None, repr=False)


class SendError(NoticeError):
    """Not handed over, and nothing was accepted.

    `permanent` speaks of this message to this recipient; `channel_down` of the channel itself (no
    attempt is spent). `phase` is where it ended, `code` the server's, if it gave one. `response` is
    neutralised; it may quote the message, so it stays out of the exception's text, as the
    `exchange` does (see `Receipt`). `retry_after_s`: the recipient's own word on when to come back.
    """

    def __init__(
        self,
        phase: str,
        response: str = "",
        *,
        code: int | None = None,
        permanent: bool = False,
        channel_down: bool = False,
        retry_after_s: float | None = None,
        exchange: bytes | None = None,
    ) -> None:
        word = "permanent" if permanent else "channel down" if channel_down else "temporary"
        super().__init__(f"{phase}: {code or 'no answer'} ({word})")
        self.phase = phase
        self.code = code
        self.response = neutral(response)
        self.permanent = permanent
        self.channel_down = channel_down
        self.retry_after_s = retry_after_s
        self.exchange = exchange


class Ambiguous(SendError):
    """The last byte may have been read: whether the message was accepted is not known."""


class Channel(Protocol):
    """A way out."""

    def send(
        self,
        message: bytes,
        sender: str,
        recipient: str,
        *,
        arm: Callable[[], bool],
        deadline_s: float,
        envid: str | None = None,
    ) -> Receipt:
        """Hand over frozen bytes within `deadline_s` seconds in all.

        `arm` is called once, when all but the last act is done: it commits `sending` and says
        whether the lease still stands. On False nothing is sent. Raises `SendError`, `Ambiguous`.
        """
        ...
