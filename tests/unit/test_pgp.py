"""Messages under OpenPGP: what left is what was signed, and only its readers can read it."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pysequoia
import pytest
from notice_facts import facts, hostile, minimal
from test_message import envelope, parsed

from notices.compose import Letter, compose
from notices.errors import BadKey
from notices.message import freeze
from notices.pgp import Protection, fingerprint

OURS = pysequoia.Tsk.generate("Notice desk <cellule@alerte.example>")
DESK = pysequoia.Tsk.generate("Abuse desk <abuse@host.example>")
SIGNED = Protection(signing_key=bytes(OURS))
CLOSED = Protection(
    signing_key=bytes(OURS),
    certificates=(bytes(DESK.extract_certificate()), bytes(OURS.extract_certificate())),
)
LOCKED = Path(__file__).parent / "locked_key.asc"
every_fact = pytest.mark.parametrize("make", [facts, minimal, hostile])


def protected(protection: Protection, make: Any = facts, **changes: Any) -> tuple[bytes, Letter]:
    made = replace(compose(make(), "first", "fr"), **changes)
    return freeze(made, envelope(), protection=protection), made


def parts(raw: bytes) -> list[bytes]:
    """The bytes between the outer boundaries, cut as RFC 2046 says and by nothing else."""
    boundary = parsed(raw).get_boundary()
    assert boundary is not None
    pieces = raw.split(f"\r\n--{boundary}".encode())
    assert pieces[-1] == b"--\r\n"
    return [piece.removeprefix(b"\r\n") for piece in pieces[1:-1]]


def checked(signed: bytes, signature: bytes, key: pysequoia.Tsk = OURS) -> list[Any]:
    armored = parsed(signature).get_content()
    given = pysequoia.Sig.from_bytes(armored if isinstance(armored, bytes) else armored.encode())
    certificate = key.extract_certificate()
    return pysequoia.verify(bytes=signed, store=lambda _: [certificate], signature=given).valid_sigs


def entity_reads_as(entity: bytes, letter: Letter) -> None:
    inner = email.message_from_bytes(entity, policy=email.policy.SMTP)
    assert isinstance(inner, EmailMessage)
    assert not [part for part in inner.walk() if part.defects]
    text, *files = inner.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == letter.body
    sent = [(file.get_filename(), file.get_payload(decode=True)) for file in files]
    assert sent == [(file.name, file.content) for file in letter.attachments]


@every_fact
def test_a_signature_holds_over_the_very_bytes_that_left(make: Any) -> None:
    raw, made = protected(SIGNED, make)
    message = parsed(raw)
    assert message.get_content_type() == "multipart/signed"
    assert message.get_param("protocol") == "application/pgp-signature"
    assert message.get_param("micalg") == "pgp-sha512"
    signed, signature = parts(raw)
    (valid,) = checked(signed, signature)
    assert valid.certificate == OURS.extract_certificate().fingerprint
    entity_reads_as(signed, made)


@every_fact
def test_what_is_signed_survives_every_server(make: Any) -> None:
    raw, _ = protected(SIGNED, make, body="From here\n trailing \n.\nFrom there é\n")
    signed, signature = parts(raw)
    assert checked(signed, signature)
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert not re.search(rb"(?m)^From |[ \t]\r\n", signed)


def test_one_changed_byte_breaks_the_signature() -> None:
    raw, _ = protected(SIGNED)
    signed, signature = parts(raw)
    for place in range(0, len(signed), 97):
        spoilt = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
        with pytest.raises(RuntimeError):
            checked(spoilt, signature)


@every_fact
def test_only_its_readers_can_read_a_closed_message(make: Any) -> None:
    raw, made = protected(CLOSED, make)
    message = parsed(raw)
    assert message.get_content_type() == "multipart/encrypted"
    assert message.get_param("protocol") == "application/pgp-encrypted"
    version, closed = (parsed(part) for part in parts(raw))
    assert version.get_content_type() == "application/pgp-encrypted"
    assert version.get_payload() == "Version: 1\r\n"
    assert closed.get_content_type() == "application/octet-stream"
    secret = closed.get_content()
    certificate = OURS.extract_certificate()
    for reader in (DESK, OURS):
        opened = pysequoia.decrypt(secret, reader.decryptor(), store=lambda _: [certificate])
        assert opened.bytes is not None
        entity_reads_as(opened.bytes, made)
        assert [valid.certificate for valid in opened.valid_sigs] == [certificate.fingerprint]
    with pytest.raises(RuntimeError):
        pysequoia.decrypt(secret, pysequoia.Tsk.generate("x <x@y.example>").decryptor())
    assert b"media" not in raw.lower()


def test_a_feedback_report_can_be_signed_too() -> None:
    made = compose(facts(), "first", "en")
    raw = freeze(made, envelope(), form="feedback", protection=SIGNED)
    signed, signature = parts(raw)
    assert checked(signed, signature)
    assert parsed(signed).get_param("report-type") == "feedback-report"


def test_headers_stay_in_sight_and_the_same() -> None:
    raw, made = protected(CLOSED)
    message, plain = parsed(raw), parsed(freeze(made, envelope()))
    for name in ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted"):
        assert message[name] == plain[name]
    assert message.keys().count("MIME-Version") == 1


def test_an_armored_key_signs_as_well() -> None:
    armored = Protection(signing_key=str(OURS).encode())
    assert checked(*parts(protected(armored)[0]))


def test_a_key_under_a_password_signs_with_that_password_alone() -> None:
    key = LOCKED.read_bytes()  # made by GnuPG, for these tests
    own = pysequoia.Tsk.from_bytes(key)
    locked = Protection(signing_key=key, password="a long test word")
    signed, signature = parts(protected(locked)[0])
    assert checked(signed, signature, own)
    for wrong in (None, "another word"):
        with pytest.raises(BadKey):
            Protection(signing_key=key, password=wrong)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"signing_key": bytes(OURS.extract_certificate())},
        {"signing_key": b""},
        {"signing_key": bytes(OURS), "password": "of another key"},
        {"certificates": (b"junk",)},
        {"certificates": (bytes(OURS),)},
        {"certificates": (bytes(DESK.extract_certificate()), b"")},
    ],
)
def test_a_key_that_is_none_is_refused_before_anything_is_sent(keys: Any) -> None:
    with pytest.raises(BadKey) as refused:
        Protection(**keys)
    assert len(str(refused.value)) < 90
    assert "sequoia" not in str(refused.value)


def test_a_revoked_certificate_is_refused() -> None:
    certificate = DESK.extract_certificate()
    revoked = bytes(certificate) + bytes(certificate.revoke(DESK.certifier()))
    with pytest.raises(BadKey, match="revoked"):
        Protection(certificates=(revoked,))


def test_an_expired_certificate_is_refused_when_it_would_be_used() -> None:
    lasting = pysequoia.Tsk.generate("x <x@y.example>", validity_seconds=3600)
    protection = Protection(certificates=(bytes(lasting.extract_certificate()),))
    end = protection.expires()
    assert end is not None
    made = compose(facts(), "first", "en")
    freeze(made, envelope(date=end - timedelta(minutes=1)), protection=protection)
    with pytest.raises(BadKey, match="expired"):
        freeze(made, envelope(date=end), protection=protection)
    assert SIGNED.expires() is None


def test_a_person_can_compare_a_fingerprint() -> None:
    certificate = DESK.extract_certificate()
    assert fingerprint(str(certificate).encode()) == certificate.fingerprint


def test_no_key_shows_in_the_text_of_a_protection() -> None:
    assert repr(SIGNED) == repr(CLOSED) == "Protection()"
