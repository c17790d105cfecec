"""A real sender in a process of its own, that kills itself with SIGKILL at a step of a hand-over.

Usage: dying_sender.py DATABASE_URL KEY_FILE SMTP_PORT NOW STEP NTH. STEP is `never`, `before_arm`,
`after_arm` or `after_dot`; NTH says at which hand-over.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from notices.channels.base import Receipt
from notices.channels.smtp import SmtpChannel
from notices.channels.smtp_url import Endpoint
from takedown import db
from takedown.outbox.send import Sender, send
from takedown.routes.gate import Availability
from takedown.routes.hotline import Hotline, Leaves, Mode, Preset
from takedown.vault import Vault

HOTLINE = Hotline(
    "FR", Preset.GLOBAL, "Example Hotline", "Notice desk", "hotline", "notices@hotline.example.org"
)


class Dying(SmtpChannel):
    """A channel whose process ends at one step of its n-th hand-over."""

    def __init__(self, port: int, step: str, nth: int) -> None:
        super().__init__(Endpoint("127.0.0.1", port, "none"), ehlo_name="hotline.example.org")
        self._step = step
        self._left = nth

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
        self._left -= 1

        def armed() -> bool:
            self._die("before_arm")
            answer = arm()
            self._die("after_arm")
            return answer

        receipt = super().send(
            message, sender, recipient, arm=armed, deadline_s=deadline_s, envid=envid
        )
        self._die("after_dot")
        return receipt

    def _die(self, step: str) -> None:
        if step == self._step and self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, key_file: str, port: str, at: str, step: str, nth: str) -> None:
    now = datetime.fromisoformat(at)

    def look_up(session: Session, urls: list[UUID]) -> Mapping[UUID, Availability]:
        return dict.fromkeys(urls, Availability(checked_at=now, last_up_at=now))

    engine = db.connect(url)
    with Dying(int(port), step, int(nth)) as channel:
        send(
            Sender(
                sessions=db.sessions(engine),
                vault=Vault(bytes(range(32)), Path(key_file)),
                hotline=HOTLINE,
                leaves=Leaves(Mode.REHEARSAL, closed=True),
                channels={"email": channel},
                look_up=look_up,
                on_accepted=lambda session, urls, accepted_at: None,
                clock=lambda: now,
                draw=lambda: 0.5,
                deadline_s=20,
            ),
            now=now,
        )
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
