"""Who stands in which role toward the Urls of a host: the chain that its Trace keeps.

The site's owner is never part of it: nobody may learn that a notice is under way.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from takedown.hosts.cards import AbuseMail, mail_at
from takedown.hosts.finding import HostFinding
from takedown.hosts.known import Fact
from takedown.hosts.making import Maker
from takedown.hosts.models import Host, Provider, Role, Source
from takedown.hosts.providers import domains_of, ending, narrowest, survivor

#: Who answers for a Url, and whose episode is the primary one: the first of these that is known.
RESPONSIBLE = (Role.PLATFORM, Role.HOST, Role.PROXY)


@dataclass(frozen=True, slots=True)
class Link:
    """One organisation, what it is toward the Urls, and where that was read."""

    role: Role
    provider: Provider
    source: str
    mails: tuple[AbuseMail, ...] = field(default=(), repr=False)  # looked up, best first


@dataclass(frozen=True, slots=True)
class Chain:
    """All of them. `origin`: what was found about the address that a proxy told of."""

    links: tuple[Link, ...] = ()
    origin: HostFinding | None = field(default=None, repr=False)

    def of(self, role: Role) -> Link | None:
        """Who stands in a role."""
        return next((link for link in self.links if link.role is role), None)

    @property
    def responsible(self) -> Link | None:
        """Who answers for the Urls; None: nobody could be named."""
        return next((link for link in map(self.of, RESPONSIBLE) if link is not None), None)


def names_of(findings: Collection[HostFinding]) -> tuple[set[str], set[int], set[str]]:
    """The domains, numbers and names that a batch of findings can meet."""
    domains = {name for one in findings for name in domains_of(one.name, one.domain)}
    asns = {asn for one in findings for asn in (one.asn, *one.upstream_asns) if asn}
    names = {n for one in findings for n in (one.registrar, one.registry, _name(one)) if n}
    names |= {carrier.name for one in findings for carrier in one.carriers if carrier.name}
    return domains, asns, names


def build(maker: Maker, host: Host, finding: HostFinding, origin: HostFinding | None) -> Chain:
    """The chain of a finding; who is not on record is made. `origin`: of the address told of."""
    links: list[Link] = []
    if finding.address and not finding.forbidden:
        links += filter(None, [_platform(maker, finding)])
        network = _network(maker, finding)
        front = _front(maker, host, finding, network)
        if front is None:
            origin = None
            links += [network] if network else []
        else:
            links.append(front)
            behind = _origin(maker, host, origin)
            if behind is None or behind.role is not Role.HOST:
                origin = None
            else:
                links.append(behind)
            if network is not None and network.provider.id != front.provider.id:
                links.append(replace(network, role=Role.UPSTREAM))
        links += _upstreams(maker, origin or finding, links)
    links += _registered(maker, finding)
    own = {finding.name, finding.owner_domain}
    return Chain(tuple(_safe(link, own) for link in _once(links)), origin)


def reachable(maker: Maker, finding: HostFinding) -> bool:
    """Whether somebody on record answers for it, and can be written to."""
    record = maker.record
    platform = record.platform(domains_of(finding.name, finding.domain))
    known = platform or _by_address(maker, finding.address or "", finding.asn)[0]
    return known is not None and bool(record.contacts[known.id])


def _platform(maker: Maker, finding: HostFinding) -> Link | None:
    """By the domain or by one between it and the name. Paths are a Url's matter: only entered."""
    names = domains_of(finding.name, finding.domain)
    for (domain, _), fact in maker.book.by_path.items():
        if domain in names:
            maker.of_fact(fact)
    known = maker.record.platform(names)
    if known is not None:
        return Link(Role.PLATFORM, known, _on_record(known, Source.BOOK))
    for name in names:
        if name in maker.book.by_domain:
            provider = maker.of_fact(maker.book.by_domain[name])
            return Link(Role.PLATFORM, provider, Source.REFERENCE)
    return None


def _network(maker: Maker, finding: HostFinding) -> Link | None:
    """Who answers for the address: by its range, the narrower first; by its number; as found."""
    read_in = finding.sources.get("asn", Source.TABLE)
    known, fact = _by_address(maker, finding.address or "", finding.asn)
    if known is None and fact is not None:
        known = maker.of_fact(fact)
    if known is not None:
        return _operator(known, _on_record(known, read_in), finding)
    name = _name(finding)
    if not name:
        return None
    made = maker.of_name(name, finding.organisation_country or finding.country)
    if finding.asn:
        made = maker.announces(made, finding.asn)
    return _operator(made, finding.sources.get("organisation", read_in), finding)


