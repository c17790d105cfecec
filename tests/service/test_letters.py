"""What a letter is made of as it leaves: whose text, under which key, with whose number."""

import email
import email.policy
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pysequoia
import pytest
from cast import HOTLINE, Cast
from desk import Desk
from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.errors import BadKey
from notices.pgp import Protection
from notices.templates import BUILTIN
from takedown.db import Sessions, committing
from takedown.hosts.models import Contact, Provider
from takedown.outbox import tickets, writing
from takedown.outbox.approve import Outcome
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.outbox.texts import editing, standing
from takedown.outbox.texts.editing import Place
from takedown.outbox.texts.models import TemplateCopy
from takedown.people.two_people import OwnWork
from takedown.vault import Vault

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GENERAL = Place("first", "en")
FIRST = BUILTIN.choose("first", "en").template.body.source
OURS = pysequoia.Tsk.generate("Notice desk <notices@hotline.example.org>")
DESK = pysequoia.Tsk.generate("Abuse desk <abuse@harbour.example>")


@pytest.fixture
def desk(sessions: Sessions, vault: Vault) -> Desk:
    with committing(sessions) as session:
        cast = Cast(session, vault, NOW)
        provider = cast.provider()
        cast.contact(provider)
        cast.known("https://media.example.test/a.jpg", provider, cast.route(status="verified"))
    return Desk(sessions, vault, NOW)


def write(desk: Desk, heading: str, place: Place = GENERAL, seen: int = 0) -> uuid.UUID:
    with committing(desk.sessions) as session:
        return editing.write(
            *(session, desk.vault, place, FIRST.replace("HANDLE WITH CARE", heading)),
            seen=seen,
            based_on="en/first 1",
            why="plainer",
            by="user:alice",
            now=desk.now,
        ).id


def approve_text(desk: Desk, copy_id: uuid.UUID, by: str = "user:bob") -> None:
    with committing(desk.sessions) as session:
        editing.approve(session, copy_id, by=by, now=desk.now)


def set_contact(desk: Desk, **values: object) -> None:
    with committing(desk.sessions) as session:
        for name, value in values.items():
            setattr(session.get_one(Contact, desk.all(Contact)[0].id), name, value)


def body(desk: Desk, notice: Notice) -> str:
    return desk.vault.open("notices.body", notice.id, notice.body)


def test_a_draft_names_the_copy_that_it_was_written_by_and_why(desk: Desk) -> None:
    approve_text(desk, write(desk, "TAKE CARE"))
    desk.compose()
    notice = desk.all(Notice)[0]
    told = (notice.template, notice.template_version, notice.language, notice.template_why)
    assert told == ("en/first", "copy 1", "en", "language")
    assert "TAKE CARE" in body(desk, notice)


def test_what_was_shown_is_what_is_approved_though_the_text_has_changed(desk: Desk) -> None:
    (notice,) = desk.compose().notices
    approve_text(desk, write(desk, "TAKE CARE"))
    assert desk.approve([notice]) == [Outcome.CHANGED]
    assert desk.approve([notice]) == [Outcome.APPROVED]
    assert "TAKE CARE" in body(desk, desk.one(Notice, notice))


def test_nobody_approves_what_they_wrote(desk: Desk) -> None:
    made = write(desk, "TAKE CARE")
    with pytest.raises(OwnWork):
        approve_text(desk, made, by="user:alice")
    desk.compose()
    assert "HANDLE WITH CARE" in body(desk, desk.all(Notice)[0])


def test_a_newer_version_takes_the_place_of_the_older_and_one_can_go_back(desk: Desk) -> None:
    first = write(desk, "ONE")
    approve_text(desk, first)
    approve_text(desk, write(desk, "TWO", seen=1))
    with committing(desk.sessions) as session:
        editing.roll_back(session, desk.vault, first, why="better", by="user:bob", now=desk.now)
    desk.compose()
    notice = desk.all(Notice)[0]
    assert notice.template_version == "copy 3"
    assert "ONE" in body(desk, notice)
    approved = [one for one in desk.all(TemplateCopy) if one.approved_at and not one.retired_at]
    assert len(approved) == 1


def test_the_survivor_of_a_merge_is_written_to_by_the_copy_of_the_other(desk: Desk) -> None:
    kept = desk.all(Provider)[0]
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, NOW)
        gone = cast.provider("Old Harbour", merged_into_id=kept.id).id
    approve_text(desk, write(desk, "OLD FRIENDS", Place("first", "en", None, gone)))
    desk.compose()
    assert desk.all(Notice)[0].template_why == "provider"


