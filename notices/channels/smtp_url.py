"""Where mail is handed over, read from one setting."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, Literal, cast
from urllib.parse import unquote, urlsplit

from notices.errors import BadSmtpUrl

Security = Literal["none", "tls", "starttls"]
_SCHEMES: Final[dict[str, tuple[Security, int]]] = {
    "smtp": ("none", 25),
    "smtps": ("tls", 465),
    "smtp+starttls": ("starttls", 587),
}


@dataclass(frozen=True)
class Endpoint:
    """A mail server; its secret is in no text of it."""

    host: str
    port: int
    security: Security
    user: str | None = None
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "Endpoint":
        """Read `smtp://`, `smtps://` or `smtp+starttls://[user:secret@]host[:port]`.

        User and secret are percent-decoded. Raises `BadSmtpUrl`; a secret never crosses a network
        in the clear, so `smtp://` takes one on loopback only.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise BadSmtpUrl("its host or port can't be read") from None
        if parts.scheme not in _SCHEMES:
            raise BadSmtpUrl("it begins with none of smtp://, smtps://, smtp+starttls://")
        if not host or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise BadSmtpUrl("it is not scheme://user:secret@host:port")
        if (parts.username is None) != (parts.password is None):
            raise BadSmtpUrl("a user needs a secret, and a secret a user")
        security, default = _SCHEMES[parts.scheme]
        user, secret = (
            (unquote(parts.username), unquote(cast("str", parts.password)))
            if parts.username is not None
            else (None, None)
        )
        if user is not None and security == "none" and not is_loopback(host):
            raise BadSmtpUrl("a secret needs smtps:// or smtp+starttls://")
        text = f"{host}{user or ''}{secret or ''}"
        if not (text.isascii() and text.isprintable()):
            raise BadSmtpUrl("host, user and secret must be printable ASCII")
        return cls(host, port or default, security, user, secret)


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine, by name or literal."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
