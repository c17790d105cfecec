"""What was found about one host: all that a Trace, its providers and its contacts are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from takedown.hosts.asn_table import Network
from takedown.hosts.cards import AbuseMail, mail_at
from takedown.hosts.dns_batch import Dns
from takedown.hosts.inquiry import Said
from takedown.hosts.registration import Registration
from takedown.hosts.resolve import Answer

_EMPTY = Registration()


@dataclass(frozen=True, slots=True)
class Carrier:
    """A network that carries the host's one: transit of the announcing number."""

    asn: int
    name: str | None = field(default=None, repr=False)
    country: str | None = None
    abuse: tuple[AbuseMail, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Local:
    """What the tables on this machine say about an address. `missing`: a reason for `problems`."""

    network: Network | None = None
    geolocation: str | None = None
    upstream_asns: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostFinding:
    """All that was found about one host at one time: what a Trace is made of.

    `domain` is the registrable one by the Public Suffix List's ICANN part, which registries are
    asked about. `site` is the owner's by its private part, where that differs: in
    `name.blog.example` the platform has registered `domain` and its user publishes at `site`.
    """

    name: str = field(repr=False)
    domain: str | None = field(repr=False)
    dns: Dns
    addresses: tuple[str, ...] = field(default=(), repr=False)
    address: str | None = field(default=None, repr=False)  # the one that was judged
    aliases: tuple[str, ...] = field(default=(), repr=False)
    nameservers: tuple[str, ...] = field(default=(), repr=False)
    asn: int | None = None
    asn_name: str | None = field(default=None, repr=False)
    network: str | None = field(default=None, repr=False)
    country: str | None = None  # of hosting: the first of `countries` that is known
    organisation: str | None = field(default=None, repr=False)
    organisation_country: str | None = None
    registrar: str | None = field(default=None, repr=False)
    registrar_country: str | None = None
    domain_status: tuple[str, ...] = ()
    abuse: tuple[AbuseMail, ...] = field(default=(), repr=False)  # of the host, best first
    registrar_abuse: tuple[AbuseMail, ...] = field(default=(), repr=False)
    evidence: dict[str, Any] = field(default_factory=dict, repr=False)
    sources: dict[str, str] = field(default_factory=dict)  # fact -> where it came from
    problems: tuple[str, ...] = ()
    forbidden: bool = False  # an address that must not be reached: nobody was asked about it
    registry_down: bool = False  # the address's registry did not answer, and no contact is known
    site: str | None = field(default=None, repr=False)
    # registry, geolocation, table: where the address is; organisation, registrar: where they are
    countries: dict[str, str] = field(default_factory=dict)
    registry: str | None = field(default=None, repr=False)  # of the domain's suffix, where told
    registry_country: str | None = None
    registry_abuse: tuple[AbuseMail, ...] = field(default=(), repr=False)
    upstream_asns: tuple[int, ...] = ()  # the announcing number's transit, by the local table
    carriers: tuple[Carrier, ...] = field(default=(), repr=False)  # those that were asked about
    put_off: timedelta | None = None  # a registry that answers wants a pause: come back after it

    @property
    def owner_domain(self) -> str:
        """The narrowest domain whose owner runs the site: what a notice must not tip off."""
        return self.site or self.domain or self.name


def finding(
    name: str,
    domain: str | None,
    site: str | None,
    answer: Answer,
    local: Local,
    said: Said,
    *,
    address: str | None,
    forbidden: bool,
) -> HostFinding:
    """Put together what DNS, tables and registries said. Pure; `address`: the one judged."""
    of_address = said.addresses.get(address or "", _EMPTY)
    network = local.network
    asn = network.asn if network else of_address.asn
    of_number = said.numbers.get(asn or 0, _EMPTY)
    of_domain = said.domains.get(domain or "", _EMPTY)
    abuse, left_out = _host_abuse(of_address, of_number, {name, site or domain or name})
    countries = _countries(local, of_address, of_number, of_domain)
    country, country_from = _country(countries, of_address)
    sources = {
        "asn": "table" if network else of_address.source if asn else None,
        "country": country_from,
        "organisation": of_address.source if of_address.organisation else None,
        "registrar": of_domain.source if of_domain.registrar else None,
        "registry": of_domain.source if of_domain.registry else None,
        "upstream": "table" if local.upstream_asns else None,
        "contact": abuse[0].evidence if abuse else None,
    }
    problems = [
        *(local.missing if address else ()),
        *of_address.problems,
        *of_number.problems,
        *of_domain.problems,
        *left_out,
        *(["one of A and AAAA was not answered"] if answer.partial else []),
        *(["its aliases lead in a circle"] if answer.circle else []),
        *(["forbidden address"] if forbidden else []),
        *_disagreement(countries),
    ]
    known = any(not mail.last_resort for mail in abuse)
    return HostFinding(
        name=name,
        domain=domain,
        dns=answer.dns,
        addresses=answer.addresses,
        address=address,
        aliases=answer.aliases,
        nameservers=answer.nameservers or of_domain.nameservers,
        asn=asn,
        asn_name=network.name if network else None,
        network=of_address.network,
        country=country,
        organisation=of_address.organisation or of_number.organisation,
        organisation_country=countries.get("organisation"),
        registrar=of_domain.registrar,
        registrar_country=of_domain.registrar_country,
        domain_status=of_domain.status,
        abuse=abuse,
        registrar_abuse=of_domain.abuse,
        evidence=_evidence(of_address, of_number, of_domain),
        sources={fact: source for fact, source in sources.items() if source},
        problems=tuple(dict.fromkeys(problems)),
        forbidden=forbidden,
        registry_down=of_address.down and not known,
        site=site if site != domain else None,
        countries=countries,
        registry=of_domain.registry,
        registry_country=of_domain.registry_country,
        registry_abuse=of_domain.registry_abuse,
        upstream_asns=local.upstream_asns,
        carriers=tuple(_carrier(asn, said) for asn in local.upstream_asns if asn in said.numbers),
        put_off=None if known else _put_off(of_address),
    )


def _countries(
    local: Local, of_address: Registration, of_number: Registration, of_domain: Registration
) -> dict[str, str]:
    """The separate facts: three words on where the address is, two on who stands behind."""
    holder = of_address.organisation_country or of_number.organisation_country
    facts = {
        "registry": of_address.country,
        "geolocation": local.geolocation,
        "table": local.network.country if local.network else None,
        "organisation": holder,
        "registrar": of_domain.registrar_country,
    }
    return {fact: country for fact, country in facts.items() if country}


def _country(
    countries: Mapping[str, str], of_address: Registration
) -> tuple[str | None, str | None]:
    """Where the address is hosted: by its registry, the geolocation table, the table of numbers;
    where none knows, where its holder is."""
    if "registry" in countries:
        return countries["registry"], of_address.source
    for fact in ("geolocation", "table"):
        if fact in countries:
            return countries[fact], fact
    if "organisation" in countries:
        return countries["organisation"], f"{of_address.source}, of the organisation"
    return None, None


def _disagreement(countries: Mapping[str, str]) -> list[str]:
    told = [fact for fact in ("registry", "geolocation", "table") if fact in countries]
    if len({countries[fact] for fact in told}) < 2:
        return []
    said = ", ".join(f"{fact} {countries[fact]}" for fact in told)
    return [f"the address's country is not agreed on: {said}"]


def _host_abuse(
    of_address: Registration, of_number: Registration, own: set[str]
) -> tuple[tuple[AbuseMail, ...], list[str]]:
    """Mails for the host, best first, without those at its own name or its owner's domain: that
    would be a tip-off. A national registry's own desk comes last."""
    every: dict[str, AbuseMail] = {}
    told = (*of_address.abuse, *of_number.abuse)
    for mail in sorted(told, key=lambda mail: mail.last_resort):
        every.setdefault(mail.address, mail)
    kept = tuple(mail for mail in every.values() if not mail_at(mail.address, own))
    left_out = len(every) - len(kept)
    return kept, ["a contact at the host's own domain was left out"] if left_out else []


def _evidence(
    of_address: Registration, of_number: Registration, of_domain: Registration
) -> dict[str, Any]:
    """The answers as they came: the last one under its subject, those that referred us before."""
    evidence: dict[str, Any] = {}
    for fact, said in (("address", of_address), ("number", of_number), ("domain", of_domain)):
        if said.raw is not None:
            evidence[fact] = said.raw
        if said.earlier:
            evidence[f"{fact}, before"] = list(said.earlier)
    return evidence


def _carrier(asn: int, said: Said) -> Carrier:
    told = said.numbers[asn]
    country = told.organisation_country or told.country
    return Carrier(asn, told.organisation or told.network, country, told.abuse)


def _put_off(said: Registration) -> timedelta | None:
    return timedelta(seconds=said.put_off_s) if said.put_off_s is not None else None
