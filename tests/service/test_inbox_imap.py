"""An IMAP mailbox over real sockets: each mail is stored once, then it goes from there."""

from pathlib import Path

import pytest
from desk import Desk
from imap_server import Box, imap_server
from mailroom import Mailroom

from notices.channels import imap
from notices.channels.arriving import ArrivalError
from takedown.flow.inbox import InboxUnreachable
from takedown.outbox.inbox.models import InboundMail

MAILS = (b"Subject: one\r\n\r\nHello?\r\n", b"Subject: two\r\n\r\nHello again?\r\n")


def mailroom(desk: Desk, tmp_path: Path, url: str) -> Mailroom:
    account = imap.Account.parse(url)
    return Mailroom(desk, tmp_path / "unused", imap.mailbox(account, deadline_s=5))


@pytest.mark.parametrize("uidplus", [True, False])
def test_a_mail_goes_from_the_mailbox_once_it_is_stored(
    desk: Desk, tmp_path: Path, uidplus: bool
) -> None:
    box = Box(*MAILS, uidplus=uidplus)
    with imap_server(box) as url:
        assert mailroom(desk, tmp_path, url).run().done == 2
    assert (box.mails, len(desk.all(InboundMail))) == ({}, 2)
    assert ("UID EXPUNGE" in box.verbs) is uidplus


def test_new_uids_after_a_change_of_uidvalidity_double_nothing(desk: Desk, tmp_path: Path) -> None:
    box = Box(*MAILS)
    with imap_server(box) as url:
        room = mailroom(desk, tmp_path, url)
        room.run()
        box.mails = dict(enumerate(MAILS, 1))  # a backup of the mail server was restored
        box.renumber(2)
        assert room.run().done == 0
    assert (box.mails, len(desk.all(InboundMail))) == ({}, 2)


def test_a_mailbox_that_cannot_be_read_is_told_and_names_no_secret(
    desk: Desk, tmp_path: Path
) -> None:
    with imap_server(Box(*MAILS)) as url:
        room = mailroom(desk, tmp_path, url.replace(":secret@", ":wrong@"))
        with pytest.raises(InboxUnreachable) as told:
            room.run()
    assert str(told.value) == "imap"
    with pytest.raises(InboxUnreachable):
        room.run()  # nobody listens there any more


@pytest.mark.parametrize(
    "url",
    [
        "imap://user:hush@mail.example.org/INBOX",
        "pop3://user:hush@127.0.0.1",
        "imaps://mail.example.org",
        "imaps://user:hush%0d%0aA1@mail.example.org",
    ],
)
def test_an_account_that_could_leak_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(ArrivalError) as refused:
        imap.Account.parse(url)
    assert "hush" not in str(refused.value)
