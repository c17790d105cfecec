"""The probe over TLS, a new connection each time, against what records nothing."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks import contest
from benchmarks.hosts import NET, TLS_PORT, World

HOSTS: Final = 200
LOOKS: Final = 5_000
BY_REQUESTS: Final = 1_000


def main() -> str:
    """Run it and tell. About a minute."""
    with _world(HOSTS) as here:
        given = {"world": asdict(here)}
        ours = contest.run("the probe, one process", "probe", given | {"count": LOOKS})
        curl = contest.run("curl --parallel --head", "curl", given | {"count": LOOKS})
        requests = contest.run("requests, 64 threads", "requests", given | {"count": BY_REQUESTS})
    return contest.table(
        f"tls: {LOOKS:,} looks at {HOSTS} hosts, certificates verified, nothing kept open by us",
        [ours, requests, curl],
        {"requests": requests, "curl": curl},
        "requests and curl keep connections open from one Url to the next; the probe never does",
    )


@contextmanager
def _world(count: int) -> Iterator[World]:
    """nginx on as many addresses, under one certificate of an authority made here."""
    program = shutil.which("nginx", path=f"{os.defpath}:/usr/sbin")
    if program is None:
        raise FileNotFoundError("nginx is not installed: apt-get install nginx")
    names = tuple(f"host-{n}.bench.test" for n in range(count))
    addresses = tuple(f"127.{NET}.{(n + 1) // 256}.{(n + 1) % 256}" for n in range(count))
    with TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        authority = _configure(home, addresses)
        words = ["-e", str(home / "errors"), "-p", folder, "-c", str(home / "conf")]
        hosts = subprocess.Popen([program, *words], stdin=subprocess.DEVNULL)
        try:
            _await(addresses[-1])
            yield World("", names, addresses, 0, str(authority))
        finally:
            hosts.terminate()
            hosts.wait(10)


def _await(address: str) -> None:
    limit = time.monotonic() + 10
    with socket.socket() as door:
        while door.connect_ex((address, TLS_PORT)):
            if time.monotonic() > limit:
                raise OSError("nginx could not be started")
            time.sleep(0.05)


def _configure(home: Path, addresses: tuple[str, ...]) -> Path:
    listens = " ".join(f"listen {address}:{TLS_PORT} ssl backlog=1024;" for address in addresses)
    places = "; ".join(
        f"{kind}_temp_path {home}/{kind}"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (home / "conf").write_text(
        f"""
        daemon off; master_process off; pid {home}/pid; error_log {home}/errors;
        worker_rlimit_nofile 65536;
        events {{ worker_connections 8192; }}
        http {{
            access_log off; {places};
            ssl_certificate {home}/host.pem; ssl_certificate_key {home}/host.pem;
            server {{
                {listens}
                location /gone {{ return 404; }}
                location / {{ return 200; }}
            }}
        }}
        """
    )
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench.test")])
    start = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("*.bench.test")]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (home / "host.pem").write_bytes(private + made)
    (home / "authority.pem").write_bytes(made)
    return home / "authority.pem"
