"""Servers that say a location back to whoever asks: a mail relay with a filter, a registry."""

import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from smtp_servers import aiosmtpd


class Relay:
    """Quotes `words` in each of its answers: refuses a mailbox, filters a message, queues one."""

    def __init__(self, words: str, refused: str, filtered: str) -> None:
        self.words, self.refused, self.filtered = words, refused, filtered
        self.answers: list[str] = []

    def _say(self, answer: str) -> str:
        self.answers.append(answer)
        return answer

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address == self.refused:
            return self._say(f"550 5.7.1 nobody here wants http://{self.words} at all")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.filtered in envelope.rcpt_tos:
            return self._say(f"554 5.7.1 content filter: http://{self.words} is listed")
        name = re.sub(r"[/:]", "-", self.words)
        return self._say(f"250 2.0.0 Ok: {name}")


@contextmanager
def relay(words: str, *, refused: str, filtered: str) -> Iterator[tuple[str, Relay]]:
    """A running relay and its smtp:// URL."""
    handler = Relay(words, refused, filtered)
    with aiosmtpd(handler) as at:
        yield f"smtp://{at.host}:{at.port}", handler


@contextmanager
def registry(words: str, behind: str) -> Iterator[str]:
    """RDAP that answers for networks as `behind` does, and for domains with nonsense that quotes.

    Its heads are malformed in the way of which urllib3 warns with the address that was asked.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/domain"):
                said = f"http://{words}"
                body = (
                    f'{{"objectClassName": "domain", "ldhName": "{words.partition("/")[0]}",'
                    f' "status": ["{said}", "active", {{"{said}": 1}}], "events": "{said}",'
                    f' "nameservers": [{{"ldhName": "{said}"}}, "{said}"],'
                    f' "entities": ["{said}", {{"roles": ["{said}"], "vcardArray": ["{said}"]}}],'
                    f' "remarks": [{{"description": ["abuse: {said}"]}}]}}'
                ).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\n {said}\r\n"
                head += f"{said}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                self.wfile.write(head.encode() + body)
                return
            with urllib.request.urlopen(behind + self.path, timeout=5) as answer:
                body = answer.read()
            self.send_response(200)
            self.send_header("Content-Type", "application/rdap+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(5)
