"""The door: `python -m sandbox`, and `takedown sandbox`."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.service import Service

DESCRIPTION = """\
A small internet on loopback (127.0.0.0/8), to demonstrate, train and test against.

It has a DNS server, RDAP, an IP-to-ASN table, an SMTP server, a provider's abuse API
and web hosts of thirty-two invented providers in sixteen countries, each with a character:
one removes within the hour, one only after a reminder, one never, one moves. Hosts answer
headers only: there is no content in it. Nothing leaves the machine.
"""
EPILOG = """\
When ready, one line of JSON with the endpoints is printed, and written to
STATE/endpoints.json. The endpoint named `control` understands:

  PUT  /clock        {"now": "2026-01-31T12:00:00Z"}; {} goes back to the real time
  GET  /world        providers, characters, addresses, hosts
  GET  /urls         ?count=500&seed=1&from=ISO&to=ISO&provider=a,b&character=c: Urls to register
  GET  /truth        what really became of each Url; ?url=... for one
  POST /script       {"url": ..., "remove_at": ISO, "return_at": ISO, "gone": 410}
                     {"host": ..., "provider": key, "front": key, "dns": "servfail",
                      "addresses": [...], "outage": [ISO, ISO], "status": 503 or "refused",
                      "seen_from": who alone sees it}
                     {"recipient": mailbox or domain, "smtp": "bounce"}
                     {"recipient": mailbox or domain, "answers": "removed"}: what it writes
                      back, as a file in STATE/answers: acknowledges, removed, refuses,
                      not_ours, asks, away, bounces, delays
                     {"provider": key, "character": name}
                     {"provider": key, "api": "busy", "fails_after", "conflict", "redirect"}
                     {"registry": "plain", "limited" or "silent", "provider": key}
                     {"registry": "silent", "suffix": "test"}: who answers for it, by the
                      lists at the endpoint named `bootstrap`
  GET  /ledger       messages and reports received, with duplicates counted
  GET  /questions    what DNS and the registries were asked
  GET  /connections  how often each service was spoken to

SIGTERM or Ctrl-C stops it.
"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="sandbox",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--state", type=Path, required=True, metavar="DIR", help="where files go")
    made.add_argument("--seed", type=int, default=1, help="another seed, other fates (default 1)")
    made.add_argument(
        "--ports",
        type=int,
        default=0,
        metavar="BASE",
        help="use BASE..BASE+5 for DNS, RDAP, SMTP, API, control, web (default: free ports)",
    )
    made.add_argument(
        "--web-port", type=int, default=0, metavar="PORT", help="port of the web hosts, say 80"
    )
    made.add_argument(
        "--stop-with-stdin", action="store_true", help="also stop when standard input closes"
    )
    return made


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if options.stop_with_stdin:
        loop.add_reader(sys.stdin, lambda: None if os.read(0, 1024) else stop.set())
    service = Service(options.state, options.seed)
    await service.open(options.ports, options.web_port)
    sys.stdout.write(json.dumps(service.endpoints) + "\n")
    sys.stdout.flush()
    await stop.wait()
    service.close()
    (options.state / "endpoints.json").unlink(missing_ok=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop; 0 then, 1 where a port could not be had."""
    options = parser().parse_args(argv)
    try:
        asyncio.run(_serve(options))
    except OSError as error:
        sys.stderr.write(f"sandbox: {error.strerror or error}\n")
        return 1
    return 0
