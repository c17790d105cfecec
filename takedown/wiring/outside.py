"""What reaches outside: look-ups, probes, the mail server, providers' interfaces, mailboxes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from ipaddress import ip_network

from config.settings import Settings
from notices.channels import arriving, imap
from notices.channels.base import Channel
from notices.channels.connector import Connector
from notices.channels.http_api import HttpApi
from notices.channels.mailbox import Mailbox
from notices.channels.smtp import SmtpChannel
from notices.channels.smtp_url import Endpoint, is_loopback
from takedown.checks.guard import allowed
from takedown.errors import TakedownError
from takedown.flow.ports import Interface, Probing
from takedown.hosts.limits import Limits
from takedown.hosts.lookup import Lookup
from takedown.urls.normalise import registrable_domain
from takedown.wiring.ourselves import leaves, sender


class NoMail(TakedownError):
    """Notices may leave, but no server to hand them to is set."""


def lookup(settings: Settings) -> Lookup:
    """Names, registries and tables that say who hosts what."""
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


def probing(settings: Settings) -> Probing:
    """How and from where addresses are looked at."""
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


def channel(settings: Settings) -> Callable[[], AbstractContextManager[Channel]]:
    """The way of notices by mail: a relay, or a mailbox here where none may leave.

    Raises `NoMail` where TLS is asked for and not there; the channel does where no relay is set.
    """
    stays = not leaves(settings).notices
    endpoint = _relay(settings)
    our_name = sender(settings).rpartition("@")[2]

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


def interface(settings: Settings) -> Interface:
    """Providers' interfaces: the same addresses are forbidden as to probes and registries."""
    networks = tuple(ip_network(network) for network in settings.checks.open_networks)
    guard = partial(allowed, open_networks=networks)

    def interface(connectors: Callable[[str], Connector], secrets: Callable[[str], str]) -> HttpApi:
        return HttpApi(connectors, secrets, allowed=guard)

    return interface


def inboxes(settings: Settings) -> tuple[arriving.Inbox, ...]:
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
