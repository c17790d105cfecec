"""Handing over under TLS: who is trusted, and that nothing leaves where nobody is."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd import smtp
from smtp_servers import (
    MESSAGE,
    Accepting,
    aiosmtpd,
    certificate,
    hand_over,
    server_context,
    serving,
)

from notices.channels.base import SendError
from notices.channels.smtp_url import Endpoint

REAL_NOW = datetime.now(UTC)  # certificates are checked against the machine's clock


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return certificate(tmp_path, REAL_NOW)


def trusting(files: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(files[0]))


def check_login(
    server: Any, session: Any, envelope: Any, mechanism: str, data: Any
) -> smtp.AuthResult:
    return smtp.AuthResult(
        success=(data.login, data.password) == (b"us er", b"s3cret/"), handled=False
    )


def test_starttls_with_a_trusted_certificate_and_a_login(files: tuple[Path, Path]) -> None:
    handler = Accepting()
    secured = {
        "tls_context": server_context(files),
        "require_starttls": True,
        "authenticator": check_login,
        "auth_required": True,
    }
    with aiosmtpd(handler, **secured) as endpoint:
        url = f"smtp+starttls://us%20er:s3cret%2F@127.0.0.1:{endpoint.port}"
        assert hand_over(Endpoint.parse(url), context=trusting(files)).accepted_by == "relay"
        with pytest.raises(SendError) as refused:
            hand_over(Endpoint.parse(url.replace("s3cret", "other")), context=trusting(files))
    assert (refused.value.phase, refused.value.code) == ("login", 535)
    assert (refused.value.channel_down, refused.value.permanent) == (True, False)
    assert len(handler.envelopes) == 1


def test_tls_from_the_first_byte(files: tuple[Path, Path]) -> None:
    handler = Accepting()
    with aiosmtpd(handler, ssl_context=server_context(files)) as endpoint:
        hand_over(replace(endpoint, security="tls"), context=trusting(files))
    assert handler.envelopes[0].content == MESSAGE


def test_a_certificate_that_nobody_vouches_for_stops_the_hand_over(
    files: tuple[Path, Path],
) -> None:
    handler = Accepting()
    with (
        aiosmtpd(handler, tls_context=server_context(files)) as endpoint,
        pytest.raises(SendError) as refused,
    ):
        hand_over(replace(endpoint, security="starttls"))
    assert (refused.value.phase, refused.value.channel_down) == ("starttls", True)
    assert refused.value.response == "SSLCertVerificationError"
    assert handler.envelopes == []


def test_an_expired_certificate_stops_the_hand_over(tmp_path: Path) -> None:
    files = certificate(tmp_path, REAL_NOW, days=-1)
    with (
        aiosmtpd(Accepting(), tls_context=server_context(files)) as endpoint,
        pytest.raises(SendError, match="starttls"),
    ):
        hand_over(replace(endpoint, security="starttls"), context=trusting(files))


def test_stripped_starttls_stops_the_hand_over() -> None:
    with serving() as server, pytest.raises(SendError) as refused:
        hand_over(replace(server.endpoint, security="starttls"))
    assert (refused.value.phase, refused.value.channel_down) == ("starttls", True)
    assert "MAIL" not in server.verbs()


def test_answers_slipped_in_before_tls_stop_the_hand_over() -> None:
    offered = "250-relay.example\r\n250 STARTTLS"
    with (
        serving(EHLO=offered, STARTTLS="220 go\r\n250 injected") as server,
        pytest.raises(SendError, match="starttls") as refused,
    ):
        hand_over(replace(server.endpoint, security="starttls"))
    assert refused.value.response == "SMTPServerDisconnected"
    assert server.verbs() == ["EHLO", "STARTTLS"]
