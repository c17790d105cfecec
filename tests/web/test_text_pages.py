"""Letters: written by one supervisor, approved by another, tried on a real notice, gone back to."""

import uuid

import pytest
from cast import Cast
from house import Browser, House
from sqlalchemy import select

from notices.templates import BUILTIN
from takedown.audit import AuditEntry
from takedown.db import committing
from takedown.flow import notify
from takedown.outbox.models import Notice
from takedown.outbox.texts.models import TemplateCopy
from takedown.people.models import StaffRole

FIRST = BUILTIN.choose("first", "en").template.body.source
OURS = FIRST.replace("HANDLE WITH CARE", "PLEASE TAKE CARE")


def colleague(house: House) -> Browser:
    """Another supervisor."""
    house.person(StaffRole.SUPERVISOR, name="second")
    browser = Browser(house.app)
    browser.sign_in("second", house.passwords["second"])
    browser.get("/account")
    return browser


def draft(house: House) -> uuid.UUID:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        provider = cast.provider()
        cast.contact(provider)
        cast.known("https://media.example.test/a.jpg", provider, cast.route(status="verified"))
    notify.compose(house.ports)
    with house.ports.sessions() as session:
        return session.scalars(select(Notice.id)).one()


def save(browser: Browser, body: str, seen: int = 0, **more: str) -> str:
    browser.get("/letters/en/first")
    form = {"body": body, "seen": str(seen), "based_on": "en/first 1", "why": "plainer", **more}
    answer = browser.post("/letters/en/first", form)
    return answer.headers.get("Location", answer.text)


def newest(house: House) -> TemplateCopy:
    with house.ports.sessions() as session:
        return session.scalars(select(TemplateCopy).order_by(TemplateCopy.version.desc())).first()


