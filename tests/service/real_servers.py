"""The servers that hosts really run, as plain processes on loopback with files of their own.

Nothing of the system's configuration is read, no port below 1,024 is bound, nothing is left.
"""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from free_ports import free_port

NAME: Final = "media.example.test"
SIZE: Final = 1_000_000
MODULES: Final = (
    "mpm_event",
    "authz_core",
    "log_config",
    "alias",
    "asis",
    "mime",
    "dir",
    "ssl",
    "unixd",
)


@dataclass(frozen=True)
class Said:
    """One answer that each server is set up to give under /s/: its path, status and fields."""

    path: str
    status: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Served:
    """A server that runs: where it is, and what it wrote of a request: method, path, bytes.

    The bytes are those of content; HAProxy counts those of the head with them.
    """

    name: str
    address: str
    clear: int
    tls: int
    log: Path

    def lines(self) -> list[tuple[str, str, int]]:
        """Its own log: method, path and bytes of content ("-" is how one of them writes 0)."""
        split = [line.split() for line in self.log.read_text().splitlines() if line[:4].isupper()]
        return [(method, path, int(size.replace("-", "0"))) for method, path, size in split]


class Site:
    """What all of them serve: a picture of a million bytes, a folder, and the answers of /s/."""

    def __init__(self, folder: Path, said: list[Said]) -> None:
        self.folder, self.said = folder, said
        self.root = folder / "root"
        (self.root / "s").mkdir(parents=True)
        (self.root / "album").mkdir()
        (self.root / "photo.jpg").write_bytes(bytes(SIZE))
        (self.root / "page.html").write_bytes(b"<p>a page</p>" * 999)
        (self.root / "album" / "index.html").write_bytes(b"<p>an album</p>" * 999)
        for one in said:
            head = "".join(f"{line}\n" for line in (f"Status: {one.status} As Set", *one.fields))
            (self.root / "s" / one.path).write_text(f"{head}\n" + "content " * 999)
        self.pem, self.authority = _certificate(folder)


@contextmanager
def running(folder: Path, said: list[Said]) -> Iterator[tuple[Site, list[Served]]]:
    """All of them at once; HAProxy stands before nginx. Their logs are whole when they end."""
    folder.chmod(0o755)
    with ExitStack() as stack:
        site = Site(folder, said)
        first = stack.enter_context(_served(site, "nginx", "127.9.3.1", _nginx))
        others = [
            stack.enter_context(_served(site, "apache", "127.9.3.2", _apache)),
            stack.enter_context(_served(site, "lighttpd", "127.9.3.3", _lighttpd)),
            stack.enter_context(_served(site, "haproxy", "127.9.3.4", _haproxy(first))),
        ]
        _await([first, *others])
        yield site, [first, *others]


Config = Callable[[Site, Served, Path], list[str]]


@contextmanager
def _served(site: Site, name: str, address: str, config: Config) -> Iterator[Served]:
    clear, tls = free_port(address), free_port(address)
    home = site.folder / name
    home.mkdir()
    log = site.folder / f"{name}.log"
    log.touch(0o666)
    made = Served(name, address, clear, tls, log)
    command = config(site, made, home)
    with log.open("a") as out, (home / "said").open("w") as said:
        process = subprocess.Popen(
            command,
            stdout=out if name == "haproxy" else said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/usr/bin:/bin"},
        )
    try:
        yield made
    finally:
        process.terminate()
        process.wait(10)


def _await(served: list[Served]) -> None:
    limit = time.monotonic() + 15
    for one in served:
        for port in (one.clear, one.tls):
            with socket.socket() as door:
                while door.connect_ex((one.address, port)):
                    said = (one.log.parent / one.name / "said").read_text()
                    assert time.monotonic() < limit, f"{one.name} does not answer: {said}"
                    time.sleep(0.02)


