"""Who took it away, from how it went: evidence for a person, never an accusation."""

from takedown.checks.finding import Dns, Finding, NameState
from takedown.episodes.models import RemovedBy


def removed_by(finding: Finding) -> RemovedBy:
    """Who removed it, from the first failing finding of the run.

    A hold by the client is the registrar's, by the server the registry's (EPP, RFC 5731); a name
    that is gone without one counts as the registrar's. What a host no longer shows counts as the
    host's: whether a platform answers for the path is known to the episode.
    """
    if finding.name is NameState.SEIZED:
        return RemovedBy.POLICE
    if finding.name is NameState.SERVER_HOLD:
        return RemovedBy.REGISTRY
    if finding.name is NameState.CLIENT_HOLD or finding.dns is Dns.NXDOMAIN:
        return RemovedBy.REGISTRAR
    if finding.status in (404, 410) or finding.location is not None:
        return RemovedBy.HOST
    return RemovedBy.UNKNOWN
