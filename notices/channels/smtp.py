"""SMTP with every phase visible, so that a failure says whether anything can have been accepted."""

import re
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

from notices.channels.base import Ambiguous, Receipt, SendError, neutral
from notices.channels.smtp_session import Session
from notices.channels.smtp_url import Endpoint
from notices.defang import header_safe
from notices.errors import UnsafeMessage
from notices.facts import mail_address

#: Failing here says nothing of the message: the channel itself is down. At MAIL a server speaks of
#: us, whom it would not let in with any message, unless it says that this one is too large.
_CHANNEL_PHASES: Final = frozenset({"connect", "ehlo", "starttls", "login", "mail"})
_TOO_LARGE: Final = 552
_GOODBYE_S: Final = 2.0
_BARE: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")
_XTEXT: Final = re.compile(r"[^!-*,-<>-~]")
_QUEUE_ID: Final = re.compile(
    r"queued as ([A-Za-z0-9]{1,64})(?!\.?\w)"  # Postfix
    r"|\bid=([A-Za-z0-9-]{1,64})(?!\.?\w)"  # Exim
    r"|\bqp ([0-9]+)"  # qmail
    r"|InternalId=([0-9]+)"  # Exchange
    r"|^(?:2\.\d\.\d )?([A-Za-z0-9]{8,}) Message accepted"  # Sendmail
    r"|(?i:^(?:2\.\d\.\d +)?ok:? +(?:[0-9]{10} +)?([A-Za-z0-9][A-Za-z0-9_-]{11,63})(?![.\w-]))"
)


