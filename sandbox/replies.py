"""What the desks of the small internet write back, as `.eml` files in a folder.

Each manner answers one message that was accepted, to its envelope sender or Reply-To, as the mail
systems and desks of the world do.
"""

import email
import email.policy
import hashlib
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage, Message
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

TICKET: Final = "[AbuseID:7F3A21]"


def _plain(notice: Message, sender: str, now: datetime, text: str) -> EmailMessage:
    made = EmailMessage(policy=email.policy.SMTP)
    made["From"] = f"Abuse Desk <{sender}>"
    made["To"] = str(notice["Reply-To"] or notice["From"])
    made["Subject"] = f"Re: {notice['Subject']}"
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{_name(str(notice['Message-ID']), text)}@desk.test>"
    made["In-Reply-To"] = str(notice["Message-ID"])
    made["References"] = str(notice["Message-ID"])
    made.set_content(text)
    return made


def _name(*words: str) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:24]


def acknowledges(notice: Message, sender: str, back: str, now: datetime) -> EmailMessage:
    """A ticket system: received, with its number."""
    made = _plain(
        *(notice, sender, now),
        "Thank you. We have received your report and our abuse team will look into it.\n",
    )
    made.replace_header("Subject", f"{TICKET} {notice['Subject']}")
    return made


def removed(notice: Message, sender: str, back: str, now: datetime) -> EmailMessage:
    """Says that it was removed, whatever became of it."""
    return _plain(notice, sender, now, "Hello,\n\nwe have removed the content.\n\nAbuse Desk\n")


def refuses(notice: Message, sender: str, back: str, now: datetime) -> EmailMessage:
    """Holds it for lawful."""
    return _plain(
        *(notice, sender, now),
        "Hello,\n\nwe do not agree with your assessment. We consider this content to be legal"
        " and will not remove it.\n",
    )


def not_ours(notice: Message, sender: str, back: str, now: datetime) -> EmailMessage:
    """Sends us elsewhere."""
    return _plain(
        *(notice, sender, now),
        "Hello,\n\nthis IP address does not belong to us. We are not the hosting provider.\n",
    )


def asks(notice: Message, sender: str, back: str, now: datetime) -> EmailMessage:
    """A person with a question."""
    return _plain(notice, sender, now, "Hi there, who is calling me about this at five o'clock?\n")


def away(notice: Message, sender: str, back: str, now: datetime) -> EmailMessage:
    """An automatic answer."""
    made = _plain(notice, sender, now, "I am out of the office until Monday.\n")
    made.replace_header("Subject", f"Automatic reply: {notice['Subject']}")
    made["Auto-Submitted"] = "auto-replied"
    return made


def bounces(notice: Message, sender: str, back: str, now: datetime) -> EmailMessage:
    """A server on the way gives it back (RFC 3464)."""
    return _report(notice, sender, back, now, "failed", "5.1.1", "550 5.1.1 user unknown")


def delays(notice: Message, sender: str, back: str, now: datetime) -> EmailMessage:
    """A server on the way is still trying."""
    return _report(notice, sender, back, now, "delayed", "4.4.1", "connection timed out")


def _report(
    notice: Message, sender: str, back: str, now: datetime, action: str, status: str, said: str
) -> EmailMessage:
    made = EmailMessage(policy=email.policy.SMTP)
    made["From"] = "Mail Delivery System <MAILER-DAEMON@relay.test>"
    made["To"] = back
    made["Return-Path"] = "<>"
    made["Subject"] = "Undelivered Mail Returned to Sender"
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{action}.{str(notice['Message-ID']).strip('<>')}>"
    made["Auto-Submitted"] = "auto-replied"
    made.set_content(f"This is the mail system. Your message could not be delivered to <{sender}>.")
    made.make_mixed()
    lines: Any = Message()
    lines["Content-Type"] = "message/delivery-status"
    lines.set_payload(
        [
            _fields({"Reporting-MTA": "dns; relay.test"}),
            _fields(
                {
                    "Final-Recipient": f"rfc822; {sender}",
                    "Action": action,
                    "Status": status,
                    "Diagnostic-Code": f"smtp; {said}",
                }
            ),
        ]
    )
    head: Any = Message()
    head["Content-Type"] = "text/rfc822-headers"
    names = ("From", "To", "Subject", "Message-ID", "Reply-To")
    head.set_payload("".join(f"{name}: {notice[name]}\r\n" for name in names))
    for part in (lines, head):
        made.attach(part)
    made.replace_header("Content-Type", "multipart/report; report-type=delivery-status")
    made.set_boundary("=_report")
    return made


def _fields(given: dict[str, str]) -> Message:
    made = Message()
    for name, value in given.items():
        made[name] = value
    return made


MANNERS: Final[dict[str, Callable[[Message, str, str, datetime], EmailMessage]]] = {
    "acknowledges": acknowledges,
    "removed": removed,
    "refuses": refuses,
    "not_ours": not_ours,
    "asks": asks,
    "away": away,
    "bounces": bounces,
    "delays": delays,
}


def write_back(
    folder: Path, manner: str, notice: bytes, *, recipient: str, back: str, now: datetime
) -> Path:
    """Answer a message that `recipient` received from the envelope sender `back`; the new file."""
    read = email.message_from_bytes(notice, policy=email.policy.default)
    made = MANNERS[manner](read, recipient, back, now)
    name = _name(manner, str(read["Message-ID"]), recipient)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.eml"
    part = file.with_suffix(".part")
    part.write_bytes(made.as_bytes())
    return part.replace(file)
