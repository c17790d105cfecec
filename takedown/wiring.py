"""The only maker of real clients: settings become ports, and nobody else reads both."""

import logging
import os
import resource
import tomllib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, make_url, text

import config
from config.settings import Settings
from notices.channels import arriving, imap
from notices.channels.base import Channel
from notices.channels.connector import Connector
from notices.channels.http_api import HttpApi
from notices.channels.mailbox import Mailbox
from notices.channels.smtp import SmtpChannel
from notices.channels.smtp_url import Endpoint, is_loopback
from notices.errors import BadKey
from notices.pgp import Protection
from takedown import db, embedded, migrations
from takedown.checks import months
from takedown.checks.guard import allowed
from takedown.errors import TakedownError
from takedown.flow.ports import Interface, Ports, Probing
from takedown.hosts.known import known_providers
from takedown.hosts.limits import Limits
from takedown.hosts.lookup import Lookup
from takedown.routes import members, table
from takedown.routes.hotline import Hotline, Leaves, Mode, Preset
from takedown.routes.partner import CodeBook
from takedown.urls.entry import Schemes
from takedown.urls.normalise import registrable_domain
from takedown.vault import Vault, parse_master_key

_DATA = Path(config.__file__).parent
_NOWHERE = "ZZ"  # ISO 3166-1 user-assigned: no country was given, and rehearsal needs none


class NotSetUp(TakedownError):
    """`takedown init` has not been run here, or not since the software was renewed."""


class BadSigningKey(TakedownError):
    """The key that mail is signed with can't be used."""


class NoMail(TakedownError):
    """Notices may leave, but no server to hand them to is set."""


def real_clock() -> datetime:
    """The time now, UTC."""
    return datetime.now(UTC)


def build_ports(
    settings: Settings, *, clock: Callable[[], datetime] = real_clock, by: str = "command"
) -> Ports:
    """Open everything that `settings` name.

    Raises `NotSetUp` where master key or tables are missing, `VaultError` where the key file is,
    or belongs to another master key.

    Another `clock` than the real one is for closed worlds: doors see to that.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold locations
    _log_ours_alone()
    owner, engine, _ = open_database(settings)
    try:
        _require_tables(engine)
        vault = open_vault(settings)
        vault.cohorts()
    except TakedownError:
        engine.dispose()
        raise
    return Ports(
        sessions=db.sessions(engine),
        vault=vault,
        clock=clock,
        hotline=hotline(settings),
        leaves=leaves(settings),
        lookup=_lookup(settings),
        probing=_probing(settings),
        channel=_channel(settings),
        mail_deadline_s=settings.mail.deadline_s,
        schemes=schemes(),
        known_providers=known_providers(reference("providers.toml")),
        inboxes=_inboxes(settings),
        interface=_interface(settings),
        by=by,
        facts_dir=settings.facts_dir,
        publications_dir=settings.publications_dir,
        owner=owner,
        checks_kept=timedelta(weeks=settings.checks.kept_weeks),
        sample=settings.checks.sample,
    )


def open_database(settings: Settings) -> tuple[Engine, Engine, str]:
    """Engines of the owner and of the application, and the application's role.

    Without a URL the embedded server is started or shared, and brought back when it dies.
    """
    given = settings.database.url
    if given is not None:
        app_url = _driver(given.get_secret_value())
        owner = settings.database.owner_url
        owner_url = _driver(owner.get_secret_value()) if owner else app_url
        recover = None
    else:
        home = settings.home
        here = embedded.start(home, announce=_say)
        app_url, owner_url = here.app_url, here.owner_url

        def recover() -> None:
            embedded.start(home, announce=_say)

    app = db.connect(app_url, pool=settings.database.pool, recover=recover)
    role = make_url(app_url).username or "takedown_app"
    return db.connect(owner_url, pool=1, recover=recover), app, role


def migrate(settings: Settings) -> None:
    """Bring the tables to the newest form, and begin the key file of a new installation.

    One that has a log had a key file: where that is missing no new one is made in its stead, for
    it would open nothing. `build_ports` says so.
    """
    owner, app, role = open_database(settings)
    migrations.upgrade(owner, role)
    months.keep(owner, real_clock())
    with app.connect() as connection:
        used = connection.scalar(text("SELECT EXISTS (SELECT FROM audit_entries)"))
    if not used:
        open_vault(settings).begin()
    owner.dispose()
    app.dispose()


def open_vault(settings: Settings) -> Vault:
    """The vault of this installation. Raises `NotSetUp` without a master key."""
    secret = settings.secrets.master_key
    file = settings.home / "keys" / "master.key"
    if secret is not None:
        text_of_key = secret.get_secret_value()
    elif file.exists():
        text_of_key = file.read_text()
    else:
        raise NotSetUp("there is no master key: run `takedown init` first")
    return Vault(parse_master_key(text_of_key), settings.key_file)


def hotline(settings: Settings) -> Hotline:
    """Who we are; placeholders stand in where rehearsal does without."""
    given = settings.hotline
    return Hotline(
        country=given.country or _NOWHERE,
        preset=Preset(given.preset or "national"),
        name=given.name or "Hotline",
        signature=given.signature,
        capacity=given.capacity,
        email=_sender(settings),
        signing=_signing(settings),
        partner=CodeBook.read(reference("iccam.toml")),
        police_agree_probes=given.police_agree_probes,
    )


def leaves(settings: Settings) -> Leaves:
    """What may leave this building."""
    return Leaves(Mode(settings.mode), settings.closed_world())


def schemes() -> Schemes:
    """The classification schemes of the reference data."""
    data = reference("classification.toml")
    default = str(data.pop("default"))
    return Schemes(default, {name: frozenset(one["codes"]) for name, one in data.items()})


def reference(name: str) -> dict[str, Any]:
    """A file of reference data as it comes with the software."""
    return tomllib.loads((_DATA / name).read_text())


def route_rows() -> tuple[table.RouteRow, ...]:
    """The routes that a new installation starts with."""
    return table.read(reference("jurisdictions.toml"))


def member_facts() -> tuple[members.MemberFact, ...]:
    """The partner hotlines that a new installation starts with."""
    return members.read(reference("hotlines.toml"))


def operating_system_user() -> str:
    """How the audit log names whoever types commands here."""
    import pwd

    return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"


def _log_ours_alone() -> None:
    """Libraries quote addresses in their warnings: urllib3 the one whose headers it cannot read."""
    root, ours = logging.getLogger(), logging.getLogger("takedown")
    if not root.handlers:
        root.addHandler(logging.NullHandler())  # else Python's last resort is stderr
    if not ours.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        ours.addHandler(handler)


def _driver(url: str) -> str:
    made = make_url(url)
    if made.get_backend_name() not in ("postgresql", "postgres"):
        raise NotSetUp("TAKEDOWN_DATABASE__URL must be a postgresql:// URL")
    return made.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _require_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT to_regclass('alembic_version')"))
        version = found and connection.scalar(text("SELECT version_num FROM alembic_version"))
    if version != migrations.head():
        raise NotSetUp("the tables are not as this version needs them: run `takedown init`")


def _lookup(settings: Settings) -> Lookup:
    given = settings.lookup
    networks = tuple(ip_network(network) for network in settings.checks.open_networks)
    return Lookup(
        dns_servers=given.dns_servers,
        rdap_url=given.rdap_url,
        asn_table=settings.tables["asn"],
        allowed=partial(allowed, open_networks=networks),
        domain_of=registrable_domain,
        deadline=given.deadline_s,
        concurrency=given.concurrency,
        bootstrap_file=settings.home / "rdap-bootstrap.json",
        bootstrap_url=given.bootstrap_url,
        whois_server=given.whois_server,
        geolocation_table=settings.tables["geolocation"],
        upstream_table=settings.tables["upstreams"],
        limits=Limits(given.registry_rate),
    )


def _probing(settings: Settings) -> Probing:
    given = settings.checks
    vantages = [vantage.partition("=") for vantage in given.vantages]
    return Probing(
        open_networks=tuple(ip_network(network) for network in given.open_networks),
        ports=given.ports,
        interval=timedelta(seconds=given.host_interval_s),
        deadline_s=given.deadline_s,
        concurrency=given.concurrency,
        batch=given.batch,
        vantages={name: proxy or None for name, _, proxy in vantages},
    )


def _channel(settings: Settings) -> Callable[[], AbstractContextManager[Channel]]:
    stays = not leaves(settings).notices
    endpoint = _relay(settings)
    our_name = _sender(settings).rpartition("@")[2]

    @contextmanager
    def channel() -> Iterator[Channel]:
        if stays:
            yield Mailbox()
        elif endpoint is None:
            raise NoMail("TAKEDOWN_MAIL__SMTP_URL is not set")
        else:
            with SmtpChannel(endpoint, ehlo_name=our_name) as open_channel:
                yield open_channel

    return channel


def _interface(settings: Settings) -> Interface:
    """Providers' interfaces: the same addresses are forbidden as to probes and registries."""
    networks = tuple(ip_network(network) for network in settings.checks.open_networks)
    guard = partial(allowed, open_networks=networks)

    def interface(connectors: Callable[[str], Connector], secrets: Callable[[str], str]) -> HttpApi:
        return HttpApi(connectors, secrets, allowed=guard)

    return interface


