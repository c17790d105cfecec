"""From due Urls to targets: names asked once, the guard over all answers, the address pinned."""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from time import monotonic
from typing import Final

from takedown.checks.calibrating import Step
from takedown.checks.finding import Dns, Fault, Finding, NameState
from takedown.checks.guard import all_allowed, all_within
from takedown.checks.opening import Due
from takedown.checks.probe import Target
from takedown.checks.vantage import choose
from takedown.flow.ports import Ports
from takedown.hosts.lookup import judged
from takedown.hosts.resolve import Answer

ANSWER_S: Final = 30.0  # an answer is good for so long, within one pass
_MOST_NAMES: Final = 20_000
_PORT: Final = re.compile(r"(https?)://(?:\[[^]]*\]|[^/?#:\[]*)(?::([0-9]+))?")
_DNS: Final = {
    "nxdomain": Dns.NXDOMAIN,
    "no_data": Dns.NO_DATA,
    "servfail": Dns.SERVFAIL,
    "refused": Dns.REFUSED,
    "timeout": Dns.TIMEOUT,
}

Aimed = Target[uuid.UUID] | tuple[uuid.UUID, Finding]


class Names:
    """The resolver's answers of one pass; a name that failed is asked again at its next Url."""

    def __init__(self, ports: Ports) -> None:
        self._resolver = ports.lookup.resolver
        self._open = ports.probing.open_networks
        self._closed = ports.leaves.closed
        self._known: dict[str, tuple[float, Answer, bool]] = {}

    def ask(self, names: set[str]) -> dict[str, tuple[Answer, bool]]:
        """Per name its answer, and whether the guard lets all of its addresses through."""
        now, known = monotonic(), self._known
        here = {name: known[name] for name in names if name in known and known[name][0] > now}
        asked = names - here.keys()
        if asked:
            if len(known) > _MOST_NAMES:
                known.clear()
            for name, answer in self._resolver.addresses(asked).items():
                allowed = all_allowed(answer.addresses, self._open) and (
                    not self._closed or all_within(answer.addresses, self._open)
                )
                here[name] = (monotonic() + ANSWER_S, answer, allowed)
                if answer.addresses:
                    known[name] = here[name]
        return {name: (answer, allowed) for name, (_, answer, allowed) in here.items()}


def aim(
    dues: Sequence[Due], answers: Mapping[str, tuple[Answer, bool]], vantages: Sequence[str]
) -> Iterator[Aimed]:
    """A target per Url; where there is nothing to ask, the finding itself."""
    for due in dues:
        answer, allowed = answers[due.host]
        row = due.row
        vantage = vantages[choose(row.step, row.state, len(vantages), row.url_id.int)]
        if not answer.addresses:
            yield (
                due.row.url_id,
                Finding(
                    dns=_DNS.get(str(answer.dns), Dns.NO_DATA),
                    name=_name_state(due.domain_status),
                    vantage=vantage,
                ),
            )
        elif not allowed:
            yield due.row.url_id, Finding(error=Fault.FORBIDDEN_ADDRESS, vantage=vantage)
        else:
            yield Target(
                due.row.url_id,
                _sibling(due) if due.row.step is Step.CONTROL else due.location,
                judged(answer) or "",
                due.host,
                _port(due.location),
                due.row.lane,
                vantage,
            )


def _port(location: str) -> int:
    """The effective port of a canonical address."""
    match = _PORT.match(location)
    if match is None:
        return 0  # the probe refuses it
    return int(match[2] or (443 if match[1] == "https" else 80))


def _sibling(due: Due) -> str:
    """A path beside the Url that cannot exist, the same at each control of this Url."""
    base = due.location.split("?", 1)[0].split("#", 1)[0]
    return f"{base.rsplit('/', 1)[0]}/{due.row.url_id.hex[-16:]}"


def _name_state(domain_status: Sequence[str]) -> NameState | None:
    """What the registry said of the name when the host was traced (EPP, RFC 5731)."""
    held = {status.replace(" ", "").lower() for status in domain_status}
    if "serverhold" in held:
        return NameState.SERVER_HOLD
    return NameState.CLIENT_HOLD if "clienthold" in held else None
