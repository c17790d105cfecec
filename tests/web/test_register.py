"""Register by paste: nothing typed is ever lost."""

import json
import re

from house import House
from sqlalchemy import func, select

from takedown.people.models import StaffRole
from takedown.urls.models import Report, Url

PASTE = """hxxps://media[.]example[.]test/a.jpg
https://img.example.test/b.png
nonsense
http://192.0.2.7/c
https://media.example.test/a.jpg
hello there
"""


def counts(house: House) -> tuple[int, int]:
    with house.ports.sessions() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) or 0 for table in (Url, Report)
        )


def box(text: str) -> str:
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", text, re.S)
    assert found is not None
    return found[1]


def test_preview_says_what_each_line_becomes_and_saves_nothing(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/register")
    page = browser.post("/register/preview", {"text": PASTE})
    assert "3 new" in page.text and "1 known already" in page.text and "2 handed back" in page.text
    assert "hxxps://media[.]example[.]test/a.jpg" in page.text
    assert "no scheme: write http:// or https:// before it" in page.text
    assert box(page.text).splitlines() == PASTE.splitlines()
    assert counts(house) == (0, 0)


def test_saving_registers_what_can_be_and_hands_the_rest_back(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/register")
    page = browser.post(
        "/register",
        {"text": PASTE, "source": "police", "reference": "A-1", "priority": "yes"},
    )
    assert counts(house) == (3, 4)
    assert box(page.text).split("\n") == ["nonsense", "hello there"]
    assert "2 lines were handed back" in page.text
    with house.ports.sessions() as session:
        report = session.scalars(select(Report)).first()
        assert report is not None
        assert (report.source, report.reference) == ("police", "A-1")
        assert session.scalars(select(Url)).first().priority


def test_a_second_paste_adds_reports_and_no_case(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/register")
    for _ in range(2):
        browser.post("/register", {"text": "https://media.example.test/a.jpg"})
    assert counts(house) == (1, 2)


def test_csv_json_lines_and_a_mail_are_read(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/register")
    browser.post("/register", {"text": "url;reference\nhttps://one.example.test/;R1\n"})
    line = json.dumps({"url": "https://two.example.test/", "reference": "R2"})
    browser.post("/register", {"text": line})
    mail = "Dear all,\nsee hxxps://three[.]example[.]test/x and https://four.example.test/y.\n"
    browser.post("/register", {"text": mail})
    assert counts(house)[0] == 4


def test_no_page_holds_an_exact_location_or_a_link_to_one(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/register")
    location = "https://media.example.test/a.jpg"
    saved = browser.post("/register", {"text": location}).text
    case = re.search(r'href="(/cases/[0-9a-f-]+)"', saved)
    assert case is not None
    for path in ("/cases", "/today", case[1]):
        text = browser.get(path).text
        assert location not in text, path
        assert "media.example.test" not in text, path


def test_ten_thousand_lines_stay_a_small_page(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/register")
    lines = "\n".join(f"https://media.example.test/{n}.jpg" for n in range(10_000))
    page = browser.post("/register", {"text": lines + "\nnonsense"})
    assert counts(house)[0] == 10_000
    assert "1 handed back" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)) or (
        "One line was handed back" in page.text
    )
    assert len(page.data) < 300_000


def test_hostile_text_is_inert(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/register")
    hostile = '"><script>alert(1)</script>'
    page = browser.post("/register", {"text": hostile, "reference": hostile, "note": hostile})
    assert "<script>alert" not in page.text
