"""The way out for the medium `api`."""

from notices.channels.http_api import HttpApi
from takedown.flow.ports import Ports
from takedown.outbox.connectors import standing


def interfaces(ports: Ports) -> HttpApi | None:
    """The way out for `api`: connectors in force by their contact, secrets opened as they go.

    None where there is none.
    """
    if ports.interface is None:
        return None
    sessions, vault = ports.sessions, ports.vault
    return ports.interface(standing.finder(sessions), standing.secrets(sessions, vault))
