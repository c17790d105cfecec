"""MIME entities under OpenPGP, byte for byte as RFC 3156 asks."""

import re
from datetime import datetime
from typing import Final

from notices import pgp
from notices.pgp import Protection

_FROM: Final = re.compile(rb"(?m)^From ")


def protected(entity: bytes, protection: Protection, boundary: str, now: datetime) -> bytes:
    """The entity (headers, empty line, body; CRLF lines) signed, or encrypted and signed inside.

    Raises `BadKey`. `now` is UTC: a certificate that has expired by then is refused.
    """
    if protection.certificates:
        return _encrypted(entity, protection, boundary, now)
    return _signed(entity, protection, boundary)


def _signed(entity: bytes, protection: Protection, boundary: str) -> bytes:
    # Some servers write ">From " for "From " at the start of a line; only the quoted-printable
    # text can hold one (RFC 3156, 3).
    entity = _FROM.sub(b"=46rom ", entity)
    signature, micalg = pgp.sign(entity, protection)
    head = (
        f"Content-Type: multipart/signed; micalg={micalg};\r\n"
        f' protocol="application/pgp-signature";\r\n boundary="{boundary}"\r\n'
    )
    about = (
        'Content-Type: application/pgp-signature; name="signature.asc"\r\n'
        "Content-Description: OpenPGP digital signature\r\n"
    )
    return _two(head, entity, about.encode() + b"\r\n" + _lines(signature), boundary)


def _encrypted(entity: bytes, protection: Protection, boundary: str, now: datetime) -> bytes:
    head = (
        "Content-Type: multipart/encrypted;\r\n"
        f' protocol="application/pgp-encrypted";\r\n boundary="{boundary}"\r\n'
    )
    version = b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    about = (
        'Content-Type: application/octet-stream; name="encrypted.asc"\r\n'
        'Content-Disposition: inline; filename="encrypted.asc"\r\n'
    )
    closed = pgp.encrypt(entity, protection, now)
    return _two(head, version, about.encode() + b"\r\n" + _lines(closed), boundary)


def _two(head: str, first: bytes, second: bytes, boundary: str) -> bytes:
    """A multipart of two: the break before a boundary belongs to the boundary (RFC 2046, 5.1.1)."""
    edge = b"--" + boundary.encode()
    parts = (head.encode(), b"\r\n", edge, b"\r\n", first, b"\r\n", edge, b"\r\n", second)
    return b"".join((*parts, b"\r\n", edge, b"--\r\n"))


def _lines(armored: bytes) -> bytes:
    return b"\r\n".join(armored.splitlines()) + b"\r\n"
