"""RDAP (RFC 9083) about the networks, numbers and domains of the small internet.

Three registries share it: `plain` answers, `limited` wants pauses, `silent` never says a word. The
bootstrap's lists (RFC 9224) say who answers for what; a script gives them something to answer for.
"""

import asyncio
import time
import zlib
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from sandbox.little_http import Request, Response
from sandbox.providers import PROVIDERS, REGISTRARS, Provider, provider_of
from sandbox.scene import Scene

SLOW_SECONDS = 0.5
RETRY_AFTER = 1
MOST_A_SECOND = 10
FOR_EVER = 3_600
CONFORMANCE = ["rdap_level_0", "cidr0", "arin_originas0"]
EVENTS = [
    {"eventAction": "registration", "eventDate": "2019-03-04T10:00:00Z"},
    {"eventAction": "last changed", "eventDate": "2025-06-01T08:30:00Z"},
]


def _card(name: str, kind: str, country: str, mailbox: str | None) -> list[object]:
    lines: list[object] = [
        ["version", {}, "text", "4.0"],
        ["fn", {}, "text", name],
        ["kind", {}, "text", kind],
        ["adr", {"cc": country}, "text", ["", "", "1 Example Street", "", "", "", country]],
    ]
    if mailbox is not None:
        lines += [
            ["email", {"type": "work"}, "text", mailbox],
            ["tel", {"type": ["work", "voice"]}, "uri", "tel:+1-555-0100"],
        ]
    return ["vcard", lines]


def _entity(
    handle: str, roles: list[str], card: list[object], *within: dict[str, object]
) -> dict[str, object]:
    entity: dict[str, object] = {
        "objectClassName": "entity",
        "handle": handle,
        "roles": roles,
        "vcardArray": card,
    }
    if within:
        entity["entities"] = list(within)
    return entity


def entities(provider: Provider) -> list[dict[str, object]]:
    """Who answers for a provider's network; where the abuse mailbox stands depends on it."""
    tag, country, domain = provider.key.upper(), provider.country, provider.domain
    abuse = _entity(
        f"ABUSE-{tag}", ["abuse"], _card(f"{provider.name} Abuse", "group", country, provider.abuse)
    )
    technical = _entity(
        f"TECH-{tag}", ["technical"], _card("Network Desk", "group", country, f"noc@{domain}")
    )
    owner = _card(provider.name, "org", country, f"office@{domain}")
    if provider.rdap == "no_abuse":
        return [_entity(f"ORG-{tag}", ["registrant"], owner), technical]
    if provider.rdap == "nested":
        admin = _card("Administration", "group", country, None)
        inner = _entity(f"ADMIN-{tag}", ["administrative"], admin, abuse)
        return [_entity(f"ORG-{tag}", ["registrant"], owner, inner), technical]
    return [_entity(f"ORG-{tag}", ["registrant"], owner), abuse, technical]


def _common(kind: str, handle: str, link: str) -> dict[str, object]:
    return {
        "rdapConformance": CONFORMANCE,
        "objectClassName": kind,
        "handle": handle,
        "events": EVENTS,
        "links": [{"rel": "self", "href": link, "value": link, "type": "application/rdap+json"}],
        "notices": [{"title": "Source", "description": ["A sandbox on loopback."]}],
    }


def network(provider: Provider, base: str) -> dict[str, object]:
    first, last = provider.range
    return {
        **_common("ip network", f"NET-127-20-{provider.number}-0-1", f"{base}/ip/{first}"),
        "startAddress": first,
        "endAddress": last,
        "ipVersion": "v4",
        "name": f"{provider.key.upper()}-NET",
        "type": "ALLOCATED PA",
        "country": provider.country,
        "parentHandle": "NET-127-20-0-0-1",
        "status": ["active"],
        "cidr0_cidrs": [{"v4prefix": first, "length": 24}],
        "arin_originas0_originautnums": [provider.asn],
        "entities": entities(provider),
    }


def number(provider: Provider, base: str) -> dict[str, object]:
    return {
        **_common("autnum", f"AS{provider.asn}", f"{base}/autnum/{provider.asn}"),
        "startAutnum": provider.asn,
        "endAutnum": provider.asn,
        "name": f"AS-{provider.key.upper()}",
        "type": "DIRECT ALLOCATION",
        "country": provider.country,
        "status": ["active"],
        "entities": entities(provider),
    }


