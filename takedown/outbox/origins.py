"""What a proxy tells of who stands behind it: entered where it is sure, else for a person."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.audit import MACHINE
from takedown.hosts.models import Host, Provider
from takedown.hosts.origin import OriginRefused, told_origin
from takedown.outbox.models import Notice, NoticeUrl
from takedown.people.tasks import TaskKind, ask
from takedown.urls.models import Url
from takedown.vault import Vault


def told(
    session: Session,
    vault: Vault,
    notice: Notice,
    addresses: Sequence[str],
    *,
    source: str,
    proven: bool,
    allowed: Callable[[str], bool],
    now: datetime,
) -> None:
    """A recipient told these addresses about a notice. `source`: reply or api.

    They are entered only where it is `proven` to come from a proxy, and one address stands for the
    one host of the notice; anything else is a proposal to a person. `allowed`: the probes' guard.
    """
    provider = session.get_one(Provider, notice.provider_id)
    on = (
        select(Url.host_id)
        .join(NoticeUrl, NoticeUrl.url_id == Url.id)
        .where(NoticeUrl.notice_id == notice.id)
    )
    hosts = session.scalars(select(Host).where(Host.id.in_(on)).limit(2)).all()
    if proven and provider.proxy and len(addresses) == 1 and len(hosts) == 1:
        (host,), (address,) = hosts, addresses
        if host.origin is not None and vault.open("hosts.origin", host.id, host.origin) == address:
            return  # told before: it is looked up with it already
        try:
            with session.begin_nested():
                told_origin(
                    *(session, vault, host.id),
                    address=address,
                    source=source,
                    by=MACHINE,
                    now=now,
                    allowed=allowed,
                )
        except OriginRefused:
            pass
        else:
            return
    why = "mail:origin" if source == "reply" else "provider:origin"
    ask(session, TaskKind.ORIGIN, "notice", notice.id, now=now, why=why)
