"""WHOIS about domains (RFC 3912), for suffixes whose registry has no RDAP."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Final

from takedown.hosts import port43
from takedown.hosts.cards import AbuseMail, iso_country, mails_in, plain
from takedown.hosts.fetch import within
from takedown.hosts.registration import STATUSES, Registration

_ROOT: Final = "whois.iana.org:43"  # which knows the server of each suffix
_PORT: Final = 43
_SUFFIX_HOLDS_S: Final = 86_400.0
_SERVER: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,5})?", re.I)
_REFERRALS: Final = ("registrar whois server", "whois server", "refer", "whois")
_ABUSE: Final = re.compile(r"(?:registrar )?abuse(?:[ -]contact)?(?:[ -]?(?:e-?mail|mailbox))?")
_REGISTRAR: Final = (
    "registrar",
    "registrar name",
    "sponsoring registrar",
    "registrar organization",
)
_SERVERS: Final = ("name server", "nserver", "nameserver", "name servers", "nameservers")
_Fields = list[tuple[str, str]]


class WhoisNames:
    """Asks about domains; which server answers for a suffix is asked once within a day.

    `root`: "host:port" where the way begins, trusted as the operator wrote it; None: IANA's.
    Servers that answers name are asked at addresses that `allowed` lets through, and never at a
    name of the domain itself. Safe to share between threads.
    """

    def __init__(self, allowed: Callable[[str], bool], root: str | None = None) -> None:
        self.configured = root is not None
        self._root = root or _ROOT
        self._allowed = within(f"whois://{root}" if root else None, allowed)
        self._suffixes: dict[str, tuple[float, str]] = {}

    def look_up(self, domain: str, deadline: float) -> Registration:
        """Ask the registry of a domain's suffix, then its registrar, within `deadline` seconds.

        Never raises on what is answered.
        """
        ends = time.monotonic() + deadline
        try:
            texts = [self._suffix(domain.rpartition(".")[2], ends)]
            asked = set()
            server = _referral(_fields(texts[0]), domain)
            while server and server not in asked and len(texts) < 3:
                asked.add(server)
                texts.append(self._told(server, domain, ends))
                server = _referral(_fields(texts[-1]), domain)
        except (OSError, ValueError) as error:
            word = "no answer in time" if isinstance(error, TimeoutError) else "not reachable"
            return Registration(problems=(f"WHOIS of the domain's registrar: {word}",), down=True)
        return read(texts)

    def _suffix(self, suffix: str, ends: float) -> str:
        until, text = self._suffixes.get(suffix, (0.0, ""))
        if until < time.monotonic():
            text = port43.ask(self._root, suffix, ends, None if self.configured else self._allowed)
            self._suffixes[suffix] = (time.monotonic() + _SUFFIX_HOLDS_S, text)
        return text

    def _told(self, server: str, domain: str, ends: float) -> str:
        """An operator's own server may name itself, with its port."""
        if self.configured and server == self._root:
            return port43.ask(server, domain, ends, None)
        host, _, port = server.partition(":")
        if port not in ("", str(_PORT)):
            raise ValueError("another port")
        return port43.ask(f"{host}:{_PORT}", domain, ends, self._allowed)


def read(texts: list[str]) -> Registration:
    """A Registration from the suffix's record and the answers about the domain, outermost first."""
    broken = any(port43.whole_lines(text)[1] for text in texts)
    texts = [port43.whole_lines(text)[0] for text in texts]
    suffix = _fields(texts[0]) if texts else []
    fields = [pair for text in reversed(texts[1:]) for pair in _fields(text)]
    registrar = next((value for key, value in fields if key in _REGISTRAR and value), None)
    abuse = _abuse(fields)
    problems = ["no registrar named"] if registrar is None else []
    if broken:
        problems.append("WHOIS of the domain's registrar: cut short")
    return Registration(
        registrar=registrar,
        registrar_country=_country(fields, "registrar country"),
        abuse=tuple(abuse),
        registry=_first(suffix, "organisation"),
        registry_country=_country_line(suffix),
        status=tuple(dict.fromkeys(_statuses(fields))),
        nameservers=tuple(
            sorted({v.split()[0].lower().rstrip(".") for k, v in fields if k in _SERVERS and v})
        ),
        raw={"whois": texts} if fields or suffix else None,
        problems=tuple(problems),
        source="whois",
    )


def _referral(fields: _Fields, domain: str) -> str | None:
    for name in _REFERRALS:
        server = _first(fields, name)
        if server:
            server = server.lower().removeprefix("whois://").rstrip("/")
            host = server.partition(":")[0]
            own = host == domain or host.endswith(f".{domain}")
            return server if _SERVER.fullmatch(server) and not own else None
    return None


def _fields(text: str) -> _Fields:
    """`key: value`, also where the value stands indented on the lines below."""
    found: _Fields = []
    heading = ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip()[0] in "%#>":
            heading = "" if not line.strip() else heading
            continue
        key, colon, value = line.partition(":")
        indented = line[0] in " \t"
        if colon and len(key) < 50 and not (indented and heading):
            found.append((key.strip().lower(), plain(value.strip())))
            heading = "" if value.strip() else key.strip().lower()
        elif heading:
            inner = value if colon and key.strip().lower() in ("name", "e-mail", "email") else line
            found.append((heading, plain(inner.strip())))
    return found


def _abuse(fields: _Fields) -> list[AbuseMail]:
    mails = [
        AbuseMail(mail, "abuse contact of the domain's registrar (WHOIS)")
        for key, value in fields
        if _ABUSE.fullmatch(key)
        for mail in mails_in(value)
    ]
    return list({mail.address: mail for mail in reversed(mails)}.values())[::-1]


def _statuses(fields: _Fields) -> Iterator[str]:
    for key, value in fields:
        if key in ("domain status", "status", "state"):
            word = value.partition("http")[0].strip().lower()
            if word in STATUSES:
                yield word


def _first(fields: _Fields, name: str) -> str | None:
    return next((value for key, value in fields if key == name and value), None)


def _country(fields: _Fields, name: str) -> str | None:
    said = _first(fields, name)
    return iso_country(said) if said else None


def _country_line(fields: _Fields) -> str | None:
    """The suffix's record gives an address in lines; its country stands as the last of the first
    organisation's."""
    country = None
    for key, value in fields:
        if key == "address":
            country = iso_country(value) or country
        elif key == "contact" and country:
            break
    return country
