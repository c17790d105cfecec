"""What a person does about a case's host: look it up again, tell who stands behind its proxy.

Called inside an open transaction; the door commits.
"""

import re

from sqlalchemy.orm import Session

from takedown.errors import TakedownError
from takedown.flow.ports import Ports
from takedown.hosts.cards import mail_at
from takedown.hosts.domains import private_domain
from takedown.hosts.leasing import due_again
from takedown.hosts.making import Maker
from takedown.hosts.models import Host, Source
from takedown.hosts.origin import told_origin
from takedown.hosts.providers import OnRecord
from takedown.urls.models import Url
from takedown.web import acts

SOURCES = (Source.REPLY, Source.PERSON)
_MAIL = re.compile(r"[^\s<>@,;:\"\\()\[\]]{1,64}@[^\s<>@,;:\"\\()]{1,253}")


class ContactRefused(TakedownError):
    """A contact that cannot be written to, or must not be."""


def look_up_again(session: Session, ports: Ports, url: Url, *, actor: str) -> None:
    """Trace its host anew, as soon as look-ups go out."""
    due_again(session, [url.host_id], ports.clock())
    acts.note(session, ports, actor, "url.look_up", url.id)


def tell_origin(
    session: Session,
    ports: Ports,
    url: Url,
    *,
    address: str,
    provider: str,
    mail: str,
    source: str,
    actor: str,
) -> None:
    """A proxy told who stands behind it: an address, or an organisation and how it is reached.

    The contact waits for somebody else's approval. Raises `OriginRefused`, `ContactRefused`.
    """
    now, told = ports.clock(), provider.strip()[:200]
    found = None
    if told:
        maker = Maker(OnRecord(session, ports.vault), ports.known_providers, now)
        maker.record.read(names=[told])
        found = maker.of_name(told, None)
        maker.record.read_contacts([found.id])
        if mail.strip():
            desk = _desk(session, ports, url, mail)
            maker.contact(found, desk, "reply", "told by the proxy", proposed_by=actor)
    elif mail.strip():
        raise ContactRefused("say whose contact it is")
    told_origin(
        session,
        ports.vault,
        url.host_id,
        address=address.strip() or None,
        provider_id=found.id if found else None,
        source=source,
        by=actor,
        now=now,
        allowed=ports.lookup.allowed,
    )
    acts.note(session, ports, actor, "host.origin", url.host_id, case=str(url.id), source=source)


def _desk(session: Session, ports: Ports, url: Url, mail: str) -> str:
    """The address in its one form, unless whoever is reported reads it."""
    plain = mail.strip().lower()
    if not _MAIL.fullmatch(plain):
        raise ContactRefused("not a mail address")
    host = session.get_one(Host, url.host_id)
    name = ports.vault.open("hosts.name", host.id, host.name)
    owners = private_domain(name) or ".".join(name.split(".")[-2:])
    if mail_at(plain, {name, owners}):
        raise ContactRefused("this contact lies in the address's own domain: it would be warned")
    return plain
