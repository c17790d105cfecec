"""The DNS server: UDP and TCP, answers prepared once for each state of the world."""

# mypy: allow-untyped-calls

import asyncio
import struct
from typing import Any

from dnslib import CNAME, NS, QTYPE, RCODE, RR, SOA, A, DNSRecord

from sandbox.providers import PROVIDERS
from sandbox.scene import Scene

TTL = 300


def reply(scene: Scene, query: bytes) -> bytes | None:
    """The answer to one packet; None: none is ever given. Raises on what isn't DNS."""
    asked: Any = DNSRecord.parse(query)
    answer = asked.reply(aa=1, ra=0)
    name = str(asked.q.qname).rstrip(".").lower()
    kind = QTYPE[asked.q.qtype]
    host = scene.hosts.get(name)
    if host is not None and host.dns == "slow":
        return None
    if host is not None and host.dns == "servfail":
        answer.header.rcode = RCODE.SERVFAIL
    elif host is not None and host.dns != "none" and not scene.name_is_gone(host):
        _fill(scene, answer, name, kind)
    elif host is None and _edge(name):
        if kind == "A":
            answer.add_answer(RR(name, QTYPE.A, rdata=A(_edge(name)), ttl=TTL))
    else:
        zone = _zone(scene, name, host is not None)
        if zone == name and kind == "NS":
            for nth in (1, 2):
                nameserver = NS(f"ns{nth}.{_registrar(scene, zone)}.example")
                answer.add_answer(RR(name, QTYPE.NS, rdata=nameserver, ttl=TTL))
        elif zone != name:
            answer.header.rcode = RCODE.NXDOMAIN
    if not answer.rr and answer.header.rcode != RCODE.SERVFAIL:
        answer.add_auth(_soa(name))
    return bytes(answer.pack())


def _fill(scene: Scene, answer: Any, name: str, kind: str) -> None:
    host = scene.hosts[name]
    if host.dns == "nodata":
        return
    if host.front is not None and not host.addresses:
        edge = f"{name.replace('.', '-')}.{PROVIDERS[host.front].domain}"
        answer.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(edge), ttl=TTL))
        if kind == "A":
            answer.add_answer(RR(edge, QTYPE.A, rdata=A(scene.address(host)), ttl=TTL))
    elif kind == "A":
        for address in host.addresses or (scene.address(host),):
            answer.add_answer(RR(name, QTYPE.A, rdata=A(address), ttl=TTL))


def _edge(name: str) -> str | None:
    """The address of a name under a provider's own domain."""
    labels = name.split(".")
    provider = PROVIDERS.get(labels[-2]) if len(labels) > 1 and labels[-1] == "example" else None
    return provider.addresses[0] if provider is not None else None


def _registrar(scene: Scene, zone: str) -> str:
    return next((h.registrar for h in scene.hosts.values() if h.domain == zone), "domainyard")


def _zone(scene: Scene, name: str, is_host: bool) -> str | None:
    """The name itself where it is a registered domain with no address of its own."""
    if is_host:
        return None
    return name if any(h.domain == name for h in scene.hosts.values()) else None


def _soa(name: str) -> RR:
    times = (1, 3600, 900, 604800, 60)
    zone = ".".join(name.split(".")[-2:]) or "."
    return RR(zone, QTYPE.SOA, rdata=SOA("ns1.domainyard.example", "dns.example", times), ttl=60)


def asked(query: bytes) -> tuple[str, str, str, int]:
    """What a packet asks, read from its first question alone (RFC 1035, 4.1.2)."""
    labels, at = [], 12
    while at < len(query) and 0 < query[at] < 64:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("latin-1").lower())
        at += 1 + query[at]
    kind = int.from_bytes(query[at + 1 : at + 3], "big")
    return "dns", str(QTYPE.get(kind, str(kind))), ".".join(labels), 0


class DnsServer(asyncio.DatagramProtocol):
    """Both transports on one port."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.port = 0
        self._prepared: dict[bytes, bytes | None] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        scene.changed.append(self._prepared.clear)

    async def open(self, port: int) -> None:
        """Bind; port 0 picks one that is free for both. Raises OSError."""
        loop = asyncio.get_running_loop()
        for attempt in range(20):
            self._server = await asyncio.start_server(self._stream, "127.0.0.1", port)
            self.port = int(self._server.sockets[0].getsockname()[1])
            try:
                self._transport, _ = await loop.create_datagram_endpoint(
                    lambda: self, local_addr=("127.0.0.1", self.port)
                )
            except OSError:
                self._server.close()
                if port or attempt == 19:
                    raise
            else:
                return

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        if self._server is not None:
            self._server.close()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        answer = self.answer(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)

    def answer(self, query: bytes) -> bytes | None:
        """From what is prepared, else made anew."""
        self.scene.connections["dns"] += 1
        question = query[2:]
        self.scene.packets.append(query)
        if self.scene.clock.set_to is None or len(self._prepared) > 50_000:
            self._prepared.clear()
        if question not in self._prepared:
            try:
                made = reply(self.scene, query)
            except Exception:
                return None
            self._prepared[question] = made[2:] if made is not None else None
        rest = self._prepared[question]
        return query[:2] + rest if rest is not None else None

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (size,) = struct.unpack("!H", await reader.readexactly(2))
                answer = self.answer(await reader.readexactly(size))
                if answer is None:
                    await asyncio.sleep(60)
                    break
                writer.write(struct.pack("!H", len(answer)) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()
