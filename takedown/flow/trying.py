"""Trying a connector: one made-up report to its test mode, and what was said."""

import json
import uuid
from dataclasses import dataclass, field, replace

from notices.channels.base import SendError
from notices.channels.exchange import masked
from notices.channels.payload import in_test, payload
from notices.compose import Letter, compose
from notices.facts import Facts
from notices.sample import sample
from takedown.flow.ports import Ports
from takedown.outbox.connectors import standing
from takedown.outbox.connectors.models import ConnectorRow
from takedown.outbox.facts import sender

DEADLINE_S = 15.0


@dataclass(frozen=True, slots=True)
class Tried:
    """What a try showed, free of secrets. `outcome`: accepted, or the phase in which it ended."""

    outcome: str
    code: int | None
    sent: str = field(repr=False)
    exchange: str = field(repr=False)


def try_out(ports: Ports, row: ConnectorRow) -> Tried:
    """Send a made-up report about an example location, as the connector's test mode says.

    No transaction is open. Raises `NoticeError` where there is no test mode, or it
    can't be written.
    """
    connector = in_test(standing.read(row))
    body = payload(connector, *_made_up(ports), f"test-{uuid.uuid4()}")
    secrets = standing.secrets(ports.sessions, ports.vault)
    if ports.interface is None:
        raise SendError("connector", "there is no way out")
    api = ports.interface(lambda _: connector, secrets)
    code: int | None = None
    try:
        done = api.send(
            body,
            "",
            connector.name,
            arm=lambda: True,
            deadline_s=DEADLINE_S,
            envid=f"test-{uuid.uuid4()}",
        )
        outcome, exchange = "accepted", done.exchange
    except SendError as error:
        outcome, exchange, code = error.phase, error.exchange, error.code
    kept = (secrets(connector.name),) if row.secret is not None else ()
    return Tried(
        outcome,
        code,
        masked(body.decode("utf-8", "replace"), kept),
        json.dumps(json.loads(exchange), indent=2, ensure_ascii=False) if exchange else "",
    )


def _made_up(ports: Ports) -> tuple[Facts, Letter]:
    """One example location, told by this hotline."""
    facts = sample("first", "en", sender(ports.hotline))
    facts = replace(facts, urls=(replace(facts.urls[0], xarf_classification="baseline"),))
    return facts, compose(facts, "first", "en")
