"""A small HTTP/1.1 server for JSON: what RDAP, the provider API and the control speak."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

MAX_BODY = 64_000_000


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    fields: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The body; raises ValueError."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    status: int
    document: object = None
    fields: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


Handler = Callable[[Request], Awaitable[Response]]


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    parts = urlsplit(target)
    fields = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    length = int(fields.get("content-length", "0"))
    if length > MAX_BODY:
        raise ValueError("body too long")
    body = await reader.readexactly(length)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return Request(method, unquote(parts.path), query, fields, body)


async def open_http(handler: Handler, port: int, count: Callable[[], None]) -> asyncio.Server:
    """Serve `handler` on 127.0.0.1; `count` is called once a connection."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        count()
        try:
            request = await _read(reader)
            try:
                response = await handler(request)
            except (ValueError, KeyError, TypeError) as error:
                response = Response(400, {"error": f"{type(error).__name__}: {error}"})
            body = b"" if response.document is None else json.dumps(response.document).encode()
            lines = [f"HTTP/1.1 {response.status} -", f"Content-Type: {response.content_type}"]
            lines += [f"{name}: {value}" for name, value in response.fields.items()]
            lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
            writer.write("\r\n".join(lines).encode() + body)
            await writer.drain()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(connected, "127.0.0.1", port)
