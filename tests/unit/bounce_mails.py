"""Delivery failures of our own making, one of each form that mail systems write."""

from typing import Final

ORIGINAL: Final = "<notice.1@hotline.example>"

_HEAD = """Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.hotline.example>
To: notices@hotline.example
Subject: {subject}
Message-ID: <report.1@mx.hotline.example>
Date: Tue, 10 Nov 2026 09:00:00 +0000
"""
_COPY = """Received: by mx.hotline.example; Tue, 10 Nov 2026 08:59:00 +0000
Message-ID: <notice.1@hotline.example>
From: Hotline <notices@hotline.example>
To: abuse@provider.example
Subject: [NTD-2026-000123] Notice

Text of the notice.
"""


def report(
    group: str,
    *,
    subject: str = "Undelivered Mail Returned to Sender",
    told: str = "The message could not be delivered.",
    copy: str = "message/rfc822",
    kind: str = 'multipart/report; report-type=delivery-status; boundary="=_b"',
) -> bytes:
    """A report after RFC 3464 with these fields about its recipients."""
    return (
        f"{_HEAD.format(subject=subject)}MIME-Version: 1.0\nContent-Type: {kind}\n\n"
        f"--=_b\nContent-Type: text/plain\n\n{told}\n"
        "--=_b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.hotline.example\n"
        f"Original-Envelope-Id: 01890a5d-ac96-774b-bcce-b302099a8057\n\n{group}\n"
        f"--=_b\nContent-Type: {copy}\n\n{_COPY}\n--=_b--\n"
    ).encode()


def plain(text: str, *, subject: str, extra: str = "", copy: str = "") -> bytes:
    """A failure told in words alone, our message below a line if `copy` names it."""
    below = f"\n{copy}\n\n{_COPY}" if copy else ""
    return f"{_HEAD.format(subject=subject)}{extra}\n{text}\n{below}".encode()


Judgement = tuple[str, str | None, bool | None, str | None, str | None]
_DESK: Final = "abuse@provider.example"
_TO = f"Final-Recipient: rfc822; {_DESK}\n"


def bounce(status: str | None, *, permanent: bool = True, of: str | None = ORIGINAL) -> Judgement:
    """It came back from the desk."""
    return "bounce", _DESK, permanent, status, of