def _nginx(site: Site, at: Served, home: Path) -> list[str]:
    places = "\n".join(_nginx_place(one) for one in site.said)
    shared = f"root {site.root}; server_name {NAME} www.{NAME}; {places}"
    secured = f"ssl_certificate {site.pem}; ssl_certificate_key {site.pem};"
    folders = "".join(
        f"{kind}_temp_path {home}/{kind}; "
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (home / "conf").write_text(
        f"""
        daemon off; master_process off; pid {home}/pid; error_log {home}/said;
        events {{ }}
        http {{
            types {{ image/jpeg jpg; text/html html; }}
            log_format own '$request_method $uri $body_bytes_sent';
            access_log {at.log} own; absolute_redirect off; {folders}
            server {{ listen {at.address}:{at.clear}; {shared} }}
            server {{ listen {at.address}:{at.tls} ssl; {secured} {shared}
                      error_page 497 =301 https://$host:$server_port$request_uri; }}
        }}
        """
    )
    return ["nginx", "-e", str(home / "said"), "-p", str(home), "-c", str(home / "conf")]


def _nginx_place(said: Said) -> str:
    fields = dict(field.split(": ", 1) for field in said.fields)
    there = fields.pop("Location", "")
    added = "".join(f"add_header {name} '{value}' always; " for name, value in fields.items())
    return f"location = /s/{said.path} {{ {added} return {said.status} {there}; }}"


def _apache(site: Site, at: Served, home: Path) -> list[str]:
    loaded = "".join(
        f"LoadModule {one}_module /usr/lib/apache2/modules/mod_{one}.so\n"
        for one in MODULES
        if one not in ("log_config", "unixd")  # built in by Debian
    )
    redirects = "".join(
        f"RedirectMatch {one.status} ^/s/{one.path}$ {field.removeprefix('Location: ')}\n"
        for one in site.said
        for field in one.fields
        if field.startswith("Location: /")
    )
    people = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
    (home / "conf").write_text(
        f"""{loaded}{people}
        ServerRoot {home}
        ServerName {NAME}
        PidFile {home}/pid
        Mutex file:{home}
        ErrorLog {home}/said
        StartServers 1
        ThreadsPerChild 8
        MaxRequestWorkers 8
        ServerLimit 1
        Listen {at.address}:{at.clear}
        Listen {at.address}:{at.tls}
        DocumentRoot {site.root}
        TypesConfig /dev/null
        AddType image/jpeg .jpg
        AddType text/html .html
        UseCanonicalName Off
        LogFormat "%m %U %B" own
        CustomLog {at.log} own
        {redirects}
        <Location /s/>
        SetHandler send-as-is
        </Location>
        <VirtualHost {at.address}:{at.clear}>
        </VirtualHost>
        <VirtualHost {at.address}:{at.tls}>
        SSLEngine on
        SSLCertificateFile {site.pem}
        SSLCertificateKeyFile {site.pem}
        </VirtualHost>
        """
    )
    return ["apache2", "-D", "FOREGROUND", "-f", str(home / "conf")]


def _lighttpd(site: Site, at: Served, home: Path) -> list[str]:
    (home / "conf").write_text(
        f"""
        server.modules = ("mod_accesslog", "mod_cgi", "mod_openssl")
        server.document-root = "{site.root}"
        server.bind = "{at.address}"
        server.port = {at.clear}
        server.upload-dirs = ("{home}")
        server.errorlog = "{home}/said"
        accesslog.filename = "{at.log}"
        accesslog.format = "%m %U %b"
        index-file.names = ("index.html")
        mimetype.assign = (".jpg" => "image/jpeg", ".html" => "text/html")
        $HTTP["url"] =~ "^/s/" {{ cgi.assign = ("" => "/bin/cat") }}
        $SERVER["socket"] == "{at.address}:{at.tls}" {{
            ssl.engine = "enable"
            ssl.pemfile = "{site.pem}"
        }}
        """
    )
    return ["lighttpd", "-D", "-f", str(home / "conf")]


def _haproxy(behind: Served) -> Config:
    def config(site: Site, at: Served, home: Path) -> list[str]:
        written = f"""
            global
                log stdout format raw local0
            defaults
                mode http
                log global
                option dontlognull
                timeout connect 2s
                timeout client 5s
                timeout server 5s
                log-format "%HM %HP %B"
            frontend front
                bind {at.address}:{at.clear}
                bind {at.address}:{at.tls} ssl crt {site.pem}
                use_backend nobody if {{ path /nobody }}
                default_backend nginx
            backend nginx
                server nginx {behind.address}:{behind.clear}
            backend nobody
            """
        (home / "conf").write_text(dedent(written).rstrip() + "\n")
        return ["haproxy", "-db", "-f", str(home / "conf")]

    return config


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate with its key, and the authority that signed it, made here."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("Test CA", NAME)
    ]
    made = []
    for nth in range(2):
        start = datetime.now(UTC) - timedelta(days=1)
        builder = (
            x509.CertificateBuilder(names[0], names[nth], keys[nth].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=30))
            .add_extension(x509.BasicConstraints(nth == 0, None), True)
        )
        if nth:
            hosts = [x509.DNSName(name) for name in (NAME, f"www.{NAME}")]
            builder = builder.add_extension(x509.SubjectAlternativeName(hosts), False)
        made.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private = keys[1].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem, authority = folder / "host.pem", folder / "authority.pem"
    pem.write_bytes(private + made[1])
    authority.write_bytes(made[0])
    return pem, authority
