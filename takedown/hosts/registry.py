"""Whom to ask about an address, a number or a domain, and asking: RDAP first, WHOIS after."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from takedown.hosts import rdap, referrals, whois
from takedown.hosts.bootstrap import Bootstrap, same_host
from takedown.hosts.fetch import Fetched, fetch, is_loopback, within
from takedown.hosts.registration import WHERE, Kind, Registration
from takedown.hosts.whois_names import WhoisNames

_WHOIS: Final = "whois"
_ORIGIN: Final = "origin"  # who announces an address, where neither table nor registry says it
_DEEPEST: Final = 2  # referrals after the first answer


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be asked of one registry. `said`: what the one that sent us here told."""

    kind: Kind
    what: str = field(repr=False)
    url: str = field(repr=False)  # of RDAP; else one of the two words below
    announced: bool = True  # whether the table knows who announces the address
    depth: int = 0
    said: Registration | None = field(default=None, repr=False)

    @property
    def registry(self) -> str:
        """Whose patience it takes: one name for all questions to one server."""
        if "/" in self.url:
            return urlsplit(self.url).netloc
        return f"{self.url} {'ip' if self.kind == 'ip' else self.what.rpartition('.')[2]}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a question. `busy`: to be asked again, after `wait` seconds where told so."""

    said: Registration
    busy: bool = False
    wait: float | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """Asks registries. `base`: one URL for all of RDAP; None: by the bootstrap's lists.

    `lists`: where the operator keeps those lists; None: at IANA. An operator who names a base, or
    lists on loopback, wants nothing to go elsewhere: no referral is followed then, and no WHOIS
    asked but of a server that is configured. `deadline`: seconds for one question. Safe to share.
    """

    base: str | None
    deadline: float
    allowed: Callable[[str], bool]
    bootstrap: Bootstrap
    lists: str | None = None
    names: WhoisNames | None = None

    def first(
        self, kind: Kind, what: str, now: datetime, announced: bool = True
    ) -> Question | Registration:
        """Where to begin; a Registration with the reason where nobody can be asked."""
        subject = WHERE[kind]
        try:
            base = self.base or self.bootstrap.base(kind, what, now)
        except OSError:
            return Registration(problems=("registry lists: not reachable",), down=True)
        if base is not None:
            return Question(kind, what, f"{base.rstrip('/')}/{kind}/{what}", announced)
        nobody = Registration(problems=(f"no registry answers for the {subject}",))
        return self._whois(kind, what, nobody) or nobody

    def ask(self, question: Question) -> Reply:
        """Ask it, within the deadline. Raises nothing that a registry could cause."""
        if question.url in (_WHOIS, _ORIGIN):
            return self._asked_whois(question)
        got = fetch(
            question.url, deadline=self.deadline, allowed=self._guard, trusted=self._trusted
        )
        return Reply(_read(question, got), got.problem == "busy", got.wait, got.silent)

    def after(self, question: Question, said: Registration) -> Question | None:
        """Whom to ask next: a referral where the contact is missing, WHOIS where all is, and
        for who announces an address where nobody has told."""
        if question.url in (_WHOIS, _ORIGIN) or said.put_off_s is not None:
            return None
        kind, what = question.kind, question.what
        if said.raw is None:
            hopeless = question.said is not None or (kind == "domain" and not said.down)
            return None if hopeless else self._whois(kind, what, said)
        link = None
        if question.depth < _DEEPEST:
            link = referrals.best(kind, what, question.url, said)
        if link is not None and (self._trusted(link) or self._elsewhere):
            return Question(kind, what, link, question.announced, question.depth + 1, said)
        if kind == "ip" and said.asn is None and not question.announced and self._elsewhere:
            return Question(kind, what, _ORIGIN, said=said)
        return None

    def _asked_whois(self, question: Question) -> Reply:
        before = question.said or Registration()
        if question.url == _ORIGIN:
            return Reply(whois.announced(question.what, self.deadline, before))
        if question.kind == "ip":
            said = whois.look_up(question.what, self.deadline, self._guard)
        elif self.names is not None:
            said = self.names.look_up(question.what, self.deadline)
        else:
            return Reply(before)
        if said.raw is None:
            said = said.noted((), down=before.down)
        return Reply(said.noted(before.problems), silent=said.raw is None and said.down)

    def _whois(self, kind: Kind, what: str, said: Registration) -> Question | None:
        configured = kind == "domain" and self.names is not None and self.names.configured
        asked = configured or (self._elsewhere and kind != "autnum")
        return Question(kind, what, _WHOIS, said=said) if asked else None

    @property
    def _elsewhere(self) -> bool:
        """Whoever names a base wants nothing to go elsewhere; nor does a list on loopback."""
        return self.base is None and not (self.lists and is_loopback(self.lists))

    @property
    def _guard(self) -> Callable[[str], bool]:
        return within(self.base or self.lists, self.allowed)

    def _trusted(self, url: str) -> bool:
        if self.base is not None:
            return urlsplit(url)[:2] == urlsplit(self.base)[:2]
        return self.lists is not None and same_host(url, self.lists)


def _read(question: Question, got: Fetched) -> Registration:
    subject = WHERE[question.kind]
    reason = (f"registry of the {subject}: {got.problem}",) if got.problem else ()
    if got.document is None:
        said = Registration(problems=reason, down=got.down)
    else:
        entity = question.said is not None and referrals.is_entity(question.url)
        reader = rdap.read_desk if entity else rdap.read
        said = reader(question.kind, got.document).noted(reason, down=got.down)
    return said if question.said is None else referrals.joined(question.said, said)
