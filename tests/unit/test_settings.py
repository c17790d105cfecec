"""Settings that do not fit name themselves, and never quote a secret."""

import pytest
from pydantic import ValidationError

from config.settings import Settings, load


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("TAKEDOWN_HOME", str(tmp_path))


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"TAKEDOWN_{name}", value)
    return load()


CLOSED = {
    "LOOKUP__DNS_SERVERS": "127.0.0.1:5300",
    "LOOKUP__RDAP_URL": "http://127.0.0.1:5301",
    "MAIL__SMTP_URL": "smtp://127.0.0.1:5302",
    "CHECKS__OPEN_NETWORKS": "127.20.0.0/16",
}


def test_nothing_set_is_a_rehearsal_in_no_closed_world() -> None:
    settings = load()
    assert settings.mode == "rehearsal"
    assert settings.checks.vantages == ("direct",)
    assert not settings.closed_world()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOOKUP__DNS_SERVERS", "127.0.0.1:5300,192.0.2.1:53"),
        ("LOOKUP__RDAP_URL", "http://rdap.example.test"),
        ("MAIL__SMTP_URL", "smtp://192.0.2.2:25"),
        ("MAIL__IMAP_URL", "imap://192.0.2.2"),
        ("CHECKS__OPEN_NETWORKS", "127.20.0.0/16,192.0.2.0/24"),
        ("CHECKS__VANTAGES", "far=http://192.0.2.3:3128"),
        ("LOOKUP__DNS_SERVERS", ""),
    ],
)
def test_one_endpoint_elsewhere_opens_the_world(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert given(monkeypatch, **CLOSED).closed_world()
    assert not given(monkeypatch, **{name: value}).closed_world()


def test_live_needs_a_name_and_an_address_for_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="TAKEDOWN_HOTLINE__NAME, TAKEDOWN_MAIL__FROM"):
        given(monkeypatch, MODE="live", HOTLINE__COUNTRY="fr", HOTLINE__PRESET="national")
    settings = given(monkeypatch, HOTLINE__NAME="Desk", MAIL__FROM="desk@hotline.example")
    assert settings.hotline.country == "FR"


@pytest.mark.parametrize("value", ["http://127.0.0.1:3128", "far=", "a=http://p,a=http://q"])
def test_a_proxy_that_would_be_overlooked_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    with pytest.raises(ValidationError, match="vantages"):
        given(monkeypatch, CHECKS__VANTAGES=value)


def test_an_error_names_the_setting_and_not_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError) as refused:
        given(monkeypatch, MAIL__DEADLINE_S="hunter2")
    assert "mail.deadline_s" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_secret_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    file = f"{tmp_path}/smtp"
    with open(file, "w") as out:  # noqa: PTH123
        out.write("smtps://user:hunter2@mail.example.test\n")
    secret = given(monkeypatch, MAIL__SMTP_URL_FILE=file).mail.smtp_url
    assert secret is not None
    assert secret.get_secret_value().startswith("smtps://")
    assert "hunter2" not in repr(load())
    monkeypatch.setenv("TAKEDOWN_MAIL__SMTP_URL_FILE", f"{file}.gone")
    with pytest.raises(OSError, match=r"smtp\.gone"):
        load()