class SmtpChannel:
    """A mail server, ours or a relay. As a context manager, one connection serves many sends."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        ehlo_name: str,
        context: ssl.SSLContext | None = None,
        notify: str = "SUCCESS,FAILURE,DELAY",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._ehlo_name = header_safe("ehlo_name", ehlo_name)
        self._context = context
        self._notify = notify
        self._clock = clock
        self._session: Session | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Say QUIT, and leave without waiting long for the answer."""
        session, self._session = self._session, None
        if session is None or session.sock is None:
            return
        session.due = self._clock() + _GOODBYE_S
        try:
            session.docmd("quit")
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            session.close()

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
        """Hand over; see `Channel.send`. `envid` names the delivery in what the servers report.

        Raises also `UnsafeMessage`, `BadFacts` before anything is connected.
        """
        if _BARE.search(message) or not message.endswith(b"\r\n"):
            raise UnsafeMessage("it has lines that end otherwise than in CRLF")
        for name, address in (("sender", sender), ("recipient", recipient)):
            if address or name == "recipient":
                mail_address(name, address)
        session = self._ready(self._clock() + deadline_s)
        try:
            self._envelope(session, message, sender, recipient, envid)
            self._text(session, message)
            self._armed(session, arm)
            return self._dot(session)
        except SendError as error:
            if error.code in (None, 421) or isinstance(error, Ambiguous):
                session.close()  # no longer sure to be in step with the server
            raise
        except BaseException:
            session.close()  # whatever befell the caller: no half-sent text is left open
            raise

    def _ready(self, due: float) -> Session:
        """An open, greeted session: the last one if it still answers, else a new one."""
        kept = self._session
        if kept is not None and kept.sock is not None:
            kept.due = due
            try:
                if kept.rset()[0] == 250:
                    return kept
            except smtplib.SMTPServerDisconnected:
                pass
            kept.close()
        session = self._session = Session(self._endpoint, self._ehlo_name, self._clock)
        session.due = due
        try:
            self._greet(session)
        except SendError:
            session.close()
            raise
        return session

    def _tls(self) -> ssl.SSLContext:
        """Verifying, and made when it is first needed: reading the authorities takes its time."""
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context

    def _greet(self, session: Session) -> None:
        with _phase("connect"):
            _expect("connect", session.open(self._tls), 220)
        with _phase("ehlo"):
            self._hello(session)
        if self._endpoint.security == "starttls":
            with _phase("starttls"):
                if not session.has_extn("starttls"):
                    raise SendError("starttls", "not offered", channel_down=True)
                _expect("starttls", session.docmd("STARTTLS"), 220)
                session.encrypt(self._tls())
            with _phase("ehlo"):
                self._hello(session)
        if self._endpoint.user is not None:
            with _phase("login"):
                session.login(self._endpoint.user, self._endpoint.secret or "")

    def _hello(self, session: Session) -> None:
        if session.ehlo()[0] != 250:
            _expect("ehlo", session.helo(), 250)

    def _envelope(
        self, session: Session, message: bytes, sender: str, recipient: str, envid: str | None
    ) -> None:
        mail, rcpt = [f"FROM:<{sender}>"], [f"TO:<{recipient}>"]
        if session.has_extn("size"):
            limit = session.esmtp_features["size"]
            if limit.isdigit() and 0 < int(limit) < len(message):
                raise SendError("mail", f"larger than the server's {limit} octets", permanent=True)
            mail.append(f"SIZE={len(message)}")
        if not message.isascii():
            _offered(session, "8bitmime")
            mail.append("BODY=8BITMIME")
        if not (sender + recipient).isascii():
            _offered(session, "smtputf8")
            mail.append("SMTPUTF8")
            session.command_encoding = "utf-8"
        if session.has_extn("dsn"):
            mail += ["RET=HDRS"] + ([f"ENVID={_xtext(envid)}"] if envid else [])
            rcpt.append(f"NOTIFY={self._notify}")
            if recipient.isascii():
                rcpt.append(f"ORCPT=rfc822;{_xtext(recipient)}")
        with _phase("mail"):
            _expect("mail", session.docmd("MAIL", " ".join(mail)), 250)
        with _phase("rcpt"):
            _expect("rcpt", session.docmd("RCPT", " ".join(rcpt)), 250, 251)

    def _text(self, session: Session, message: bytes) -> None:
        with _phase("data"):
            session.putcmd("data")
            _expect("data", session.getreply(), 354)
        with _phase("text"):
            session.send(re.sub(rb"(?m)^\.", b"..", message))

    def _armed(self, session: Session, arm: Callable[[], bool]) -> None:
        if not arm():
            raise SendError("arm", "the lease had ended")
        with _phase("arm"):
            session.left()

    def _dot(self, session: Session) -> Receipt:
        """The one act after which the outcome can be unknown."""
        try:
            session.send(b".\r\n")
            code, said = session.getreply()
        except (OSError, smtplib.SMTPException):
            raise Ambiguous("dot") from None
        answer = neutral(said)
        if 200 <= code < 300:
            return Receipt("relay", f"{code} {answer}", queue_id(answer))
        if 400 <= code < 600:
            raise SendError("dot", answer, code=code, permanent=code >= 500)
        raise Ambiguous("dot", answer, code=code if code > 0 else None)


def queue_id(answer: str) -> str | None:
    """The server's own id of the message, where its 250 answer tells one; never a name with dots.

    An id is kept in the clear, and a server may quote the host that the message is about.
    """
    match = _QUEUE_ID.search(answer)
    return next(filter(None, match.groups()), None) if match else None


@contextmanager
def _phase(name: str) -> Iterator[None]:
    """Whatever breaks in here is a `SendError` of this phase, free of the library's words."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        raise _refused(name, error.smtp_code, neutral(said)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise SendError(name, type(error).__name__, channel_down=name in _CHANNEL_PHASES) from None


def _expect(phase: str, reply: tuple[int, bytes], *good: int) -> None:
    code, said = reply
    if code not in good:
        raise _refused(phase, code, neutral(said))


def _refused(phase: str, code: int, said: str) -> SendError:
    down = phase in _CHANNEL_PHASES and not (phase == "mail" and code == _TOO_LARGE)
    permanent = 500 <= code < 600 and not down
    return SendError(
        phase, said, code=code if code > 0 else None, permanent=permanent, channel_down=down
    )


def _offered(session: Session, extension: str) -> None:
    if not session.has_extn(extension):
        raise SendError("mail", f"needs {extension}, which is not offered", permanent=True)


def _xtext(text: str) -> str:
    """RFC 3461 4: printable ASCII but `+` and `=`, the rest as +XX."""
    return _XTEXT.sub(lambda m: "".join(f"+{byte:02X}" for byte in m[0].encode()), text)
