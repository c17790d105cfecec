"""What the outbox keeps of a provider's interface: its reference, its exchange, its own pause."""

from collections.abc import Callable
from datetime import datetime

import pytest
from cast import Cast
from desk import Desk

from notices.channels.base import Receipt, SendError
from takedown.db import Sessions, committing
from takedown.outbox import queries
from takedown.outbox.models import Delivery, DeliveryStatus
from takedown.vault import Vault

TOLD = b'{"answer": {"body": "https://media1.example.test/a1.jpg", "status": 429}}'


class Interface:
    """Busy once, with a pause of its own; then it takes the report under a reference."""

    def __init__(self) -> None:
        self.asked = 0

    def send(
        self,
        message: bytes,
        sender: str,
        recipient: str,
        *,
        arm: Callable[[], bool],
        deadline_s: float,
        envid: str | None = None,
    ) -> Receipt:
        assert arm()
        self.asked += 1
        if self.asked == 1:
            raise SendError("answer", "busy", code=429, retry_after_s=90, exchange=TOLD)
        return Receipt("api", "202", None, "ref.media1.example.test", b'{"answer": {}}')


@pytest.fixture
def desk(sessions: Sessions, vault: Vault, now: datetime) -> Desk:
    made = Desk(sessions, vault, now)
    with committing(sessions) as session:
        cast = Cast(session, vault, now)
        provider = cast.provider()
        cast.contact(provider)
        cast.known("https://media1.example.test/a1.jpg", provider, cast.route())
    made.channel = Interface()
    return made


def test_a_provider_s_own_pause_is_kept_and_its_reference_is_sealed(desk: Desk) -> None:
    desk.approve(desk.compose().notices)
    assert desk.send().failed == 1
    desk.pass_time(seconds=89)
    assert desk.send().claimed == 0
    desk.pass_time(seconds=1)
    assert desk.send().done == 1
    (delivery,) = desk.all(Delivery)
    assert (delivery.status, delivery.accepted_by) == (DeliveryStatus.SENT, "api")
    assert delivery.queue_id is None and delivery.receipt_by == "machine"
    reference = desk.vault.open("deliveries.receipt", delivery.id, delivery.receipt)
    assert reference == "ref.media1.example.test"


def test_the_exchange_is_kept_sealed_beside_the_words(desk: Desk) -> None:
    desk.approve(desk.compose().notices)
    desk.send()
    desk.pass_time(minutes=2)
    desk.send()
    (delivery,) = desk.all(Delivery)
    assert "media1" not in str(delivery.answers)
    answers = queries.answers(desk.vault, delivery)
    assert [one.said for one in answers] == ["busy", "202"]
    assert [one.exchange for one in answers] == [TOLD.decode(), '{"answer": {}}']
