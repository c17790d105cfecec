"""Somebody who plays with the small internet by real sockets."""

import http.client
import json
import smtplib
import uuid
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, NamedTuple

from dnslib import DNSRecord

from sandbox import Running

START = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday, when nothing has its outage
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Seen(NamedTuple):
    status: int
    fields: dict[str, str]


class Player:
    """Somebody who looks, writes and turns the clock, all by real sockets."""

    def __init__(self, town: Running, seed: int = 9) -> None:
        self.town = town
        self.seed = seed
        self.now = START

    def at(self, now: datetime) -> None:
        self.now = now
        self.town.clock(now)

    def one(self, provider: str, front: bool = False) -> str:
        """A Url at a provider, not behind a proxy unless so wished."""
        hosts = {host["name"]: host for host in self.town.world()["hosts"]}
        rows = self.town.urls(80, seed=self.seed, provider=provider)
        return next(
            str(row["url"]) for row in rows if bool(hosts[parts(row["url"])[0]]["front"]) is front
        )

    def dig(self, name: str, kind: str = "A", tcp: bool = False) -> Any:
        server, _, port = self.town.endpoints["dns"].partition(":")
        packet = DNSRecord.question(name, kind).send(server, int(port), tcp=tcp, timeout=5)
        return DNSRecord.parse(packet)

    def addresses(self, name: str) -> list[str]:
        return [str(record.rdata) for record in self.dig(name).rr if record.rtype == 1]

    def removal(self, url: str) -> datetime:
        return datetime.fromisoformat(self.town.truth(url)["removed_at"])

    def head(self, url: str, address: str | None = None) -> Seen:
        host, port, target = parts(url)
        there = address or self.addresses(host)[0]
        connection = http.client.HTTPConnection(there, port, timeout=5)
        try:
            connection.request("HEAD", target, headers={"Host": f"{host}:{port}"})
            answer = connection.getresponse()
            return Seen(answer.status, dict(answer.getheaders()))
        finally:
            connection.close()

    def write(self, mailbox: str, *urls: str, message_id: str | None = None) -> None:
        message = EmailMessage()
        message["From"], message["To"] = "desk@hotline.example", mailbox
        message["Message-ID"] = message_id or f"<{uuid.uuid4()}@hotline.example>"
        message["Subject"] = "[NTD-2026-000001] Please remove"
        message.set_content("Dear colleagues,\nsee the attachment.\n")
        document = json.dumps([{"xarf_version": "4.2.0", "url": url} for url in urls])
        message.add_attachment(document, subtype="json", filename="xarf.json")
        self.send(message)

    def send(self, message: EmailMessage, timeout: float = 5) -> None:
        server, _, port = self.town.endpoints["smtp"].removeprefix("smtp://").partition(":")
        with smtplib.SMTP(server, int(port), timeout=timeout) as door:
            door.send_message(message)


def parts(url: str) -> tuple[str, int, str]:
    authority, slash, target = url.removeprefix("http://").partition("/")
    host, _, port = authority.partition(":")
    return host, int(port), slash + target
