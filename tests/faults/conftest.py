"""Houses with an outbox, faulty servers, and senders that can be killed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from faults import Fault
from faulty_api import faulty_api
from faulty_mail import faulty_mail
from houses import House
from outboxes import Nursery, Outbox
from smtp_servers import certificate, server_context

from takedown.db import Sessions
from takedown.vault import Vault

DEADLINE_S = 2.0


@pytest.fixture
def certificates(tmp_path: Path) -> tuple[Path, tuple[Path, Path], tuple[Path, Path]]:
    """An authority for both, a good one, and one that has expired."""
    made = []
    for name, days in (("good", 1), ("expired", -1)):
        (tmp_path / name).mkdir()
        made.append(
            certificate(tmp_path / name, datetime.now(UTC), days=days, common=f"{name}.example")
        )
    authority = tmp_path / "authority.pem"
    authority.write_bytes(b"".join(one[0].read_bytes() for one in made))
    return authority, made[0], made[1]


@pytest.fixture
def house(
    sessions: Sessions,
    vault: Vault,
    database: tuple[str, str],
    tmp_path: Path,
    now: datetime,
    certificates: tuple[Path, tuple[Path, Path], tuple[Path, Path]],
) -> Iterator[Callable[..., House]]:
    authority, good, expired = certificates
    outbox = Outbox(sessions, vault, database[1], tmp_path, now)

    @contextmanager
    def open_house(*connections: Fault) -> Iterator[House]:
        tls = server_context(good), server_context(expired)
        with (
            faulty_mail(outbox.happened, *tls, connections) as server,
            faulty_api(outbox.happened) as interface,
        ):
            nursery = Nursery(outbox.job(server.port, authority, DEADLINE_S))
            try:
                yield House(outbox, nursery, server, interface, now)
            finally:
                nursery.close()

    return open_house
