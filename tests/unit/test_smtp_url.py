"""The mail server's setting, its answers, and the channel that is none."""

import pytest

from notices.channels.base import SendError
from notices.channels.mailbox import Mailbox
from notices.channels.smtp import queue_id
from notices.channels.smtp_url import Endpoint
from notices.errors import BadSmtpUrl

MESSAGE = b"Subject: x\r\n\r\nhello\r\n"
SENDER, TO = "b+token@alerte.example", "abuse@host.example"


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("smtp://127.0.0.1:2525", Endpoint("127.0.0.1", 2525, "none")),
        ("smtp://relay.example", Endpoint("relay.example", 25, "none")),
        ("smtps://relay.example/", Endpoint("relay.example", 465, "tls")),
        ("smtp+starttls://u:p%40ss@relay.example:587",
         Endpoint("relay.example", 587, "starttls", "u", "p@ss")),
        ("smtp+starttls://relay.example", Endpoint("relay.example", 587, "starttls")),
        ("smtp://u:p@localhost:25", Endpoint("localhost", 25, "none", "u", "p")),
        ("smtp://[::1]:2525", Endpoint("::1", 2525, "none")),
    ],
)  # fmt: skip
def test_the_setting_is_read(url: str, endpoint: Endpoint) -> None:
    assert Endpoint.parse(url) == endpoint


@pytest.mark.parametrize(
    "url",
    [
        "relay.example:25",
        "http://relay.example",
        "smtp://",
        "smtp://relay.example:many",
        "smtp://relay.example/inbox",
        "smtp://relay.example?x=1",
        "smtps://user@relay.example",
        "smtp://user:hunter2@relay.example",
        "smtps://user:hunter2%0d%0aRSET@relay.example",
        "smtps://user:hunter2é@relay.example",
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(BadSmtpUrl) as refused:
        Endpoint.parse(url)
    assert "hunter2" not in str(refused.value)


def test_a_secret_shows_in_no_text() -> None:
    assert "hunter2" not in repr(Endpoint.parse("smtps://user:hunter2@relay.example"))


@pytest.mark.parametrize(
    ("answer", "identity"),
    [
        ("2.0.0 Ok: queued as 4XyZ12AbCd", "4XyZ12AbCd"),
        ("OK id=1sT3fG-000000001Ab-2CdE", "1sT3fG-000000001Ab-2CdE"),
        ("2.0.0 4ALE5mXq012345 Message accepted for delivery", "4ALE5mXq012345"),
        ("ok 1700000000 qp 12345", "12345"),
        ("2.0.0 OK  1700000000 a1-20020a05600c1d0100b0.12 - gsmtp", None),
        ("2.6.0 <x@y.example> [InternalId=123456, Hostname=h] Queued mail for delivery", "123456"),
        ("Ok 0102018bd1c5e9a1-0a1b2c3d-000000", "0102018bd1c5e9a1-0a1b2c3d-000000"),
        ("OK", None),
        ("2.0.0 Message accepted", None),
        ("", None),
    ],
)
def test_the_servers_own_id_is_found(answer: str, identity: str | None) -> None:
    assert queue_id(answer) == identity


def test_a_rehearsal_accepts_everything_and_says_so() -> None:
    armed: list[bool] = []
    receipt = Mailbox().send(MESSAGE, SENDER, TO, arm=lambda: not armed.append(True), deadline_s=1)
    assert receipt.accepted_by == "rehearsal"
    assert armed == [True]
    with pytest.raises(SendError, match="arm"):
        Mailbox().send(MESSAGE, SENDER, TO, arm=lambda: False, deadline_s=1)
