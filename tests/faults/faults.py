"""What befalls a hand-over: by the recipient's name, or at a connection whoever it serves."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HANG, CLOSE, KILL, STOP, HOLD, EXPIRED = "hang", "close", "kill", "stop", "hold", "expired"


@dataclass(frozen=True)
class Fault:
    """At which step, and what: a server's answer, or one of the words above.

    Steps of the server are its verbs, `greeting` and `dot`; those of the sender `claimed` (nothing
    is connected yet), `unarmed` and `armed` (the text is with the server, its dot is not),
    `answered` (the 250 is read), `writing` (within the transaction) and `written`.
    `stored`: the server had the message when it happened. `always`: each time, not the first alone.
    """

    at: str
    act: str
    stored: bool = False
    always: bool = False

    @property
    def leaves_doubt(self) -> bool:
        """Whether the sender can't know if the message was accepted."""
        after_dot = self.at == "dot" and self.act in (HANG, CLOSE, KILL, STOP)
        after_body = self.at == "answer" and self.act in (HANG, CLOSE, "500", "409")
        return after_dot or after_body or self.at in ("armed", "answered", "writing")

    @property
    def refuses(self) -> bool:
        """Whether nothing will ever be accepted."""
        return self.always and self.act[0] in "345"


WELL: Final = Fault("never", "")
#: The first part of a recipient's name -> what befalls the notices to it.
FAULTS: Final = {
    "well": WELL,
    "greylisted": Fault("rcpt", "450 4.7.1 greylisted, come back"),
    "greylisted-later": Fault("rcpt", "451 4.7.1 try again"),
    "rcpt-421": Fault("rcpt", "421 4.3.2 closing"),
    "rcpt-452": Fault("rcpt", "452 4.2.2 full"),
    "rcpt-452-always": Fault("rcpt", "452 4.2.2 full", always=True),
    "rcpt-550": Fault("rcpt", "550 5.1.1 no such user", always=True),
    "rcpt-hangs": Fault("rcpt", HANG),
    "rcpt-closes": Fault("rcpt", CLOSE),
    "rcpt-killed": Fault("rcpt", KILL),
    "data-421": Fault("data", "421 4.3.2 closing"),
    "data-452": Fault("data", "452 4.3.1 no room"),
    "data-hangs": Fault("data", HANG),
    "data-closes": Fault("data", CLOSE),
    "data-killed": Fault("data", KILL),
    "data-stopped": Fault("data", STOP),
    "dot-421": Fault("dot", "421 4.3.2 closing"),
    "dot-450": Fault("dot", "450 4.2.1 busy"),
    "dot-552": Fault("dot", "552 5.3.4 too big", always=True),
    "dot-late": Fault("dot", "late 250 2.0.0 Ok: queued as LATE99", stored=True),
    "dot-hangs": Fault("dot", HANG),
    "dot-hangs-stored": Fault("dot", HANG, stored=True),
    "dot-closes": Fault("dot", CLOSE),
    "dot-closes-stored": Fault("dot", CLOSE, stored=True),
    "dot-killed": Fault("dot", KILL),
    "dot-killed-stored": Fault("dot", KILL, stored=True),
    "dot-stopped-stored": Fault("dot", STOP, stored=True),
    "claimed-killed": Fault("claimed", KILL),
    "claimed-stopped": Fault("claimed", STOP),
    "unarmed-killed": Fault("unarmed", KILL),
    "unarmed-stopped": Fault("unarmed", STOP),
    "armed-killed": Fault("armed", KILL),
    "armed-stopped": Fault("armed", STOP),
    "answered-killed": Fault("answered", KILL, stored=True),
    "writing-killed": Fault("writing", KILL, stored=True),
    "writing-stopped": Fault("writing", STOP, stored=True),
    "written-killed": Fault("written", KILL, stored=True),
    "held": Fault("unarmed", HOLD),
}
#: The same for providers' interfaces; `blind` ones don't know a report that they have had.
INTERFACES: Final = {
    "api-well": WELL,
    "api-429": Fault("answer", "429"),
    "api-503": Fault("answer", "503"),
    "api-400": Fault("answer", "400", always=True),
    "api-302": Fault("answer", "302", always=True),
    "api-500": Fault("answer", "500"),
    "api-500-stored": Fault("answer", "500", stored=True),
    "api-500-blind": Fault("answer", "500"),
    "api-500-stored-blind": Fault("answer", "500", stored=True),
    "api-409": Fault("answer", "409", stored=True),
    "api-closes-stored": Fault("answer", CLOSE, stored=True),
    "api-closes-stored-blind": Fault("answer", CLOSE, stored=True),
    "api-hangs": Fault("answer", HANG),
    "api-hangs-stored-blind": Fault("answer", HANG, stored=True),
    "api-claimed-killed": Fault("claimed", KILL),
    "api-unarmed-stopped": Fault("unarmed", STOP),
    "api-armed-killed": Fault("armed", KILL),
    "api-armed-killed-blind": Fault("armed", KILL),
    "api-answered-killed": Fault("answered", KILL, stored=True),
    "api-answered-killed-blind": Fault("answered", KILL, stored=True),
}
#: What befalls connections.
CONNECTIONS: Final = (
    Fault("greeting", "421 4.3.2 too busy"),
    Fault("greeting", "554 5.3.2 go away"),
    Fault("greeting", HANG),
    Fault("greeting", CLOSE),
    Fault("ehlo", "421 4.3.2 too busy"),
    Fault("ehlo", HANG),
    Fault("ehlo", CLOSE),
    Fault("ehlo", KILL),
    Fault("ehlo", "250 faulty.example"),  # STARTTLS is taken out of the answer
    Fault("starttls", "454 4.7.0 not now"),
    Fault("starttls", EXPIRED),
    Fault("starttls", HANG),
    Fault("starttls", CLOSE),
    Fault("starttls", KILL),
    Fault("mail", "421 4.3.2 closing"),
    Fault("mail", "450 4.7.1 slow down"),
    Fault("mail", "452 4.3.1 no room"),
    Fault("mail", "550 5.7.1 not from you"),
    Fault("mail", HANG),
    Fault("mail", KILL),
    Fault("rset", HANG),
    Fault("rset", CLOSE),
    Fault("quit", HANG),
    Fault("quit", KILL),
)


def name_of(recipient: str) -> str:
    """The fault's name in `greylisted.7@provider.example` and `api-429_7`."""
    return re.split("[._]", recipient, maxsplit=1)[0]


def fault_of(recipient: str) -> Fault:
    """What befalls a recipient."""
    name = name_of(recipient)
    return FAULTS.get(name) or INTERFACES.get(name, WELL)


class Happened:
    """What has befallen whom, as files, so that it happens once whichever process comes by."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def now(self, recipient: str, fault: Fault) -> bool:
        """Whether it is to happen to this recipient now; then it has."""
        made = self._folder / f"{recipient}-{fault.at}"
        try:
            os.close(os.open(made, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return fault.always
        return True

    def to(self, recipient: str) -> bool:
        """Whether its own fault has befallen a recipient; one who has none counts as such."""
        fault = fault_of(recipient)
        return fault is WELL or (self._folder / f"{recipient}-{fault.at}").exists()
