"""Who took it away, from how it went: evidence for a person, never an accusation."""

from enum import StrEnum

from takedown.checks.finding import Dns, Finding, NameState


class RemovedBy(StrEnum):
    HOST = "host"
    PLATFORM = "platform"
    REGISTRAR = "registrar"
    REGISTRY = "registry"
    POLICE = "police"
    MOVED = "moved"
    UNKNOWN = "unknown"


def removed_by(
    finding: Finding,
    *,
    platform: bool = False,
    asn_before: int | None = None,
    asn_now: int | None = None,
) -> RemovedBy:
    """Who removed it, from the first failing finding of the run.

    `platform`: the Url lies on a platform of a known provider, which answers for its paths.
    `asn_before`, `asn_now`: networks at the notice and at the finding; two known and different ones
    mean that it moved. A hold by the client is the registrar's, by the server the registry's
    (EPP, RFC 5731); a name that is gone without one counts as the registrar's.
    """
    if finding.name is NameState.SEIZED:
        return RemovedBy.POLICE
    if finding.name is NameState.SERVER_HOLD:
        return RemovedBy.REGISTRY
    if finding.name is NameState.CLIENT_HOLD or finding.dns is Dns.NXDOMAIN:
        return RemovedBy.REGISTRAR
    if asn_before is not None and asn_now is not None and asn_before != asn_now:
        return RemovedBy.MOVED
    if finding.status in (404, 410) or finding.location is not None:
        return RemovedBy.PLATFORM if platform else RemovedBy.HOST
    return RemovedBy.UNKNOWN