#: Name -> message, and what a person reads in it: kind, recipient, permanent, status, original id.
MAILS: Final[dict[str, tuple[bytes, Judgement]]] = {
    "unknown user": (
        report(
            f"{_TO}Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user"
        ),
        bounce("5.1.1"),
    ),
    "given up after days": (
        report(f"{_TO}Action: failed\nStatus: 4.4.1\nDiagnostic-Code: smtp; 451 4.4.1 busy"),
        bounce("4.4.1", permanent=False),
    ),
    "still trying": (
        report(f"{_TO}Action: delayed\nStatus: 4.4.1", subject="Delayed Mail"),
        ("delay", "abuse@provider.example", False, "4.4.1", ORIGINAL),
    ),
    "delivered": (
        report(f"{_TO}Action: delivered\nStatus: 2.0.0", subject="Successful Mail Delivery"),
        ("auto_reply", "abuse@provider.example", None, "2.0.0", ORIGINAL),
    ),
    "headers only": (
        report(f"{_TO}Action: failed\nStatus: 5.2.2 (full)", copy="text/rfc822-headers"),
        bounce("5.2.2"),
    ),
    "no action": (
        report(f"{_TO}Status: 5.3.0\nDiagnostic-Code: X-Unix; 77"),
        bounce("5.3.0"),
    ),
    "two recipients": (
        report(
            "Final-Recipient: rfc822;late@provider.example\nAction: delayed\nStatus: 4.0.0\n\n"
            f"{_TO}Action: failed\nStatus: 5.0.0"
        ),
        bounce("5.0.0"),
    ),
    "code in the diagnosis alone": (
        report(f"{_TO}Action: failed\nDiagnostic-Code: smtp; 550-5.7.26 not accepted"),
        bounce("5.7.26"),
    ),
    "a file for a recipient": (
        report("Final-Recipient: rfc822;/var/mail/box\nAction: failed\nStatus: 5.0.0").replace(
            b"MIME-Version", b"X-Failed-Recipients: abuse@provider.example\nMIME-Version"
        ),
        bounce("5.0.0"),
    ),
    "nothing about a recipient": (
        report("", told="I'm sorry: your message could\nnot be delivered to one or more."),
        bounce(None),
    ),
    "a broken delimiter": (
        report(f"{_TO}Action: failed\nStatus: 5.1.2").replace(
            b"\n--=_b\nContent-Type: message/d", b"\n --=_b\nContent-Type: message/d"
        ),
        bounce("5.1.2"),
    ),
    "no delimiter at all": (
        report(f"{_TO}Action: failed\nStatus: 5.1.2").replace(b"\n--=_b", b"\n=_b"),
        bounce("5.1.2", of=None),
    ),
    "not called a report": (
        report(f"{_TO}Action: failed\nStatus: 5.1.1", kind='multipart/mixed; boundary="=_b"'),
        bounce("5.1.1"),
    ),
    "qmail": (
        plain(
            "Hi. This is the qmail-send program at mx.hotline.example.\nI'm afraid I wasn't able to"
            " deliver your message to the following addresses.\nThis is a permanent error; I've"
            " given up. Sorry it didn't work out.\n\n<abuse@provider.example>:\n192.0.2.25 does not"
            " like recipient.\nRemote host said: 550 5.1.1 no mailbox\nGiving up on 192.0.2.25.",
            subject="failure notice",
            copy="--- Below this line is a copy of the message.",
        ),
        bounce("5.1.1"),
    ),
    "exim": (
        plain(
            "This message was created automatically by mail delivery software.\n\nA message that"
            " you sent could not be delivered to one or more of its\nrecipients. This is a"
            " permanent error. The following address(es) failed:\n\n  abuse@provider.example\n   "
            " host mx.provider.example [192.0.2.25]: 550 Unrouteable address",
            subject="Mail delivery failed: returning message to sender",
            extra="X-Failed-Recipients: abuse@provider.example\nAuto-Submitted: auto-replied\n",
            copy="------ This is a copy of the message, including all the headers. ------",
        ),
        bounce(None),
    ),
    "exim, a warning": (
        plain(
            "A message that you sent has not yet been delivered to one or more of its recipients"
            "\nafter more than 24 hours on the queue.\n\n  abuse@provider.example\n\nNo action is"
            " required on your part. Delivery attempts will continue.",
            subject="Warning: message 1abcde-000001-AB delayed 24 hours",
            extra="Auto-Submitted: auto-replied\n",
        ),
        ("delay", "abuse@provider.example", False, None, None),
    ),
    "an old sendmail": (
        plain(
            "   ----- Transcript of session follows -----\n550 provider.example (smtp)... 550 Host"
            " unknown\n554 <abuse@provider.example>... 550 Host unknown",
            subject="Returned mail: Host unknown",
            copy="   ----- Unsent message follows -----",
        ),
        bounce(None),
    ),
    "words of a cloud": (
        plain(
            "Delivery has failed to these recipients or groups:\n\nabuse@provider.example"
            "<mailto:abuse@provider.example>\nThe address couldn't be found.\n\nDiagnostic"
            " information:\nRemote Server returned '550 5.1.10 RESOLVER; not found'",
            subject="Undeliverable: Notice",
            copy="Original message headers:",
        ),
        bounce("5.1.10"),
    ),
    "a group that may not exist": (
        plain(
            "Hallo,\n\ndie Gruppe ist möglicherweise nicht vorhanden.",
            subject="Delivery Status Notification (Failure)",
            extra="X-Failed-Recipients: abuse@provider.example\n"
            f"In-Reply-To: {ORIGINAL}\nContent-Type: text/plain; charset=utf-8\n",
        ),
        bounce(None),
    ),
    "try again": (
        plain(
            "I'm sorry to have to inform you that the message returned\nbelow could not be"
            " delivered.\n\n<abuse@provider.example>: Name service error:"
            " Host not\n    found, try again",
            subject="Undelivered Mail Returned to Sender",
        ),
        bounce(None, permanent=False, of=None),
    ),
}