def domain(scene: Scene, name: str, base: str) -> dict[str, object] | None:
    """A registered domain, with `client hold` once its registrar has acted; None: no such."""
    host = next((h for h in scene.hosts.values() if h.domain == name), None)
    if host is None:
        return None
    registrar = REGISTRARS[host.registrar]
    desk = _card(f"{registrar.name} Abuse Desk", "group", registrar.country, registrar.abuse)
    abuse = _entity(f"{registrar.iana_id}-ABUSE", ["abuse"], desk)
    card = _card(registrar.name, "org", registrar.country, None)
    entity = _entity(str(registrar.iana_id), ["registrar"], card, abuse)
    entity["publicIds"] = [
        {"type": "IANA Registrar ID", "identifier": str(registrar.iana_id)},
    ]
    customer = _card("Customer", "individual", "", f"owner@{name}")
    held = scene.hold_stands(name)
    return {
        **_common("domain", f"D{zlib.crc32(name.encode()):08X}-EX", f"{base}/domain/{name}"),
        "ldhName": name,
        "status": ["client hold", "client transfer prohibited"] if held else ["active"],
        "nameservers": [
            {"objectClassName": "nameserver", "ldhName": f"ns{nth}.{registrar.domain}"}
            for nth in (1, 2)
        ],
        "secureDNS": {"delegationSigned": False},
        "entities": [entity, _entity("CUSTOMER", ["registrant"], customer)],
    }


def lists(scene: Scene, name: str, bases: Mapping[str, str]) -> dict[str, object] | None:
    """One of the bootstrap's lists; None: no such list."""
    selectors: dict[str, list[str]] = {registry: [] for registry in bases}
    for provider in PROVIDERS.values():
        entry = {"ipv4": f"{provider.range[0]}/24", "asn": str(provider.asn)}.get(name)
        if entry is not None:
            selectors[scene.registry_of(provider.key if name == "ipv4" else "")].append(entry)
    if name == "dns":
        for suffix in sorted({host.domain.rpartition(".")[2] for host in scene.hosts.values()}):
            selectors[scene.registry_of(f".{suffix}")].append(suffix)
    if name not in ("asn", "dns", "ipv4", "ipv6"):
        return None
    services = [[told, [f"{bases[registry]}/"]] for registry, told in selectors.items() if told]
    return {"version": "1.0", "publication": "2025-06-01T00:00:00Z", "services": services}


class Rdap:
    """Answers with the habits of the provider asked about: absent, busy, slow."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.bases: dict[str, str] = {}
        self._asked: Counter[str] = Counter()
        self._second = 0
        self._this_second = 0

    async def handle(self, request: Request) -> Response:
        """As the plain registry, which also keeps the lists."""
        kind, _, what = request.path.strip("/").partition("/")
        if kind == "bootstrap":
            return self._found(lists(self.scene, what.removesuffix(".json"), self.bases))
        return await self._counted("plain", request)

    async def limited(self, request: Request) -> Response:
        """As a registry that bears so many questions a second."""
        second = int(time.monotonic())
        self._this_second = self._this_second + 1 if second == self._second else 1
        self._second = second
        if self._this_second > MOST_A_SECOND:
            self._tell("limited", request, 429)
            return self._error(429, "Too Many Requests", {"Retry-After": str(RETRY_AFTER)})
        return await self._counted("limited", request)

    async def silent(self, request: Request) -> Response:
        """As a registry that takes a question and never answers."""
        self._tell("silent", request, 0)
        with suppress(asyncio.CancelledError):  # the small internet ends
            await asyncio.sleep(FOR_EVER)
        return self._error(503, "Service Unavailable")

    async def _counted(self, registry: str, request: Request) -> Response:
        response = await self._answer(request)
        self._tell(registry, request, response.status)
        return response

    def _tell(self, registry: str, request: Request, status: int) -> None:
        kind, _, what = request.path.strip("/").partition("/")
        self.scene.questions.append((registry, kind, what, status))

    async def _answer(self, request: Request) -> Response:
        kind, _, what = request.path.strip("/").partition("/")
        base = f"http://{request.fields.get('host', '127.0.0.1')}"
        if kind == "domain":
            return self._found(domain(self.scene, what.lower().rstrip("."), base))
        if kind == "ip":
            provider = provider_of(what.partition("/")[0])
        elif kind == "autnum":
            provider = next((p for p in PROVIDERS.values() if str(p.asn) == what), None)
        else:
            return self._error(400, "Bad Request")
        if provider is None or provider.rdap == "missing":
            return self._found(None)
        self._asked[provider.key] += 1
        if provider.rdap == "busy" and self._asked[provider.key] % 3 == 1:
            return self._error(429, "Too Many Requests", {"Retry-After": str(RETRY_AFTER)})
        if provider.rdap == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        return self._found((network if kind == "ip" else number)(provider, base))

    def _found(self, document: dict[str, object] | None) -> Response:
        if document is None:
            return self._error(404, "Not Found")
        return Response(200, document, content_type="application/rdap+json")

    @staticmethod
    def _error(status: int, title: str, fields: dict[str, str] | None = None) -> Response:
        document = {"rdapConformance": ["rdap_level_0"], "errorCode": status, "title": title}
        return Response(status, document, fields or {}, "application/rdap+json")
