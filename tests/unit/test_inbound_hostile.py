"""Mail made to break its reader: it never raises, and never takes long."""

import random
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from bounce_mails import MAILS
from patience import within

from notices.inbound import Inbound, Kind, classify

REAL = Path(__file__).parents[3] / "shared" / "data" / "bounces"
LIMIT = 1.0  # seconds of processor time for one message

BASE = b"From: a@provider.example\r\nTo: b@hotline.example\r\nSubject: x\r\n"
HTML = BASE + b"Content-Type: text/html\r\n\r\n"
CONTAINED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def nested(levels: int, kind: bytes) -> bytes:
    parts = [BASE]
    for level in range(levels):
        name = b"b%d" % level
        parts.append(b"Content-Type: %s; boundary=%s\r\n\r\n--%s\r\n" % (kind, name, name))
    return b"".join([*parts, b"\r\nhello\r\n"])


MADE = {
    "a thousand levels": nested(1000, b"multipart/mixed"),
    "a thousand digests": nested(1000, b"multipart/digest"),
    "messages in messages": BASE + b"Content-Type: message/rfc822\r\n\r\n" * 5000,
    "a header of 10 MB": BASE + b"X: " + b"a" * 10_000_000 + b"\r\n\r\nhello",
    "a folded header of 10 MB": BASE + b"X: " + b"a\r\n " * 2_500_000 + b"\r\n\r\nhello",
    "parameters without end": BASE + b'Content-Type: text/plain; a="' + b";" * 10_000_000,
    "a hundred thousand headers": BASE + b"To: b@x.example\r\n" * 100_000 + b"\r\nhello",
    "a hundred thousand parts": BASE + CONTAINED + b"--b\r\n\r\n" * 100_000,
    "ten thousand parts with heads": BASE + CONTAINED + b"--b\r\nContent-Type: x/y\r\n\r\n" * 10000,
    "nothing but NUL": BASE + b"\r\n" + b"\0" * 3_000_000,
    "nothing but line ends": BASE + b"\r\n" + b"\n" * 3_000_000,
    "broken base64": BASE + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"!!=A" * 500_000,
    "broken quoted-printable": BASE
    + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    + b"=3D==" * 400_000,
    "broken uuencode": BASE
    + b"Content-Transfer-Encoding: uuencode\r\n\r\nbegin 6 x\r\n"
    + b"M" * 9,
    "words that are not encoded": BASE.replace(b"x\r", b"=?utf-8?b?" * 300_000 + b"\r") + b"\r\n",
    "an odd charset": BASE
    + b"Content-Type: text/plain; charset=punycode\r\n\r\n"
    + b"a-b" * 99_000,
    "no charset": BASE + b"Content-Type: text/plain; charset=\0\xff\r\n\r\n\xe9\xff",
    "a charset in pieces": BASE + b"Content-Type: text/plain; charset*0*=x''%ff\r\n\r\n\xff\xfe",
    "tags never closed": HTML + b"<" * 2_000_000,
    "comments never closed": HTML + b"<!--" * 500_000,
    "attributes never closed": HTML + b'<a href="' * 200_000,
    "quotations in quotations": HTML + b"<blockquote>" * 200_000,
    "declarations": HTML + b"<![CDATA[" * 200_000,
    "heads of quotations": BASE + b"\r\n" + b"On a b wrote:\n> x\n" * 50_000,
    "failures told again and again": MAILS["exim"][0] + b"host unknown 5.1.1.5.1." * 50_000,
    "groups again and again": MAILS["no delimiter at all"][0] + b"Final-Recipient: \n x" * 50_000,
}


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def quickly(raw: bytes) -> Inbound:
    begun = spent()
    found = classify(raw)
    assert spent() - begun < LIMIT
    return found


@pytest.fixture(autouse=True)
def _nothing_hangs() -> Iterator[None]:
    def cut(_: int, __: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, cut)
    signal.setitimer(signal.ITIMER_VIRTUAL, 60)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("name", MADE)
def test_hostile_mail_is_read_at_once(name: str) -> None:
    assert quickly(MADE[name]).kind in Kind


def mutations(raw: bytes, chance: random.Random) -> Iterator[bytes]:
    for _ in range(9):
        yield raw[: chance.randrange(len(raw))]
    yield raw[chance.randrange(len(raw)) :]
    for charset in (b"utf-16", b"utf-7", b"shift_jis", b"no-such", b"idna", b"\xff"):
        yield raw.replace(b"us-ascii", charset).replace(b"utf-8", charset)
    yield raw.replace(b"\n", b"\r")
    yield raw.replace(b"\n\n", b"\n")
    yield raw.replace(b": ", b":\n ")
    yield raw.replace(b"@", b"\0@")
    yield raw.replace(b"message/delivery-status", b"message/rfc822")
    yield raw.replace(b"text/plain", b"multipart/report")
    yield raw.replace(b"Content-Type:", b"Content-Transfer-Encoding: base64\nContent-Type:")
    yield bytes(chance.randrange(256) if chance.random() < 0.02 else one for one in raw)
    lines = raw.split(b"\n")
    chance.shuffle(lines)
    yield b"\n".join(lines)


def test_whatever_befalls_a_failure_on_its_way_it_is_read() -> None:
    chance = random.Random(20261110)
    raws = [raw for raw, _ in MAILS.values()]
    raws += [file.read_bytes() for file in sorted(REAL.glob("*.eml"))]
    kinds = {quickly(one).kind for raw in raws for one in mutations(raw, chance)}
    assert {Kind.BOUNCE, Kind.HUMAN} <= kinds


@pytest.mark.parametrize("name", ["unknown user", "exim"])
def test_a_failure_in_ten_megabytes_is_still_a_failure(name: str) -> None:
    raw, judgement = MAILS[name]
    found = quickly(raw + b"x" * 76 * 131_072)
    assert (str(found.kind), found.recipient, found.cut) == (judgement[0], judgement[1], True)


def test_a_thousand_automatic_answers_take_seconds() -> None:
    raw = BASE + b"Auto-Submitted: auto-replied\r\n\r\nI am away.\r\n"
    with within(20):
        assert {classify(raw).kind for _ in range(1000)} == {Kind.AUTO_REPLY}
