"""Traces: a finding as it is kept, sealed in its place, and what two of them say together."""

import json
from datetime import datetime

from takedown.db import new_id
from takedown.hosts.lookup import HostFinding
from takedown.hosts.models import Host, Trace
from takedown.hosts.providers import Match
from takedown.vault import Vault


def make(
    vault: Vault, host: Host, finding: HostFinding, found: Match | None, now: datetime
) -> Trace:
    """The Trace of a finding; encrypted under the key of its host."""
    made = new_id()

    def sealed(column: str, value: str | None) -> bytes | None:
        return vault.seal(f"traces.{column}", made, host.cohort, value) if value else None

    def listed(values: tuple[str, ...]) -> str | None:
        return json.dumps(values) if values else None

    return Trace(
        id=made,
        host_id=host.id,
        at=now,
        dns=finding.dns,
        addresses=sealed("addresses", listed(finding.addresses)),
        address=sealed("address", finding.address),
        address_index=vault.blind("address", finding.address) if finding.address else None,
        nameservers=sealed("nameservers", listed(finding.nameservers)),
        asn=finding.asn,
        network=sealed("network", finding.network),
        country=finding.country,
        organisation_country=finding.organisation_country,
        registrar=sealed("registrar", finding.registrar),
        registrar_country=finding.registrar_country,
        domain_status=list(finding.domain_status),
        proxy=found is not None and found.provider.proxy,
        provider_id=found.provider.id if found else None,
        role=found.role if found else None,
        evidence=sealed("evidence", json.dumps(finding.evidence) if finding.evidence else None),
        sources=finding.sources,
        problems=list(finding.problems),
    )


def moved(before: Trace | None, trace: Trace) -> bool:
    """Whether another network or country serves it now; a name that failed has not moved."""
    if before is None or before.asn is None or trace.asn is None:
        return False
    return (before.asn, before.country) != (trace.asn, trace.country)


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
