"""Traces: a finding as it is kept, sealed in its place, and what two of them say together."""

import json
from datetime import datetime
from typing import Any

from takedown.db import new_id
from takedown.hosts.chain import Chain
from takedown.hosts.finding import HostFinding
from takedown.hosts.models import Host, Role, Trace
from takedown.vault import Vault


def make(vault: Vault, host: Host, finding: HostFinding, chain: Chain, now: datetime) -> Trace:
    """The Trace of a finding; encrypted under the key of its host.

    Where a proxy told who stands behind it, number, network and country are those of the origin;
    the address stays the one that answers.
    """
    made = new_id()
    found, hosting = chain.responsible, _hosting(finding, chain)

    def sealed(column: str, value: str | None) -> bytes | None:
        return vault.seal(f"traces.{column}", made, host.cohort, value) if value else None

    def listed(values: tuple[str, ...]) -> str | None:
        return json.dumps(values) if values else None

    evidence = dict(finding.evidence)
    if chain.origin is not None:
        evidence |= {f"origin_{what}": raw for what, raw in chain.origin.evidence.items()}
    return Trace(
        id=made,
        host_id=host.id,
        at=now,
        dns=finding.dns,
        addresses=sealed("addresses", listed(finding.addresses)),
        address=sealed("address", finding.address),
        address_index=vault.blind("address", finding.address) if finding.address else None,
        origin=sealed("origin", chain.origin.address if chain.origin else None),
        nameservers=sealed("nameservers", listed(finding.nameservers)),
        network=sealed("network", hosting.pop("network")),
        **hosting,
        registrar=sealed("registrar", finding.registrar),
        registrar_country=finding.registrar_country,
        domain_status=list(finding.domain_status),
        proxy=chain.of(Role.PROXY) is not None,
        provider_id=found.provider.id if found else None,
        role=found.role if found else None,
        evidence=sealed("evidence", json.dumps(evidence) if evidence else None),
    )


def _hosting(finding: HostFinding, chain: Chain) -> dict[str, Any]:
    """Where it is hosted: as DNS leads there, else as a proxy told of what stands behind it."""
    behind = chain.of(Role.HOST) if chain.of(Role.PROXY) else None
    problems = (*finding.problems, *(chain.origin.problems if chain.origin else ()))
    facts: dict[str, Any] = {"problems": list(dict.fromkeys(problems))}
    if behind is None or chain.origin is not None:
        of = chain.origin or finding
        sources = finding.sources | of.sources
        return facts | {
            "asn": of.asn,
            "network": of.network,
            "country": of.country,
            "organisation_country": of.organisation_country,
            "sources": sources | ({"origin": behind.source} if behind else {}),
        }
    return facts | {
        "asn": None,
        "network": None,
        "country": behind.provider.country,
        "organisation_country": behind.provider.country,
        "sources": {"country": behind.source, "origin": behind.source},
    }


def moved(before: Trace | None, trace: Trace) -> bool:
    """Whether another network or country serves it now; a name that failed has not moved.

    Nothing moves when a proxy tells what has stood behind it.
    """
    if before is None or before.asn is None or trace.asn is None:
        return False
    if told(before, trace):
        return False
    return (before.asn, before.country) != (trace.asn, trace.country)


def told(before: Trace, trace: Trace) -> bool:
    """Whether the newer one knows better, and no more: the same address in the same network, or
    what has stood behind the same kind of proxy all the time."""
    same = before.address_index is not None and before.address_index == trace.address_index
    behind = before.proxy and trace.proxy and before.role == Role.PROXY != trace.role
    return (same and before.asn == trace.asn) or behind


def says_more(before: Trace | None, trace: Trace) -> bool:
    """Whether Urls of the host stand otherwise now: provider, network, country or address."""
    return before is None or _stand(before) != _stand(trace)


def _stand(trace: Trace) -> tuple[object, ...]:
    return (
        trace.provider_id,
        trace.role,
        trace.asn,
        trace.country,
        trace.proxy,
        bytes(trace.address_index or b""),
    )
