"""The month's sample: drawn at random, looked at before the checks are believed, and counted."""

import uuid
from datetime import date

import pytest
from house import Browser, House
from looked_at import case, removed
from sqlalchemy import func, select

from takedown.audit import AuditEntry
from takedown.checks import sampling
from takedown.checks.models import CheckState, ManualFinding, Sample
from takedown.checks.sampling import Looked, Said
from takedown.db import committing
from takedown.flow import run
from takedown.people.models import StaffRole
from takedown.people.tasks import Task
from takedown.stats.intervals import clopper_pearson
from takedown.urls.models import Url, UrlStatus
from takedown.web import hold_acts
from takedown.web.reads import samples
from takedown.web.reads.asked import hold_asked

ROLES = (StaffRole.ANALYST,)


def draw(house: House, size: int = 20) -> list[Sample]:
    """This month's sample, in the order of the draw."""
    with committing(house.ports.sessions) as session:
        sampling.draw(session, house.clock(), size)
    with house.ports.sessions() as session:
        return list(session.scalars(select(Sample).order_by(Sample.id)))


def of(house: House, url_id: uuid.UUID) -> Sample:
    with house.ports.sessions() as session:
        return session.scalars(select(Sample).where(Sample.url_id == url_id)).one()


def tally(house: House) -> dict[str, tuple[int, int]]:
    """What people saw otherwise, by what the checks said: (looked at, disagreed)."""
    month = house.clock().date().replace(day=1)
    with house.ports.sessions() as session:
        found = sampling.tally(session, month, month)
    return {one.said: (one.looked, one.disagreed) for one in found}


def test_as_many_of_each_are_drawn_once_a_month_and_the_same_for_the_same_rows(
    house: House,
) -> None:
    for number in range(8):
        case(house, f"up{number}")
        removed(house, f"gone{number}")
    drawn = draw(house, 3)
    assert sorted(one.said for one in drawn) == ["removed"] * 3 + ["up"] * 3
    assert {one.month for one in drawn} == {house.clock().date().replace(day=1)}
    assert len(draw(house, 3)) == 6
    chosen = {one.url_id for one in drawn}
    with committing(house.ports.sessions) as session:
        for one in session.scalars(select(Sample)):
            session.delete(one)
    assert {one.url_id for one in draw(house, 3)} == chosen
    house.clock.later(days=31)
    again = draw(house, 3)
    assert len(again) == 12 and {one.url_id for one in again[6:]} != chosen


def test_the_draw_favours_nobody(house: House) -> None:
    """Over twelve months each of sixteen Urls is drawn about as often as any other."""
    every = [case(house, f"up{number}") for number in range(16)]
    for _ in range(12):
        draw(house, 4)
        house.clock.later(days=31)
    with house.ports.sessions() as session:
        times = dict(
            session.execute(select(Sample.url_id, func.count()).group_by(Sample.url_id)).all()
        )
    assert sum(times.values()) == 48
    assert len(times) >= 14 and max(times.values()) <= 8
    assert set(times) <= set(every)


def test_what_nobody_may_look_at_or_the_checks_never_saw_is_not_drawn(house: House) -> None:
    case(house, "manual", note="manual")
    case(house, "failing", run_first_at=house.clock())
    case(house, "ended", next_check_at=None)
    held, people, risk, gone = (case(house, name) for name in ("held", "people", "risk", "gone"))
    with committing(house.ports.sessions) as session:
        session.get_one(Url, people).not_checkable = True
        session.get_one(Url, risk).victim_at_risk = True  # the police first
        session.get_one(Url, gone).status = UrlStatus.WITHDRAWN
        form = {"asked_by": "Police unit", "reason": "inquiry"}
        url = session.get_one(Url, held)
        hold_acts.on_url(
            session, house.ports, url, "url", hold_asked(form, house.clock()), actor="user:x"
        )
    assert draw(house) == []


def test_purge_draws_it(house: House) -> None:
    case(house, "a")
    run(house.ports, "purge")
    with house.ports.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Sample)) == 1


@pytest.fixture
def browser(house: House) -> Browser:
    """An analyst, and one Url of each word drawn."""
    case(house, "standing")
    removed(house, "vanished")
    draw(house)
    made = house.browser(*ROLES)
    assert made.get("/suspects/sample").status_code == 200
    return made


def shown(house: House, name: str) -> Sample:
    """The sampled Url whose checks say `name`."""
    with house.ports.sessions() as session:
        return session.scalars(select(Sample).where(Sample.said == name)).one()


def test_the_page_does_not_say_what_the_checks_say_before_a_person_does(
    house: House, browser: Browser
) -> None:
    page = browser.get("/suspects/sample").text
    drawn = page.partition('id="d1"')[2].partition('id="rates"')[0]
    assert drawn.count("hxxps://media[.]example[.]test") == 2
    for told in ("down", "confirmed", "the checks say the same", "404"):
        assert told not in drawn.replace('value="down"', "")
    assert "media.example.test" not in page
    assert "2" in browser.get("/suspects").text.partition("Sample of the month")[2][:60]


