"""Every setting, read once into frozen values: environment, then takedown.toml, then defaults."""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

_HERE = Path(__file__).parent
Mode = Literal["rehearsal", "observe", "live"]


def _words(value: Any) -> Any:
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return None if value == "" else value


class Database(_Part):
    url: SecretStr | None
    owner_url: SecretStr | None
    pool: int = Field(ge=1)


class Secrets(_Part):
    master_key: SecretStr | None


class Hotline(_Part):
    country: str | None
    preset: Literal["national", "global"] | None
    name: str | None
    signature: str
    capacity: str
    police_agree_probes: bool

    @field_validator("country")
    @classmethod
    def _iso(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 2 or not value.isalpha()):
            raise ValueError("an ISO 3166-1 code of two letters, for example FR")
        return value.upper() if value else None


class Mail(_Part):
    smtp_url: SecretStr | None
    imap_url: SecretStr | None
    inbox_folder: Path | None
    sender: str | None = Field(alias="from")
    deadline_s: float = Field(gt=0)
    require_tls: bool
    pgp_key: SecretStr | None
    pgp_key_password: SecretStr | None


class Lookup(_Part):
    dns_servers: Words
    rdap_url: str | None
    bootstrap_url: str | None
    whois_server: str | None
    asn_table: Path | None
    geolocation_table: Path | None
    upstream_table: Path | None
    deadline_s: float = Field(gt=0)
    concurrency: int = Field(ge=1)
    registry_rate: float = Field(ge=0)


class Checks(_Part):
    open_networks: Words
    ports: Words
    host_interval_s: float = Field(ge=0)
    deadline_s: float = Field(gt=0)
    concurrency: int = Field(ge=1)
    vantages: Words
    batch: int = Field(ge=1)
    kept_weeks: int = Field(ge=1)
    sample: int = Field(ge=0, le=1000)

    @field_validator("vantages")
    @classmethod
    def _vantages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            name, _, proxy = one.partition("=")
            if one != "direct" and not (name.isidentifier() and urlsplit(proxy).hostname):
                raise ValueError("direct, or name=proxy-url")
        names = [one.partition("=")[0] for one in value]
        if len(set(names)) < len(names) or len(names) > 14:
            raise ValueError("names that differ, 14 at most")
        return value or ("direct",)

    @field_validator("open_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value


class Web(_Part):
    host: str
    port: int
    workers: int
    threads: int
    language: Literal["en", "fr"]
    second_factor: Literal["required", "optional"]
    behind_tls: bool


class Metrics(_Part):
    host: str
    port: int = Field(ge=0, le=65535)


class Stats(_Part):
    facts_dir: Path | None
    publications_dir: Path | None


class Engine(_Part):
    broker_url: SecretStr | None


class _Environment(EnvSettingsSource):
    """The environment without NAME_FILE, which `load` reads by itself."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        found = super()._load_env_vars()
        return {name: value for name, value in found.items() if not name.lower().endswith("_file")}


class Settings(BaseSettings):
    """All of it. Construct by `load()`; a value that does not fit names itself in the error."""

    model_config = SettingsConfigDict(
        env_prefix="TAKEDOWN_",
        env_nested_delimiter="__",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    home: Path
    mode: Mode
    database: Database
    secrets: Secrets
    hotline: Hotline
    mail: Mail
    lookup: Lookup
    checks: Checks
    web: Web
    metrics: Metrics
    stats: Stats
    engine: Engine

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (_Environment(settings_cls), init_settings)

    @property
    def key_file(self) -> Path:
        """The monthly keys, wrapped by the master key; outside the database and its backup."""
        return self.home / "keys" / "months.json"

    @property
    def facts_dir(self) -> Path:
        """The files that figures rest on: no location is in them."""
        return self.stats.facts_dir or self.home / "facts"

    @property
    def publications_dir(self) -> Path:
        """Frozen figures and their files, for good: no location is in them."""
        return self.stats.publications_dir or self.home / "publications"

    @property
    def tables(self) -> dict[str, Path]:
        """Where the look-ups' tables are read and replaced; what is inside tells their form."""
        given = self.lookup
        return {
            "asn": given.asn_table or self.home / "asn.tsv",
            "geolocation": given.geolocation_table or self.home / "geolocation.tsv",
            "upstreams": given.upstream_table or self.home / "upstreams.tsv",
        }

    def closed_world(self) -> bool:
        """Whether every configured endpoint is loopback, and so is what the guard lets through."""
        lookup, mail = self.lookup, self.mail
        endpoints = [
            *(f"dns://{server}" for server in lookup.dns_servers),
            lookup.rdap_url,
            lookup.bootstrap_url,
            *([f"whois://{lookup.whois_server}"] if lookup.whois_server else []),
            *(vantage.partition("=")[2] for vantage in self.checks.vantages if "=" in vantage),
            *(
                secret.get_secret_value()
                for secret in (mail.smtp_url, mail.imap_url, self.engine.broker_url)
                if secret is not None
            ),
        ]
        wanted = lookup.dns_servers and (lookup.rdap_url or lookup.bootstrap_url) and mail.smtp_url
        return (
            bool(wanted and self.checks.open_networks)
            and all(_loopback_url(endpoint) for endpoint in endpoints if endpoint)
            and all(ip_network(network).is_loopback for network in self.checks.open_networks)
        )


def load(**overrides: Any) -> Settings:
    """Read the settings: environment, `takedown.toml` in the home, `overrides`, defaults."""
    values = tomllib.loads((_HERE / "defaults.toml").read_text())
    home = Path(os.environ.get("TAKEDOWN_HOME") or overrides.get("home") or values["home"])
    file = home / "takedown.toml"
    if file.exists():
        values = _merge(values, tomllib.loads(file.read_text()))
    values = _merge(_merge(values, overrides), _secret_files())
    values["home"] = home.absolute()
    settings = Settings(**values)
    _require_identity(settings)
    return settings


def _require_identity(settings: Settings) -> None:
    """Whoever asks the world has a name; whoever writes to it has an address for the answers."""
    if settings.mode == "rehearsal":
        return
    hotline = settings.hotline
    needed = {
        "TAKEDOWN_HOTLINE__COUNTRY": hotline.country,
        "TAKEDOWN_HOTLINE__PRESET": hotline.preset,
        "TAKEDOWN_HOTLINE__NAME": hotline.name,
    }
    if settings.mode == "live":
        needed["TAKEDOWN_MAIL__FROM"] = settings.mail.sender
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise ValueError(f"needed for {settings.mode}: {', '.join(missing)}")


def _secret_files() -> dict[str, Any]:
    """Settings given as NAME_FILE; a file that cannot be read fails loudly."""
    found: dict[str, Any] = {}
    for name, path in os.environ.items():
        if name.startswith("TAKEDOWN_") and name.endswith("_FILE"):
            *groups, leaf = name.removeprefix("TAKEDOWN_").removesuffix("_FILE").lower().split("__")
            part = found
            for group in groups:
                part = part.setdefault(group, {})
            part[leaf] = Path(path).read_text().strip()
    return found


def _merge(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for name, value in high.items():
        known = merged.get(name)
        merged[name] = _merge(known, value) if isinstance(known, dict) else value
    return merged


def _loopback_url(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_network(host).is_loopback
    except ValueError:
        return host == "localhost"