def test_a_copy_that_the_software_cannot_read_any_more_is_passed_over(desk: Desk) -> None:
    made = write(desk, "TAKE CARE")
    approve_text(desk, made)
    with committing(desk.sessions) as session:
        row = session.get_one(TemplateCopy, made)
        row.body = desk.vault.seal("template_copies.body", made, 0, "says {nothing_known}")
    with desk.sessions() as session:
        row = session.get_one(TemplateCopy, made)
        assert "nothing_known" in standing.unusable(session, desk.vault, row)
    desk.compose()
    assert desk.all(Notice)[0].template_version == "1"


def sent(desk: Desk) -> email.message.EmailMessage:
    desk.approve(desk.compose().notices)
    desk.send()
    return email.message_from_bytes(desk.channel.messages[0], policy=email.policy.default)


def test_mail_is_signed_by_our_key_and_stored_as_it_left(desk: Desk) -> None:
    desk.hotline = replace(HOTLINE, signing=Protection(signing_key=bytes(OURS)))
    assert sent(desk).get_content_type() == "multipart/signed"
    notice = desk.all(Notice)[0]
    assert (
        desk.vault.open_bytes("notices.message", notice.id, notice.message)
        == (desk.channel.messages[0])
    )


def test_a_contact_with_a_key_gets_what_it_and_we_can_read(desk: Desk) -> None:
    desk.hotline = replace(HOTLINE, signing=Protection(signing_key=bytes(OURS)))
    set_contact(desk, encryption_key=str(DESK.extract_certificate()))
    whole = sent(desk)
    assert whole.get_content_type() == "multipart/encrypted"
    closed = whole.get_payload()[1].get_payload(decode=True)
    assert b"media.example.test" not in desk.channel.messages[0]
    for reader in (DESK, OURS):
        opened = pysequoia.decrypt(bytes=closed, decryptor=reader.decryptor())
        assert b"xarf.json" in bytes(opened.bytes)


def test_without_a_key_of_ours_a_contact_with_one_is_still_encrypted_to(desk: Desk) -> None:
    set_contact(desk, encryption_key=str(DESK.extract_certificate()))
    assert sent(desk).get_content_type() == "multipart/encrypted"


def test_a_key_that_cannot_be_used_stops_the_approval_and_nothing_leaves(desk: Desk) -> None:
    set_contact(desk, encryption_key="no key")
    (notice,) = desk.compose().notices
    assert desk.approve([notice]) == [Outcome.REFUSED]
    assert desk.one(Notice, notice).status == NoticeStatus.DRAFT
    with pytest.raises(BadKey):
        writing.protection(HOTLINE, desk.all(Contact)[0], NOW)


def test_a_desk_that_wants_a_feedback_report_gets_one(desk: Desk) -> None:
    set_contact(desk, feedback_report=True)
    whole = sent(desk)
    assert whole.get_content_type() == "multipart/report"
    assert whole.get_param("report-type") == "feedback-report"


def test_the_recipient_s_number_stands_in_the_subject_of_what_follows(desk: Desk) -> None:
    sent(desk)
    with committing(desk.sessions) as session:
        notice = session.get_one(Notice, desk.all(Notice)[0].id)
        tickets.keep(desk.vault, notice, " [Abuse-77]\r\nBcc: x@y.example\u202e ")
        assert tickets.of(session, desk.vault, notice) is None, "its own says nothing new"
        follows = Notice(**_copied(notice))
        session.add(follows)
        session.flush()
        session.add(_told(session, notice, follows))
        session.flush()
        assert tickets.of(session, desk.vault, follows) == "[Abuse-77] Bcc: x@y.example"
        session.rollback()


def _copied(notice: Notice) -> dict:
    changed = {"id": uuid.uuid4(), "serial": 99, "number": "NTD-2026-000099", "ticket": None}
    names = Notice.__table__.columns.keys()
    return {name: getattr(notice, name) for name in names} | changed | {"message_id": "<9@x.test>"}


def _told(session: Session, notice: Notice, follows: Notice) -> NoticeUrl:
    row = session.scalars(select(NoticeUrl).where(NoticeUrl.notice_id == notice.id)).one()
    names = NoticeUrl.__table__.columns.keys()
    values = {name: getattr(row, name) for name in names} | {"notice_id": follows.id, "step": 9}
    return NoticeUrl(**values)
