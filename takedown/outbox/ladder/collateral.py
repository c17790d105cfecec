"""What a measure on a whole domain would reach beside the Urls that it is about."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notices.facts import Collateral
from takedown.hosts.models import Host
from takedown.outbox.cases import Case
from takedown.outbox.ladder.rules import DOMAIN_LEVEL, role_of
from takedown.outbox.models import Notice
from takedown.outbox.url_facts import Item
from takedown.urls.models import Url
from takedown.urls.normalise import registrable_domain
from takedown.vault import Vault

#: In a decision: how many other Urls of ours stood under the domain when it was composed.
OTHERS: Final = "other_urls"
_PLACE: Final = "notices.lives_there"


def others(session: Session, chosen: Iterable[Case]) -> int:
    """How many Urls of ours, beside these, stand under their domain."""
    listed = list(chosen)
    domains = {case.host.domain_index for case in listed}
    known = session.scalar(
        select(func.count())
        .select_from(Url)
        .join(Host, Host.id == Url.host_id)
        .where(Host.domain_index.in_(domains))
    )
    return int(known or 0) - len(listed)


def of(vault: Vault, notice: Notice, items: Sequence[Item]) -> Collateral | None:
    """What a notice to a registrar or registry says of it; None for all others."""
    if role_of(notice.kind, notice.step) not in DOMAIN_LEVEL:
        return None
    host = items[0].case.host
    name = vault.open("hosts.name", host.id, host.name)
    counted = int(items[0].row.decision.get(OTHERS, 0))
    return Collateral(
        domain=registrable_domain(name) or name,
        other_urls=counted,
        other_content=said(vault, notice),
    )


def said(vault: Vault, notice: Notice) -> str | None:
    """What else lives there, in a person's words."""
    return vault.open(_PLACE, notice.id, notice.lives_there) if notice.lives_there else None


def say(vault: Vault, notice: Notice, words: str) -> None:
    """Keep a person's words on what else lives there; a yes to the text before is void."""
    plain = " ".join(words.split())
    notice.lives_there = vault.seal(_PLACE, notice.id, notice.cohort, plain) if plain else None
