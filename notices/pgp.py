"""OpenPGP by Sequoia: signing and encrypting bytes. Keys are handed in and kept nowhere."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pysequoia
from pysequoia.packet import HashAlgorithm

from notices.errors import BadKey

#: RFC 3156's names of the hashes that RFC 9580 still lets anybody sign with.
_MICALG: Final = (
    (HashAlgorithm.SHA256, "pgp-sha256"),
    (HashAlgorithm.SHA384, "pgp-sha384"),
    (HashAlgorithm.SHA512, "pgp-sha512"),
    (HashAlgorithm.SHA224, "pgp-sha224"),
    (HashAlgorithm.SHA3_256, "pgp-sha3-256"),
    (HashAlgorithm.SHA3_512, "pgp-sha3-512"),
)


@dataclass(frozen=True, kw_only=True)
class Protection:
    """How a message is protected: `signing_key` is ours (secret), `certificates` the readers'.

    Each may be armored or binary. Without certificates the message is signed and can be read by
    all; list our own certificate too where we want to read what left. Raises `BadKey` when made,
    for a key that can't sign and a certificate that is revoked or can't be encrypted to.
    """

    signing_key: bytes | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    # Opened once: a key under a password takes its time, on purpose.
    signer: pysequoia.PySigner | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.signing_key is None and not self.certificates:
            raise BadKey("neither a key to sign by nor a certificate to encrypt to")
        if self.signing_key is not None:
            object.__setattr__(self, "signer", _signer(self.signing_key, self.password))
        for certificate in self.certificates:
            _encrypted(b"", [_certificate(certificate)], None)

    def readable_by(self, *certificates: bytes) -> "Protection":
        """The same key, and these readers; the key isn't opened again. Raises `BadKey`."""
        for certificate in certificates:
            _encrypted(b"", [_certificate(certificate)], None)
        made = copy(self)
        object.__setattr__(made, "certificates", certificates)
        return made

    def expires(self) -> datetime | None:
        """When the first of the certificates expires, in UTC; None: never."""
        ends = [_certificate(one).expiration for one in self.certificates]
        return min((end.astimezone(UTC) for end in ends if end is not None), default=None)


def sign(text: bytes, protection: Protection) -> tuple[bytes, str]:
    """A detached, armored signature over exactly these bytes, and its `micalg` (RFC 3156, 5).

    The time in it is the machine's own. Raises `BadKey`.
    """
    if protection.signer is None:
        raise BadKey("there is no key to sign by")
    try:
        made = pysequoia.sign(protection.signer, text, mode=pysequoia.SignatureMode.DETACHED)
        algorithm = pysequoia.Sig.from_bytes(made).hash_algorithm
    except RuntimeError:
        raise BadKey("the key can't sign") from None
    for known, name in _MICALG:
        if algorithm == known:
            return made, name
    raise BadKey("the key signs by a hash that RFC 3156 has no name for")


def encrypt(text: bytes, protection: Protection, now: datetime) -> bytes:
    """An armored message for every certificate, signed inside where there is a key (RFC 3156, 6.2).

    Raises `BadKey`, for a certificate that has expired by `now` (UTC) too: the library doesn't.
    """
    expires = protection.expires()
    if expires is not None and expires <= now:
        raise BadKey("a certificate has expired")
    readers = [_certificate(one) for one in protection.certificates]
    return _encrypted(text, readers, protection.signer)


def fingerprint(certificate: bytes) -> str:
    """A certificate's fingerprint in lower-case hex, for a person to compare. Raises `BadKey`."""
    return _certificate(certificate).fingerprint


def own_certificate(key: bytes) -> bytes | None:
    """The certificate of a signing key, where it can be encrypted to; None: it can only sign.

    Raises `BadKey`.
    """
    try:
        certificate = bytes(pysequoia.Tsk.from_bytes(key).extract_certificate())
    except (RuntimeError, ValueError):
        raise BadKey("the signing key can't be read") from None
    try:
        _encrypted(b"", [_certificate(certificate)], None)
    except BadKey:
        return None
    return certificate


def _signer(key: bytes, password: str | None) -> pysequoia.PySigner:
    try:
        return pysequoia.Tsk.from_bytes(key).signer(password)
    except (RuntimeError, ValueError):  # its words hold a trace, and may hold the key's owner
        raise BadKey("the signing key can't be read, can't sign, or has another password") from None


def _certificate(certificate: bytes) -> pysequoia.Cert:
    try:
        given = pysequoia.Tsk.from_bytes(certificate)
        read = given.extract_certificate()
    except (RuntimeError, ValueError):
        raise BadKey("the certificate can't be read") from None
    if bytes(given) != bytes(read):
        raise BadKey("the certificate holds a secret key")
    if read.is_revoked:
        raise BadKey("the certificate is revoked")
    return read


def _encrypted(
    text: bytes, readers: Sequence[pysequoia.Cert], signer: pysequoia.PySigner | None
) -> bytes:
    try:
        return bytes(pysequoia.encrypt(text, recipients=readers, signer=signer))
    except (RuntimeError, ValueError):
        raise BadKey("a certificate has no key to encrypt to") from None
