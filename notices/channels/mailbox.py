"""The rehearsal channel: nothing leaves. The caller keeps what would have left, encrypted."""

from collections.abc import Callable

from notices.channels.base import Receipt, SendError


class Mailbox:
    """Accepts everything, in the same order of acts as a real channel."""

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
        """A receipt of the rehearsal. Raises `SendError` (phase `arm`) when `arm` says no."""
        if not arm():
            raise SendError("arm", "the lease had ended")
        return Receipt("rehearsal", "250 rehearsal: nothing left", None)