def _inboxes(settings: Settings) -> tuple[arriving.Inbox, ...]:
    """Where answers arrive: a mailbox is asked only where notices leave. Raises `BadImapUrl`."""
    found = []
    mail = settings.mail
    if mail.imap_url is not None:
        account = imap.Account.parse(mail.imap_url.get_secret_value())
        if leaves(settings).notices:
            found.append(imap.mailbox(account, deadline_s=mail.deadline_s))
    if mail.inbox_folder is not None:
        found.append(arriving.folder(mail.inbox_folder))
    return tuple(found)


def _sender(settings: Settings) -> str:
    return settings.mail.sender or "notices@hotline.example"


def _signing(settings: Settings) -> Protection | None:
    """Our key, opened. Raises `BadSigningKey`, which names the setting and nothing of the key."""
    key, password = settings.mail.pgp_key, settings.mail.pgp_key_password
    if key is None:
        return None
    try:
        return Protection(
            signing_key=key.get_secret_value().encode(),
            password=password.get_secret_value() if password else None,
        )
    except BadKey as wrong:
        raise BadSigningKey(f"TAKEDOWN_MAIL__PGP_KEY: {wrong.reason}") from None


def _relay(settings: Settings) -> Endpoint | None:
    """Where notices are handed over. Raises `NoMail` where TLS is asked for and not there."""
    secret = settings.mail.smtp_url
    if secret is None:
        return None
    endpoint = Endpoint.parse(secret.get_secret_value())
    plain = endpoint.security == "none" and not is_loopback(endpoint.host)
    if settings.mail.require_tls and plain:
        raise NoMail("TAKEDOWN_MAIL__SMTP_URL needs smtps:// or smtp+starttls://")
    return endpoint


def _say(line: str) -> None:
    import sys

    print(line, file=sys.stderr)  # noqa: T201 - the doors are on a terminal
