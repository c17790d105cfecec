"""A provider's interface on loopback that does to each report what `faults` says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from faults import CLOSE, HANG, Happened, fault_of

_HEADERS = {"429": {"Retry-After": "90"}, "302": {"Location": "http://127.0.0.1:9/"}}


@dataclass
class FaultyApi:
    """`received`: of each report that it has, whose it is and its key, in order."""

    happened: Happened
    port: int = 0
    received: list[tuple[str, str]] = field(default_factory=list)

    def connector(self, recipient: str) -> dict[str, Any]:
        """The settings by which reports for a recipient get here."""
        return {
            "name": recipient,
            "url": f"http://127.0.0.1:{self.port}/{recipient}",
            "hosts": ["127.0.0.1"],
            "body": {"urls": "{url_lines}"},
            "reference": {"pointer": "/id"},
            "per_minute": 6000,
            "idempotency_header": None if "blind" in recipient else "Idempotency-Key",
        }


@contextmanager
def faulty_api(happened: Happened) -> Iterator[FaultyApi]:
    """A running interface; see `FaultyApi`."""
    made, over = FaultyApi(happened), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            recipient, key = self.path[1:], self.headers.get("Idempotency-Key", "")
            fault = fault_of(recipient)
            befalls = fault.at == "answer" and happened.now(recipient, fault)
            if not befalls or fault.stored:
                made.received.append((recipient, key))
            if befalls and fault.act == HANG:
                over.wait(5)
            if not befalls or fault.act not in (HANG, CLOSE):
                self._say(fault.act if befalls else "202")

        def _say(self, status: str) -> None:
            body = b'{"id": "R-1"}'
            self.send_response(int(status))
            for name, value in _HEADERS.get(status, {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            over.set()
            server.shutdown()
            thread.join(5)