def test_every_letter_can_be_read_by_who_works_on_cases(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    assert "not reviewed" in browser.get("/letters").text
    for letter in BUILTIN:
        page = browser.get(f"/letters/{letter.name}").text
        assert "NTD-2026-000000" in page
        assert "<textarea" not in page
    assert browser.get("/letters/en/unheard").status_code == 404


def test_a_text_is_seen_with_the_data_of_a_notice_that_waits(house: House) -> None:
    notice = draft(house)
    browser = house.browser(StaffRole.SUPERVISOR)
    browser.get("/letters/en/first")
    form = {"body": OURS, "notice": str(notice)}
    part = browser.post("/letters/en/first/preview", form, headers={"HX-Request": "true"}).text
    assert "PLEASE TAKE CARE" in part
    assert "hxxps://media[.]example[.]test/a.jpg" in part
    assert "<html" not in part
    whole = browser.post("/letters/en/first/preview", form).text
    assert "<html" in whole
    assert "PLEASE TAKE CARE" in whole


def test_every_wrong_line_is_told_with_its_number(house: House) -> None:
    browser = house.browser(StaffRole.SUPERVISOR)
    browser.get("/letters/en/first")
    wrong = FIRST.replace("{request}", "{requests}").replace("WITH CARE", "{")
    answer = browser.post("/letters/en/first", {"body": wrong, "why": "shorter"})
    assert answer.status_code == 422
    assert "Line 1: there is no placeholder {requests} here" in answer.text
    assert "a single {: write {{ for one" in answer.text
    assert "HANDLE {" in answer.text, "nothing typed is lost"
    assert newest(house) is None


def test_a_text_that_leaves_a_point_out_says_which(house: House) -> None:
    browser = house.browser(StaffRole.SUPERVISOR)
    browser.get("/letters/en/first")
    short = FIRST.replace("{good_faith}", "")
    said = browser.post("/letters/en/first", {"body": short, "why": "shorter"}).text
    assert "the text says nothing of: good faith" in said


def test_a_copy_says_nothing_before_another_supervisor_approves_it(house: House) -> None:
    writer, other = house.browser(StaffRole.SUPERVISOR), colleague(house)
    place = save(writer, OURS)
    assert "You wrote it" in writer.get(place).text
    writer.post(f"{place}/approve")
    assert newest(house).approved_at is None
    assert "Wait for approval" in other.get("/letters").text
    assert "PLEASE TAKE CARE" in other.get(place).text
    other.post(f"{place}/approve")
    assert newest(house).approved_by != newest(house).written_by
    notice = draft(house)
    page = house.browser(StaffRole.ANALYST).get(f"/queue/{notice}").text
    assert "PLEASE TAKE CARE" in page
    assert "copy 1" in page
    assert "the text of its language" in page
    with house.ports.sessions() as session:
        acts = session.scalars(select(AuditEntry.action)).all()
        assert {"text.write", "text.approve"} <= set(acts)


def test_one_can_go_back_to_what_was_said_before(house: House) -> None:
    writer, other = house.browser(StaffRole.SUPERVISOR), colleague(house)
    first = save(writer, OURS)
    other.get(first)
    other.post(f"{first}/approve")
    second = save(writer, OURS.replace("PLEASE TAKE CARE", "CARE"), seen=1)
    other.get(second)
    other.post(f"{second}/approve")
    writer.get(first)
    again = writer.post(f"{first}/again", {"why": "too short"}).headers["Location"]
    assert "in force" in writer.get(again).text
    assert newest(house).version == 3
    writer.post(f"{again}/retire", {"why": "the built-in one is better"})
    assert "built in, version 1" in writer.get("/letters/en/first").text.replace("\n", " ")


def test_an_analyst_writes_no_letters(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/letters/en/first")
    assert browser.post("/letters/en/first", {"body": OURS, "why": "x"}).status_code == 403


def test_who_was_slower_is_told(house: House) -> None:
    writer, other = house.browser(StaffRole.SUPERVISOR), colleague(house)
    save(writer, OURS)
    assert "Somebody has changed it meanwhile" in save(other, OURS, seen=0)


def test_a_letter_names_no_registered_host(house: House) -> None:
    draft(house)
    said = save(house.browser(StaffRole.SUPERVISOR), OURS + "\nsee media.example.test")
    assert "names a registered host" in said


def test_a_speaker_signs_a_language_off(house: House) -> None:
    browser = house.browser(StaffRole.SUPERVISOR)
    browser.get("/letters/nl/first")
    digest = BUILTIN.choose("first", "nl").template.digest.hex()
    form = {"digest": digest, "speaker": "sworn translator for Dutch", "read_on": "2026-03-01"}
    assert browser.post("/letters/nl/first/read", form | {"read_on": ""}).status_code == 422
    assert browser.post("/letters/nl/first/read", form | {"digest": "00"}).status_code == 422
    browser.post("/letters/nl/first/read", form)
    assert "sworn translator for Dutch" in browser.get("/letters/nl/first").text
    assert "not reviewed" not in browser.get("/letters/nl/first").text
    assert "not reviewed" in browser.get("/letters/nl/reminder").text


@pytest.mark.parametrize("query", ["country=XX", "provider=7", f"provider={uuid.UUID(int=7)}"])
def test_a_place_that_is_none_is_not_found(house: House, query: str) -> None:
    assert house.browser(StaffRole.SUPERVISOR).get(f"/letters/en/first?{query}").status_code == 404


def test_a_letter_for_one_provider_goes_to_it_alone(house: House) -> None:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        provider = cast.provider(public_name="Harbour Hosting")
        cast.contact(provider)
        route = cast.route(status="verified")
        cast.known("https://media.example.test/a.jpg", provider, route)
        another = cast.provider("Westcloud")
        cast.contact(another, "abuse@westcloud.example")
        cast.known("https://files.example.org/b.jpg", another, route)
        whose = str(provider.id)
    writer, other = house.browser(StaffRole.SUPERVISOR), colleague(house)
    place = save(writer, OURS, provider=whose)
    other.get(place)
    other.post(f"{place}/approve")
    notify.compose(house.ports)
    with house.ports.sessions() as session:
        chosen = {str(one.provider_id): one.template_why for one in session.scalars(select(Notice))}
    assert chosen.pop(whose) == "provider"
    assert set(chosen.values()) == {"language"}
    assert "Harbour Hosting" in writer.get("/letters").text
