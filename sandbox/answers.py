"""What a web host says to a request: headers, and never any content."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from sandbox.providers import Provider, provider_of
from sandbox.scene import Scene
from sandbox.world import CONTENT_TYPES, Host

REASONS = {
    200: "OK",
    302: "Found",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    410: "Gone",
    429: "Too Many Requests",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
HEAVY = b"\0" * 1_000_000


@dataclass(frozen=True)
class Answer:
    """Bytes to send, then: `heavy` sends a megabyte more, `drip` never ends, `reset` cuts off."""

    head: bytes
    then: str = ""
    lasting: bool = True


REFUSED = Answer(b"", "reset")


def _head(status: int, server: str, *fields: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}",
        f"Server: {server}",
        "Connection: close",
        *fields,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _plain(status: int, server: str) -> Answer:
    return Answer(_head(status, server, "Content-Type: text/html", "Content-Length: 0"))


def validators(key: str) -> tuple[str, int, str, str]:
    """Content type, length, ETag and Last-Modified of an item; the same for ever."""
    digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
    suffix = key.rpartition(".")[2] if "." in key.rpartition("/")[2] else ""
    kind = CONTENT_TYPES.get(suffix, CONTENT_TYPES["html"])
    length = 20_000 + int.from_bytes(digest[:3], "big") % 3_000_000
    made = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(
        seconds=int.from_bytes(digest[3:7], "big") % 15_000_000
    )
    return kind, length, digest[8:].hex(), format_datetime(made, usegmt=True)


def _item(key: str, manner: str, server: str) -> Answer:
    kind, length, etag, modified = validators(key)
    fields = [f"Content-Type: {kind}", "Accept-Ranges: bytes"]
    if manner == "fresh":
        fields += [f"Content-Length: {length + secrets.randbelow(9000)}"]
        return Answer(_head(200, server, *fields), lasting=False)
    if manner == "heavy":
        fields += [f"Content-Length: {len(HEAVY)}"]
        length = len(HEAVY)
    else:
        fields += [f"Content-Length: {length}"]
    fields += [f'ETag: "{etag}"', f"Last-Modified: {modified}"]
    return Answer(_head(200, server, *fields), "heavy" if manner == "heavy" else "")


def _missing(gone: int | str, server: str, location: str) -> Answer:
    if gone == "front":
        return Answer(_head(302, server, f"Location: {location}", "Content-Length: 0"))
    if gone == "soft":
        return Answer(_head(200, server, "Content-Type: text/html", "Content-Length: 5120"))
    return _plain(int(gone), server)


def answer(
    scene: Scene, address: str, method: str, authority: str, target: str, asker: str = ""
) -> Answer:
    """The answer of the web host at `address` to the address `asker`.

    `authority` is the Host field as received; a host that isn't at this address is not found.
    """
    here = provider_of(address)
    if here is None:
        return REFUSED
    server = "cloudedge" if here.is_proxy else f"nginx ({here.key})"
    name = authority.partition(":")[0].lower()
    host = scene.hosts.get(name)
    origin = scene.origin(host) if host is not None else here
    status = scene.outage_status(host, here, asker)
    if status is None and here.is_proxy and host is not None:
        status = scene.outage_status(host, origin, asker)
        status = 522 if status == 0 else status
    if status is not None:
        return REFUSED if status == 0 else _plain(status, server)
    if host is None or scene.facing(host) is not here:
        return _plain(404, server)
    return _of_host(scene, host, origin, server, method, target)


def _of_host(
    scene: Scene, host: Host, origin: Provider, server: str, method: str, target: str
) -> Answer:
    character = scene.characters[origin.key]
    match character.manner:
        case "forbidden":
            return _plain(403, server)
        case "no_head" if method == "HEAD":
            return Answer(_head(405, server, "Allow: GET", "Content-Length: 0"))
        case "tarpit":
            return Answer(f"HTTP/1.1 200 OK\r\nServer: {server}\r\n".encode(), "drip")
        case _:
            pass
    key = host.name + target
    if target == "/":
        return _plain(200, server)
    front = "/"
    if not scene.exists(key):
        return _missing(
            character.gone if character.gone in ("front", "soft") else 404, server, front
        )
    told = scene.story(key)
    if told is not None and told.is_up(scene.clock.now()):
        return _item(key, character.manner, server)
    script = scene.scripts.get(key)
    gone = script.gone if script is not None and script.gone is not None else character.gone
    return _missing(gone, server, front)
