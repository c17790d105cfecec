"""Suspects: headers side by side, one key for each answer, and every answer can be taken back."""

import re
import uuid

import pytest
from house import Browser, House
from looked_at import HOUR, suspect
from sqlalchemy import select

from takedown.audit import AuditEntry, verify
from takedown.checks.models import CheckState, ManualFinding, Spell
from takedown.db import committing
from takedown.people.models import StaffRole
from takedown.people.tasks import Task, TaskKind
from takedown.urls.models import Report, Url
from takedown.web import hold_acts
from takedown.web.reads.asked import hold_asked


@pytest.fixture
def case(house: House) -> uuid.UUID:
    return suspect(house, "a")


@pytest.fixture
def browser(house: House, case: uuid.UUID) -> Browser:
    """An analyst before the page."""
    made = house.browser(StaffRole.ANALYST)
    assert made.get("/suspects").status_code == 200
    return made


def one(house: House, table: type, key: object) -> object:
    with house.ports.sessions() as session:
        return session.get_one(table, key)


def state(house: House, case: uuid.UUID) -> CheckState:
    found = one(house, CheckState, case)
    assert isinstance(found, CheckState)
    return found


def asked(house: House, case: uuid.UUID) -> list[Task]:
    """The open suspects about a case."""
    with house.ports.sessions() as session:
        wanted = (Task.kind == TaskKind.SUSPECT, Task.subject_id == case, Task.done_at.is_(None))
        return list(session.scalars(select(Task).where(*wanted)))


def said(house: House) -> list[tuple[str, dict[str, object]]]:
    """What stands in the log since people signed in."""
    with house.ports.sessions() as session:
        assert verify(session, house.ports.vault.audit_key) is None
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return [
            (entry.action, entry.detail)
            for entry in entries
            if entry.action.startswith(("url.", "task.", "urls."))
        ]


def row(page: str, name: str) -> list[str]:
    """The cells of one header."""
    found = re.search(rf'<th scope="row"[^>]*>{name}</th>(.*?)</tr>', page, re.DOTALL)
    assert found, name
    return re.findall(r"<code[^>]*>(.*?)</code>", found[1])


def test_headers_stand_side_by_side_before_now_and_beside_a_wrong_path(browser: Browser) -> None:
    page = browser.get("/suspects").text
    assert row(page, "type") == ["image/jpeg", "text/html", "text/html"]
    assert row(page, "length in bytes") == ["81234", "512", "9"]
    assert row(page, "status") == ["200", "200", "404"]
    assert row(page, "last modified") == ["Mon, 02 Mar 2026 08:00:00 GMT", "–", "–"]
    assert page.count("differs") == 3
    assert "size, type or name differ from before" in page


def test_the_location_is_defanged_and_no_link(browser: Browser) -> None:
    page = browser.get("/suspects").text
    assert "hxxps://media[.]example[.]test/albums/a.jpg" in page
    assert "media.example.test" not in page


def test_removed_is_a_finding_that_settles_the_question(
    house: House, browser: Browser, case: uuid.UUID
) -> None:
    answer = browser.post(f"/suspects/{case}/decide", {"verdict": "removed"})
    assert answer.status_code == 303
    with house.ports.sessions() as session:
        found = session.scalars(select(ManualFinding)).one()
    assert (found.verdict, found.how, found.undone_at) == ("down", "suspect", None)
    assert state(house, case).run_first_at is not None
    assert asked(house, case) == []
    assert said(house) == [("url.finding", {"verdict": "down"})]
    assert "No suspects" in browser.get("/suspects").text


def test_still_up_is_an_up_of_a_person(house: House, browser: Browser, case: uuid.UUID) -> None:
    browser.post(f"/suspects/{case}/decide", {"verdict": "up"})
    now = state(house, case)
    assert (now.verdict, now.last_up_manual, now.last_up_at) == ("up", True, house.clock())
    assert "asked as a suspect" in browser.get(f"/cases/{case}").text


def test_any_other_answer_is_refused(house: House, browser: Browser, case: uuid.UUID) -> None:
    assert browser.post(f"/suspects/{case}/decide", {"verdict": "changed"}).status_code == 400
    assert browser.post(f"/suspects/{case}/later", {"hours": "7"}).status_code == 400
    assert browser.post(f"/suspects/{uuid.uuid4()}/decide", {"verdict": "up"}).status_code == 404
    assert len(asked(house, case)) == 1


@pytest.mark.parametrize("verdict", ["removed", "up"])
def test_a_decision_is_taken_back_and_all_is_as_before(
    house: House, browser: Browser, case: uuid.UUID, verdict: str
) -> None:
    before = state(house, case)
    where = browser.post(f"/suspects/{case}/decide", {"verdict": verdict}).headers["Location"]
    page = browser.get(where).text
    assert "is kept" in page and f"/suspects/{case}/undo" in page
    assert browser.post(f"/suspects/{case}/undo").status_code == 303
    after = state(house, case)
    for name in ("verdict", "note", "spell_first_at", "spell_last_at", "spell_checks"):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.last_up_at, after.run_first_at) == (before.last_up_at, before.run_first_at)
    assert (after.next_check_at, after.next_why) == (house.clock(), "asked")
    with house.ports.sessions() as session:
        assert session.scalars(select(Spell)).all() == []
        assert session.scalars(select(ManualFinding)).one().undone_by
    assert len(asked(house, case)) == 1
    assert [action for action, _ in said(house)] == ["url.finding", "url.finding_undone"]
    assert "taken back" in browser.get(f"/cases/{case}").text


