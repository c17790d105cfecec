"""The SMTP server: every mailbox of the small internet, each with its manners."""

import asyncio
import email.policy
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from sandbox.ledger import Ledger
from sandbox.letters import locations
from sandbox.providers import PROVIDERS, organisation_of
from sandbox.replies import write_back
from sandbox.scene import Scene
from sandbox.world import key_of

GREYLIST = timedelta(minutes=5)
GREYLIST_TRIES = 3
SIZE = 32_000_000


class Mailboxes:
    """aiosmtpd's handler: manners are accept, greylist, bounce, tempfail, hang, swallow.

    `hang` takes the message, forgets it and never answers; `swallow` keeps it, never answers.
    """

    def __init__(self, scene: Scene, ledger: Ledger, answers: Path) -> None:
        self.scene = scene
        self.ledger = ledger
        self.answers = answers
        self._waiting: dict[tuple[str, str], tuple[datetime, int]] = {}

    def manner(self, mailbox: str) -> str:
        """A test's word on the mailbox or its domain, else its provider's habit."""
        mailbox = mailbox.lower()
        for name in (mailbox, mailbox.rpartition("@")[2]):
            if name in self.scene.mailboxes:
                return self.scene.mailboxes[name]
        provider = PROVIDERS.get(organisation_of(mailbox) or "")
        return provider.mail if provider is not None else "accept"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        match self.manner(address):
            case "bounce":
                return "550 5.1.1 mailbox unavailable"
            case "tempfail":
                return "451 4.3.0 try again later"
            case "greylist" if not self._known(envelope.mail_from or "", address.lower()):
                return "451 4.7.1 greylisted, try again in five minutes"
            case _:
                envelope.rcpt_tos.append(address)
                return "250 2.1.5 OK"

    def _known(self, sender: str, recipient: str) -> bool:
        now = self.scene.clock.now()
        first, tries = self._waiting.get((sender, recipient), (now, 0))
        self._waiting[sender, recipient] = first, tries + 1
        return now - first >= GREYLIST or tries + 1 >= GREYLIST_TRIES

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        manners = [self.manner(address) for address in envelope.rcpt_tos]
        queued = ""
        for address, manner in zip(envelope.rcpt_tos, manners, strict=True):
            if manner != "hang":
                raw = envelope.original_content or b""
                queued = self._accept(address, raw)
                self._write_back(address, envelope.mail_from or "", raw)
        if "hang" in manners or "swallow" in manners:
            await asyncio.sleep(3600)
        return f"250 2.0.0 OK: queued as {queued}"

    def _write_back(self, address: str, back: str, raw: bytes) -> None:
        """What the desk answers, as a test has told it, into the folder of answers."""
        address = address.lower()
        manner = self.scene.desks.get(address) or self.scene.desks.get(address.rpartition("@")[2])
        if manner is not None:
            now = self.scene.clock.now()
            write_back(self.answers, manner, raw, recipient=address, back=back, now=now)

    def _accept(self, address: str, raw: bytes) -> str:
        parser = BytesParser(EmailMessage, policy=email.policy.default)
        message = parser.parsebytes(raw)
        organisation = organisation_of(address)
        found = locations(message)
        entry = self.ledger.enter(
            message_id=str(message.get("Message-ID", "")).strip(),
            recipient=address.lower(),
            organisation=organisation,
            medium="email",
            now=self.scene.clock.now(),
            raw=raw,
            subject=str(message.get("Subject", "")),
            urls=found,
        )
        if organisation is not None and found and not entry.copy:
            self.scene.receive(organisation, map(key_of, found), entry.message_id)
        return entry.sha256[:10].upper()


async def open_mail(scene: Scene, ledger: Ledger, port: int, answers: Path) -> asyncio.Server:
    """Serve SMTP on 127.0.0.1; what desks write back goes into the folder `answers`."""
    mailboxes = Mailboxes(scene, ledger, answers)

    def connected() -> SMTP:
        scene.connections["smtp"] += 1
        return SMTP(
            mailboxes, hostname="mail.sandbox.test", data_size_limit=SIZE, enable_SMTPUTF8=True
        )

    return await asyncio.get_running_loop().create_server(connected, "127.0.0.1", port)
