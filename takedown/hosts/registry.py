"""Whom to ask about an address, a number or a domain, and asking: RDAP first, WHOIS after."""

import ipaddress
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from takedown.hosts import rdap, whois
from takedown.hosts.fetch import fetch
from takedown.hosts.rdap import Kind, Registration

_BOOTSTRAP_DAYS = 7


class Bootstrap:
    """IANA's lists of which registry answers for what (RFC 9224), kept in a file for a week."""

    def __init__(self, file: Path | None, deadline: float, allowed: Callable[[str], bool]) -> None:
        self._file = file
        self._deadline = deadline
        self._allowed = allowed
        self._lists: Any = None
        self._lock = threading.Lock()

    def base(self, kind: Kind, what: str) -> str | None:
        """The base URL that answers for `what`; None: no registry is known. Raises OSError."""
        with self._lock:
            if self._lists is None:
                self._lists = self._kept() or self._fetched()
        lists = self._lists
        try:
            if kind == "domain":
                found = lists.get_dns_endpoints(what.rpartition(".")[2])[0]
            elif kind == "autnum":
                found = lists.get_asn_endpoints(int(what))[0]
            elif ":" in what:
                found = lists.get_ipv6_endpoints(ipaddress.IPv6Address(what))[0]
            else:
                found = lists.get_ipv4_endpoints(ipaddress.IPv4Address(what))[0]
        except Exception:  # its errors are about what no registry answers for, and quote it
            return None
        return str(found[0]) if found else None

    def _kept(self) -> Any:
        from whoisit.bootstrap import BaseBootstrap

        if self._file is None or not self._file.exists():
            return None
        lists: Any = BaseBootstrap()
        try:
            lists.load_bootstrap_data(self._file.read_text())
        except Exception:  # a file that does not fit is fetched anew
            return None
        return None if lists.bootstrap_is_older_than(_BOOTSTRAP_DAYS) else lists

    def _fetched(self) -> Any:
        from whoisit.bootstrap import BaseBootstrap

        lists: Any = BaseBootstrap()

        class Answer:
            status_code = 200

            def __init__(self, document: dict[str, Any]) -> None:
                self.json = lambda: document

        steps = lists._bootstrap()
        for url in steps:
            got = fetch(url, deadline=self._deadline, allowed=self._allowed)
            if got.document is None:
                raise OSError("the registries' bootstrap lists could not be had")
            steps.send(Answer(got.document))
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new = self._file.with_suffix(".new")
            new.write_text(json.dumps(lists.save_bootstrap_data(as_json=False)))
            new.replace(self._file)
        return lists


@dataclass(frozen=True, slots=True)
class Registry:
    """Asks registries. `base`: one URL for all of RDAP; None: by IANA's bootstrap, then WHOIS.

    An operator who names a base wants nothing to go elsewhere: WHOIS is not asked then.
    `deadline`: seconds for one look-up, all its steps included. Safe to share between threads.
    """

    base: str | None
    deadline: float
    allowed: Callable[[str], bool]
    bootstrap: Bootstrap

    def ask(self, kind: Kind, what: str) -> Registration:
        """What the registry says; where it says nothing, a Registration with the problem."""
        said = self._rdap(kind, what)
        if said.raw is None and kind == "ip" and self.base is None:
            fallback = whois.look_up(what, self.deadline)
            if fallback.raw is not None:
                return fallback
        return said

    def _rdap(self, kind: Kind, what: str) -> Registration:
        subject = rdap.WHERE[kind]
        try:
            base = self.base or self.bootstrap.base(kind, what)
        except OSError:
            return Registration(problems=("registry lists: not reachable",), down=True)
        if base is None:
            return Registration(problems=(f"no registry answers for the {subject}",))
        got = fetch(
            f"{base.rstrip('/')}/{kind}/{what}",
            deadline=self.deadline,
            allowed=self.allowed,
            trusted=self.base,
        )
        if got.document is None:
            return Registration(
                problems=(f"registry of the {subject}: {got.problem}",), down=got.down
            )
        return rdap.read(kind, got.document)