def _by_address(maker: Maker, address: str, asn: int | None) -> tuple[Provider | None, Fact | None]:
    """Our own book goes before the reference data where both know one as closely."""
    ours = maker.record.ranged(address)
    theirs = narrowest(address, maker.book.by_range)
    if ours and (theirs is None or ours[0] >= theirs[0]):
        return ours[1], None
    if theirs:
        return None, theirs[1]
    return maker.record.announcer(asn), maker.book.by_asn.get(asn or 0)


def _front(maker: Maker, host: Host, finding: HostFinding, network: Link | None) -> Link | None:
    """The proxy: the network's own, or one that an alias or an answer's header gives away."""
    if network is not None and network.provider.proxy:
        return network
    known = maker.record.behind_alias(finding.aliases)
    if known is not None:
        return Link(Role.PROXY, known, Source.CNAME)
    mark = ending(finding.aliases, maker.book.by_cname)
    if mark is not None:
        return Link(Role.PROXY, maker.of_fact(maker.book.by_cname[mark]), Source.CNAME)
    if host.front_id is None:
        return None
    session = maker.record.session
    seen = survivor(session, session.get_one(Provider, host.front_id))
    return Link(Role.PROXY, seen, Source.HEADER)


def _origin(maker: Maker, host: Host, origin: HostFinding | None) -> Link | None:
    """Who stands behind the proxy, as it was told: an organisation, or who has the address."""
    source = host.origin_source or Source.PERSON
    if host.origin_provider_id is not None:
        session = maker.record.session
        told = survivor(session, session.get_one(Provider, host.origin_provider_id))
        mails = origin.abuse if origin and not origin.forbidden else ()
        return Link(Role.HOST, told, source, mails)
    if origin is None or origin.forbidden:
        return None
    found = _network(maker, origin)
    return replace(found, source=source) if found else None


def _upstreams(maker: Maker, finding: HostFinding, links: list[Link]) -> list[Link]:
    """Networks that carry the one it is in, as far as somebody can name them."""
    known = {link.provider.id for link in links}
    told = {carrier.asn: carrier for carrier in finding.carriers}
    found = []
    for asn in finding.upstream_asns:
        provider, carrier = maker.record.announcer(asn), told.get(asn)
        if provider is None and asn in maker.book.by_asn:
            provider = maker.of_fact(maker.book.by_asn[asn])
        if provider is None and carrier is not None and carrier.name:
            provider = maker.announces(maker.of_name(carrier.name, carrier.country), asn)
        if provider is not None and provider.id not in known:
            source = finding.sources.get("upstream", Source.TABLE)
            mails = carrier.abuse if carrier else ()
            found.append(Link(Role.UPSTREAM, provider, source, mails))
    return found


def _registered(maker: Maker, finding: HostFinding) -> list[Link]:
    """Registrar and registry of the domain, each with its own abuse desk."""
    links = []
    source = finding.sources.get("registrar", Source.RDAP)
    if finding.registrar:
        registrar = maker.of_name(finding.registrar, finding.registrar_country)
        links.append(Link(Role.REGISTRAR, registrar, source, finding.registrar_abuse))
    if finding.registry:
        registry = maker.of_name(finding.registry, finding.registry_country)
        source = finding.sources.get("registry", Source.RDAP)
        links.append(Link(Role.REGISTRY, registry, source, finding.registry_abuse))
    return links


def _operator(provider: Provider, source: str, finding: HostFinding) -> Link:
    role = Role.PROXY if provider.proxy else Role.HOST
    return Link(role, provider, source, finding.abuse)


def _on_record(provider: Provider, read_in: str) -> str:
    """Where an entry is from: the reference data, a person, or what it was once read in."""
    if provider.reviewed_by == "reference":
        return Source.REFERENCE
    return Source.BOOK if provider.reviewed_at else read_in


def _name(finding: HostFinding) -> str | None:
    return finding.organisation or finding.asn_name or finding.network


def _once(links: list[Link]) -> list[Link]:
    """Each organisation once in a role."""
    return list({(link.role, link.provider.id): link for link in reversed(links)}.values())[::-1]


def _safe(link: Link, own: set[str]) -> Link:
    """Without mails at the host's own name or its owner's domain: that would be a tip-off."""
    kept = tuple(mail for mail in link.mails if not mail_at(mail.address, own))
    return replace(link, mails=kept)