def test_what_was_looked_at_since_is_not_taken_back(
    house: House, browser: Browser, case: uuid.UUID
) -> None:
    browser.post(f"/suspects/{case}/decide", {"verdict": "up"})
    with committing(house.ports.sessions) as session:
        session.get_one(CheckState, case).spell_last_at = house.clock() + HOUR
    assert "Undo" not in browser.get(f"/suspects?decided={case}").text
    refused = browser.post(f"/suspects/{case}/undo")
    assert refused.status_code == 409 and "looked at since" in refused.text


def test_nothing_is_taken_back_twice(browser: Browser, case: uuid.UUID) -> None:
    browser.post(f"/suspects/{case}/decide", {"verdict": "up"})
    browser.post(f"/suspects/{case}/undo")
    refused = browser.post(f"/suspects/{case}/undo")
    assert refused.status_code == 409 and "nothing that can be taken back" in refused.text


def test_moved_registers_the_new_address_and_this_one_is_gone(
    house: House, browser: Browser, case: uuid.UUID
) -> None:
    answer = browser.post(
        f"/suspects/{case}/moved", {"location": "hxxps://cdn[.]example[.]test/b.jpg"}
    )
    assert answer.status_code == 303
    new = uuid.UUID(answer.headers["Location"].rpartition("/")[2])
    old, made = one(house, Url, case), one(house, Url, new)
    assert isinstance(old, Url) and isinstance(made, Url)
    assert (made.classification, made.media_type) == (old.classification, old.media_type)
    with house.ports.sessions() as session:
        report = session.scalars(select(Report).where(Report.url_id == new)).one()
        assert report.reference == old.number
    assert state(house, case).run_first_at == house.clock()
    assert asked(house, case) == []
    assert "it is at another address now" in browser.get(f"/cases/{case}").text


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("not an address", "no scheme"),
        ("", "empty"),
        ("ftp://files.example.test/a", "only http and https"),
        ("https://media.example.test/albums/a…", "cut short"),
        ("https://media.example.test/albums/a.jpg", "the very address that has moved"),
        ('https://media.example.test/"><script>alert(1)</script>', ""),
    ],
)
def test_moved_to_what_is_no_address_says_so_and_keeps_what_was_typed(
    house: House, browser: Browser, case: uuid.UUID, typed: str, why: str
) -> None:
    answer = browser.post(f"/suspects/{case}/moved", {"location": typed})
    if not why:
        assert answer.status_code in (303, 422)
        assert "<script>alert" not in answer.text
        return
    assert answer.status_code == 422
    assert why in answer.text and "Nothing was changed" in answer.text
    assert f'value="{typed}"' in answer.text
    assert '<details class="act" open>' in answer.text
    with house.ports.sessions() as session:
        assert session.scalars(select(ManualFinding)).all() == []
        assert len(session.scalars(select(Url)).all()) == 1
    assert len(asked(house, case)) == 1


def test_ask_again_puts_the_question_off(house: House, browser: Browser, case: uuid.UUID) -> None:
    browser.post(f"/suspects/{case}/later", {"hours": "24"})
    page = browser.get("/suspects").text
    assert "No suspects" in page and "1 wait to be asked again later" in page
    house.clock.later(hours=23)
    assert "No suspects" in house.browser(StaffRole.ANALYST).get("/suspects").text
    house.clock.later(hours=1)
    assert "hxxps://media" in house.browser(StaffRole.ANALYST).get("/suspects").text
    assert ("task.later", {"hours": 24}) in said(house)


def test_the_oldest_stand_first_and_only_the_first_has_keys(house: House, case: uuid.UUID) -> None:
    house.clock.later(hours=1)
    suspect(house, "b")
    page = house.browser(StaffRole.ANALYST).get("/suspects").text
    assert page.index("albums/a.jpg") < page.index("albums/b.jpg")
    assert [page.count(f'data-key="{key}"') for key in "ruam"] == [1, 1, 1, 1]


def test_there_may_be_more_than_are_shown(house: House) -> None:
    for number in range(27):
        suspect(house, f"n{number}")
    page = house.browser(StaffRole.ANALYST).get("/suspects").text
    assert page.count('class="sheet flush"') == 25
    assert "and 2 more" in page


def test_what_is_held_says_so(house: House, case: uuid.UUID) -> None:
    with committing(house.ports.sessions) as session:
        url = session.get_one(Url, case)
        form = {"asked_by": "Police unit", "reason": "inquiry"}
        hold_acts.on_url(
            session, house.ports, url, "url", hold_asked(form, house.clock()), actor="user:x"
        )
    assert "held" in house.browser(StaffRole.ANALYST).get("/suspects").text


@pytest.mark.parametrize("role", [StaffRole.MANAGER, StaffRole.AUDITOR, StaffRole.ADMINISTRATOR])
def test_who_sees_no_cases_sees_no_suspects(house: House, case: uuid.UUID, role: StaffRole) -> None:
    browser = house.browser(role)
    assert browser.get("/suspects").status_code == 403
    assert browser.post(f"/suspects/{case}/decide", {"verdict": "up"}).status_code == 403
