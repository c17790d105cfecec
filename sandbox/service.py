"""Opens all servers of one small internet, says where they are, and closes them."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from sandbox.abuse_api import AbuseApi
from sandbox.control import Control
from sandbox.dns import DnsServer
from sandbox.ledger import Ledger
from sandbox.little_http import Handler, open_http
from sandbox.mail import open_mail
from sandbox.providers import NETWORK, PROVIDERS
from sandbox.rdap import Rdap
from sandbox.scene import Scene
from sandbox.web import WebHosts


def write_asn_table(path: Path) -> None:
    """First address, last address, ASN, country, name; a few providers are left out."""
    lines = [
        "\t".join((*p.range, str(p.asn), p.country, p.name)) for p in PROVIDERS.values() if p.listed
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


class Service:
    """One small internet with its servers on loopback."""

    def __init__(self, state: Path, seed: int) -> None:
        self.state = state
        state.mkdir(parents=True, exist_ok=True)
        self.scene = Scene(seed)
        self.ledger = Ledger(state / "ledger.jsonl")
        self.endpoints: dict[str, object] = {}
        self._servers: list[asyncio.Server] = []

    async def open(self, base: int = 0, web_port: int = 0) -> None:
        """Bind everything: `base` DNS, then RDAP, SMTP, API, control, web; 0: free ports.

        Raises OSError where a port is taken.
        """
        scene = self.scene
        answers = (self.state / "answers").resolve()
        answers.mkdir(exist_ok=True)
        ports = [base + nth if base else 0 for nth in range(6)]
        self._dns = DnsServer(scene)
        await self._dns.open(ports[0])
        registries = Rdap(scene)
        rdap = await self._http("rdap", registries.handle, ports[1])
        registries.bases = {
            "plain": rdap,
            "limited": await self._http("rdap", registries.limited, 0),
            "silent": await self._http("rdap", registries.silent, 0),
        }
        mail = await open_mail(scene, self.ledger, ports[2], answers)
        self._servers.append(mail)
        api = await self._http("api", AbuseApi(scene, self.ledger).handle, ports[3])
        control = Control(scene, self.ledger)
        player = await self._http("control", control.handle, ports[4])
        self._web = WebHosts(scene)
        self._web.open(web_port or ports[5])
        control.web_port = self._web.port
        table = (self.state / "asn.tsv").resolve()
        write_asn_table(table)
        smtp = f"smtp://127.0.0.1:{mail.sockets[0].getsockname()[1]}"
        dns = f"127.0.0.1:{self._dns.port}"
        self.endpoints = {
            "dns": dns,
            "rdap": rdap,
            "bootstrap": f"{rdap}/bootstrap",
            "smtp": smtp,
            "api": api,
            "control": player,
            "web_port": self._web.port,
            "networks": NETWORK,
            "asn_table": str(table),
            "answers": str(answers),
            "ledger": str((self.state / "ledger.jsonl").resolve()),
            "seed": scene.seed,
            "started_at": datetime.now(UTC).isoformat(),
        }
        text = json.dumps(self.endpoints)
        (self.state / "endpoints.json").write_text(text + "\n", encoding="utf-8")

    async def _http(self, name: str, handler: Handler, port: int) -> str:
        def count() -> None:
            self.scene.connections[name] += 1

        server = await open_http(handler, port, count)
        self._servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Stop listening and drop what is open."""
        self._web.close()
        self._dns.close()
        for server in self._servers:
            server.close()