def test_an_answer_is_an_observation_and_agrees_or_not(house: House, browser: Browser) -> None:
    up, gone = shown(house, "up"), shown(house, "removed")
    where = browser.post(f"/suspects/sample/{gone.id}/answer", {"seen": "down"}).headers
    assert "the checks say the same" in browser.get(where["Location"]).text
    where = browser.post(f"/suspects/sample/{up.id}/answer", {"seen": "down"}).headers
    page = browser.get(where["Location"]).text
    assert "the checks say otherwise" in page and "All of it is looked at" in page
    assert tally(house) == {"removed": (1, 0), "up": (1, 1)}
    with house.ports.sessions() as session:
        found = session.scalars(select(ManualFinding)).all()
        state = session.get_one(CheckState, up.url_id)
    assert [(one.verdict, one.how) for one in found] == [("down", "sample")] * 2
    assert state.run_first_at == house.clock() and state.confirmed_at is None
    assert "asked for the sample of the month" in browser.get(f"/cases/{up.url_id}").text


def test_a_removed_one_that_is_up_after_all_is_looked_at_again_soon(
    house: House, browser: Browser
) -> None:
    gone = shown(house, "removed")
    browser.post(f"/suspects/sample/{gone.id}/answer", {"seen": "up"})
    assert tally(house)["removed"] == (1, 1)
    with house.ports.sessions() as session:
        state = session.get_one(CheckState, gone.url_id)
    assert state.return_up_at == house.clock() and state.next_why == "return"


def test_what_cannot_be_told_counts_for_nothing(house: House, browser: Browser) -> None:
    up = shown(house, "up")
    where = browser.post(f"/suspects/sample/{up.id}/answer", {"seen": "unclear"}).headers
    assert "counts for nothing" in browser.get(where["Location"]).text
    assert tally(house) == {"removed": (0, 0), "up": (0, 0)}
    with house.ports.sessions() as session:
        assert session.scalars(select(ManualFinding)).all() == []


def test_what_the_checks_say_when_a_person_looks_is_what_counts(
    house: House, browser: Browser
) -> None:
    """Drawn as up, found gone by the checks meanwhile, and gone for the person: they agree."""
    up = shown(house, "up")
    with committing(house.ports.sessions) as session:
        session.get_one(CheckState, up.url_id).confirmed_at = house.clock()
    browser.post(f"/suspects/sample/{up.id}/answer", {"seen": "down"})
    assert of(house, up.url_id).said_then == "removed"
    assert tally(house) == {"removed": (1, 0), "up": (0, 0)}


@pytest.mark.parametrize("seen", ["up", "down", "unclear"])
def test_an_answer_is_taken_back(house: House, browser: Browser, seen: str) -> None:
    up = shown(house, "up")
    where = browser.post(f"/suspects/sample/{up.id}/answer", {"seen": seen}).headers["Location"]
    assert f"/suspects/sample/{up.id}/undo" in browser.get(where).text
    assert browser.post(f"/suspects/sample/{up.id}/undo").status_code == 303
    assert of(house, up.url_id).answer is None
    assert tally(house)["up"] == (0, 0)
    with house.ports.sessions() as session:
        state = session.get_one(CheckState, up.url_id)
        assert (state.verdict, state.run_first_at) == ("up", None)
        assert session.scalars(select(Task)).all() == []
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert actions[-2:] == ["sample.answer", "sample.undo"]


def test_nobody_answers_twice_and_no_other_word_is_taken(house: House, browser: Browser) -> None:
    up = shown(house, "up")
    path = f"/suspects/sample/{up.id}/answer"
    assert browser.post(path, {"seen": "maybe"}).status_code == 400
    browser.post(path, {"seen": "up"})
    refused = browser.post(path, {"seen": "down"})
    assert refused.status_code == 409 and "answered for it meanwhile" in refused.text
    assert of(house, up.url_id).answer == "up"


def test_the_interval_is_exact_and_stands_beside_the_share(house: House, browser: Browser) -> None:
    for number in range(18):
        case(house, f"more{number}")
    house.clock.later(days=31)
    for at, one in enumerate(one for one in draw(house) if one.month.day == 1):
        if one.said == Said.UP and one.drawn_at == house.clock():
            with committing(house.ports.sessions) as session:
                row = session.get_one(Sample, one.id)
                row.said_then, row.answer = Said.UP, "down" if at % 9 == 0 else "up"
    month = house.clock().date().replace(day=1)
    with house.ports.sessions() as session:
        (rate,) = [one for one in samples.rates(session, month, month) if one.said == Said.UP]
        assert sampling.tally(session, date(2020, 1, 1), date(2020, 1, 1)) == [
            Looked(Said.REMOVED, 0, 0),
            Looked(Said.UP, 0, 0),
        ]
    assert rate.looked == 19 and 0 < rate.disagreed < rate.looked
    assert (rate.low, rate.high) == clopper_pearson(rate.disagreed / rate.looked, rate.looked)
    assert rate.share is not None and rate.low < rate.share < rate.high
    page = house.browser(*ROLES).get("/suspects/sample").text
    assert f"{round(rate.low * 100)}–{round(rate.high * 100)}" in page


def test_an_empty_house_says_what_will_stand_here(house: House) -> None:
    assert "No sample yet" in house.browser(*ROLES).get("/suspects/sample").text
