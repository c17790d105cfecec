"""Signed tokens for the return path and Reply-To: who answers, without telling them what about."""

import hmac
from base64 import b32decode, b32encode
from typing import Final
from uuid import UUID

_PURPOSE: Final = b"takedown delivery token 1\0"
_MAC: Final = 10  # bytes: 80 bits, for a secret that is asked online only
_LENGTH: Final = 42


def sign(key: bytes, delivery_id: UUID | str) -> str:
    """A token for one delivery: 42 characters of `a-z2-7`, safe in any local part."""
    identity = UUID(str(delivery_id)).bytes
    mac = hmac.digest(key, _PURPOSE + identity, "sha256")[:_MAC]
    return b32encode(identity + mac).decode("ascii").rstrip("=").lower()


def verify(key: bytes, token: str) -> UUID | None:
    """The delivery that a token was signed for, else None; compared in constant time.

    Case is ignored, for mail systems change it.
    """
    given = token.lower()
    if len(given) != _LENGTH or not given.isascii():
        return None
    try:
        raw = b32decode(given.upper() + "======")
    except ValueError:
        return None
    identity = UUID(bytes=raw[:16])
    right = hmac.compare_digest(sign(key, identity).encode(), given.encode())
    return identity if right else None
