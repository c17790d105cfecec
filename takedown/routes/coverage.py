"""What a hold covers: asked of the rows each time, so that nothing has to be kept up to date.

A hold on a Url, host or domain covers what stands there now, and so what is registered later. A
hold on a provider covers the Urls whose host this provider serves, and those that it served at any
time since the hold was placed: one that moves away stays held, since what the police look into
moves with it. It stands in the place of host, proxy, platform or site owner; a hold on a
registrar, registry or upstream network stops what goes to it, not what is said of its customers.
A provider that was merged counts as one with the provider that it went into.
"""

from typing import Final

from sqlalchemy import CTE, ColumnElement, Select, Subquery, and_, or_, select, union_all
from sqlalchemy.orm import aliased

from takedown.hosts.dns_batch import Dns
from takedown.hosts.models import Host, Provider, Role, Trace, TraceProvider
from takedown.routes.models import Hold, UrlRoute
from takedown.urls.models import Url

SERVING: Final = (Role.HOST, Role.PROXY, Role.PLATFORM, Role.SITE_OWNER)
_FAILED: Final = tuple(str(one) for one in Dns if one.failed)


def stands(*, silent: bool = False) -> ColumnElement[bool]:
    """Whether a hold stands; `silent`: and says that nothing may be looked at."""
    standing = Hold.released_at.is_(None)
    return and_(standing, Hold.probes_go_on.is_(False)) if silent else standing


def pairs(which: ColumnElement[bool]) -> Subquery:
    """Each Url with each hold that covers it: `url_id`, `hold_id`, some of them repeated.

    `which`: the holds that count.
    """
    chosen = select(Url.id.label("url_id"), Hold.id.label("hold_id"))
    by_url = chosen.join(Hold, and_(Hold.subject == "url", Hold.subject_id == Url.id))
    by_host = chosen.join(Hold, and_(Hold.subject == "host", Hold.subject_id == Url.host_id))
    by_domain = chosen.join(Host, Host.id == Url.host_id).join(
        Hold, and_(Hold.subject == "domain", Hold.domain_index == Host.domain_index)
    )
    direct = [one.where(which) for one in (by_url, by_host, by_domain)]
    return union_all(*direct, *_by_provider(family(which))).subquery("covered")


def family(which: ColumnElement[bool], name: str = "family") -> CTE:
    """The providers that holds stand on, with all that were merged with them.

    Columns `hold_id`, `provider_id`, `placed_at`; `name` tells two in one statement apart.
    """
    line = (
        select(
            Hold.id.label("hold_id"),
            Hold.subject_id.label("provider_id"),
            Hold.placed_at.label("placed_at"),
        )
        .where(which, Hold.subject == "provider")
        .cte(name, recursive=True)
    )
    one, other = aliased(Provider), aliased(Provider)
    merged = or_(other.id == one.merged_into_id, other.merged_into_id == one.id)
    return line.union(
        select(line.c.hold_id, other.id, line.c.placed_at)
        .join(one, one.id == line.c.provider_id)
        .join(other, merged)
    )


def _by_provider(line: CTE) -> list[Select[tuple[object, object]]]:
    """By the Traces of the host, by who is named beside them, and by the Url's own decisions."""
    at_host = select(Url.id, line.c.hold_id).join(Trace, Trace.host_id == Url.host_id)
    named = and_(TraceProvider.trace_id == Trace.id, TraceProvider.role.in_(SERVING))
    decided = select(Url.id, line.c.hold_id).join(UrlRoute, UrlRoute.url_id == Url.id)
    return [
        at_host.join(line, line.c.provider_id == Trace.provider_id).where(~_traced_before(line)),
        at_host.join(TraceProvider, named)
        .join(line, line.c.provider_id == TraceProvider.provider_id)
        .where(~_traced_before(line)),
        decided.join(line, line.c.provider_id == UrlRoute.provider_id).where(
            UrlRoute.role.in_(SERVING), ~_decided_before(line)
        ),
    ]


def _traced_before(line: CTE) -> ColumnElement[bool]:
    """Whether another Trace had taken the place of this one when the hold was placed.

    A look-up that failed takes nobody's place.
    """
    later = aliased(Trace)
    return (
        select(later.id)
        .where(
            later.host_id == Trace.host_id,
            later.at > Trace.at,
            later.at <= line.c.placed_at,
            later.dns.not_in(_FAILED),
        )
        .exists()
    )


def _decided_before(line: CTE) -> ColumnElement[bool]:
    later = aliased(UrlRoute)
    return (
        select(later.id)
        .where(
            later.url_id == UrlRoute.url_id,
            later.id > UrlRoute.id,
            later.decided_at <= line.c.placed_at,
        )
        .exists()
    )
