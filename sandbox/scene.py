"""The state of one small internet: clock, notices received, tests' own words, counters."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sandbox import fate
from sandbox.characters import CHARACTERS, Character
from sandbox.clock import Clock, instant
from sandbox.fate import Notice, Script, Story
from sandbox.providers import PROVIDERS, Provider
from sandbox.replies import MANNERS
from sandbox.world import Host, build_hosts, exists, key_of

REGISTRIES = ("plain", "limited", "silent")
API_MANNERS = ("accept", "busy", "fails_after", "conflict", "redirect")


class UnknownInWorld(Exception):
    """A script names something that the small internet does not have."""


@dataclass(frozen=True)
class Shutdown:
    """A test's outage of one host; `status` 0 refuses. `seen_from`: for this asker alone."""

    since: datetime
    until: datetime
    status: int
    seen_from: str = ""


@dataclass
class Scene:
    """One small internet. `changed` callbacks run when clock, notices or scripts change."""

    seed: int
    clock: Clock = field(default_factory=Clock)
    hosts: dict[str, Host] = field(default_factory=build_hosts)
    characters: dict[str, Character] = field(
        default_factory=lambda: {p.key: CHARACTERS[p.character] for p in PROVIDERS.values()}
    )
    mailboxes: dict[str, str] = field(default_factory=dict)
    desks: dict[str, str] = field(default_factory=dict)  # mailbox or domain -> what it writes back
    apis: dict[str, str] = field(default_factory=dict)  # provider -> its manner
    connections: Counter[str] = field(default_factory=Counter)
    changed: list[Callable[[], None]] = field(default_factory=list)
    known: dict[str, None] = field(default_factory=dict)
    scripts: dict[str, Script] = field(default_factory=dict)
    registries: dict[str, str] = field(default_factory=dict)
    questions: list[tuple[str, str, str, int]] = field(default_factory=list)  # to registries
    packets: deque[bytes] = field(default_factory=lambda: deque(maxlen=100_000))  # to DNS
    shutdowns: dict[str, list[Shutdown]] = field(default_factory=lambda: defaultdict(list))
    _notices: dict[str, list[Notice]] = field(default_factory=lambda: defaultdict(list))
    _stories: dict[str, dict[str, Story]] = field(default_factory=lambda: defaultdict(dict))

    def announce(self) -> None:
        """Tell all servers to forget what they have prepared."""
        for callback in self.changed:
            callback()

    def set_clock(self, now: datetime | None) -> None:
        self.clock.set_to = now
        self.announce()

    def receive(self, organisation: str, keys: Iterable[str], reference: str) -> None:
        """A notice was accepted: it counts for every host that it names."""
        named = tuple(dict.fromkeys(keys))
        notice = Notice(self.clock.now(), organisation, named, reference)
        for name in {key.partition("/")[0] for key in named}:
            self._notices[name].append(notice)
            self._stories.pop(name, None)
        self.known.update(dict.fromkeys(named))
        self.announce()

    def notices(self, key: str) -> list[Notice]:
        """Those that name this Url, in order of arrival."""
        return [n for n in self._notices.get(key.partition("/")[0], ()) if key in n.keys]

    def story(self, key: str) -> Story | None:
        """What becomes of a Url; None where there is no such host."""
        name = key.partition("/")[0]
        host = self.hosts.get(name)
        if host is None:
            return None
        told = self._stories[name].get(key)
        if told is None:
            notices = self._notices.get(name, [])
            told = fate.story(self.seed, host, key, notices, self.characters, self.scripts.get(key))
            if key in self.known or key.endswith("/"):
                self._stories[name][key] = told
        return told

    def exists(self, key: str) -> bool:
        """Whether an item was ever there."""
        return key in self.known or exists(key)

    def origin(self, host: Host) -> Provider:
        """The provider where a host is now, behind its proxy if it has one."""
        told = self.story(host.name + "/")
        now = self.clock.now()
        return PROVIDERS[told.place(now).provider if told else host.provider]

    def facing(self, host: Host) -> Provider:
        """The provider that the world sees: the proxy, else the host's own."""
        return PROVIDERS[host.front] if host.front else self.origin(host)

    def address(self, host: Host) -> str:
        return host.address(self.facing(host))

    def name_is_gone(self, host: Host) -> bool:
        told = self.story(host.name + "/")
        return told is not None and self.clock.now() >= told.name_until

    def hold_stands(self, domain: str) -> bool:
        """Whether a domain has lost its name by now; one that many hosts share never does."""
        within = [host for host in self.hosts.values() if host.domain == domain]
        return len(within) == 1 and self.name_is_gone(within[0])

    def script(self, word: Mapping[str, object]) -> None:
        """Take a test's word on a Url, a host, a mailbox or a provider (see `/script`).

        Raises UnknownInWorld, or ValueError for a time that is none.
        """
        text = {name: str(value) for name, value in word.items() if value is not None}
        if "registry" in text:
            self._script_registry(text)
        elif "url" in text:
            self._script_url(text)
        elif "host" in text:
            self._script_host(text, word)
        elif "recipient" in text:
            self._script_recipient(text)
        elif "api" in text:
            if text.get("provider") not in PROVIDERS or text["api"] not in API_MANNERS:
                raise UnknownInWorld("no such provider or manner of an API")
            self.apis[text["provider"]] = text["api"]
        elif "provider" in text:
            if text["provider"] not in PROVIDERS or text.get("character") not in CHARACTERS:
                raise UnknownInWorld("no such provider or character")
            self.characters[text["provider"]] = CHARACTERS[text["character"]]
        else:
            raise UnknownInWorld("a script names a url, a host, a recipient or a provider")
        self._stories.clear()
        self.announce()

    def registry_of(self, key: str) -> str:
        """Which registry answers for a provider's network (its key) or a suffix (with its dot)."""
        return self.registries.get(key, "plain")

    def _script_recipient(self, text: Mapping[str, str]) -> None:
        name = text["recipient"].lower()
        if "answers" in text:
            if text["answers"] not in MANNERS:
                raise UnknownInWorld("no such manner of answering")
            self.desks[name] = text["answers"]
        if "smtp" in text or "answers" not in text:
            self.mailboxes[name] = text.get("smtp", "accept")

    def _script_registry(self, text: Mapping[str, str]) -> None:
        if text["registry"] not in REGISTRIES:
            raise UnknownInWorld("no such registry")
        if text.get("provider") in PROVIDERS:
            self.registries[text["provider"]] = text["registry"]
        elif "suffix" in text:
            self.registries[f".{text['suffix'].strip('.')}"] = text["registry"]
        else:
            raise UnknownInWorld("a registry answers for a provider or a suffix")

    def _script_url(self, text: Mapping[str, str]) -> None:
        key = key_of(text["url"])
        if key.partition("/")[0] not in self.hosts:
            raise UnknownInWorld("no such host")
        self.known[key] = None
        gone = text.get("gone")
        if "remove_at" in text or gone is not None:
            self.scripts[key] = Script(
                instant(text["remove_at"]) if "remove_at" in text else None,
                instant(text["return_at"]) if "return_at" in text else None,
                int(gone) if gone is not None and gone.isdigit() else gone,
            )

    def _script_host(self, text: Mapping[str, str], word: Mapping[str, object]) -> None:
        name = text["host"].lower()
        host = self.hosts.get(name)
        provider = text.get("provider", host.provider if host else "northhost")
        front = text.get("front", host.front if host else None) or None
        if provider not in PROVIDERS or (front is not None and front not in PROVIDERS):
            raise UnknownInWorld("no such provider")
        if host is None:
            domain = text.get("domain", ".".join(name.split(".")[-2:]))
            host = Host(name, domain, provider, "domainyard")
        addresses = word.get("addresses", host.addresses)
        if not isinstance(addresses, list | tuple):
            raise ValueError("addresses: a list")
        self.hosts[name] = replace(
            host,
            provider=provider,
            front=front,
            dns=text.get("dns", host.dns),
            registrar=text.get("registrar", host.registrar),
            addresses=tuple(str(address) for address in addresses),
        )
        span = word.get("outage")
        if isinstance(span, list) and len(span) == 2:
            status = text.get("status", "503")
            self.shutdowns[name].append(
                Shutdown(
                    instant(str(span[0])),
                    instant(str(span[1])) if span[1] else fate.END,
                    0 if status == "refused" else int(status),
                    text.get("seen_from", ""),
                )
            )

    @property
    def tells_apart(self) -> bool:
        """Whether any host answers one asker otherwise than others."""
        return any(one.seen_from for each in self.shutdowns.values() for one in each)

    def outage_status(self, host: Host | None, provider: Provider, asker: str = "") -> int | None:
        """What stands instead of answers now: a status, 0 for refused, None for nothing.

        `asker`: the address that asks, for what only some are told.
        """
        now = self.clock.now()
        if host is not None:
            for shutdown in self.shutdowns.get(host.name, ()):
                if shutdown.since <= now < shutdown.until and shutdown.seen_from in ("", asker):
                    return shutdown.status
        standing = fate.outage(self.characters[provider.key].outages, now)
        return standing.status if standing is not None else None
