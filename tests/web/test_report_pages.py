"""The Reports pages: asked for by one, watched, downloaded, published by another."""

import pytest
from house import Browser, House

from takedown.audit import AuditEntry
from takedown.flow.reports import house as place
from takedown.flow.reports import reports
from takedown.people.models import StaffRole
from takedown.stats.publication.models import Publication, PublicationFile

ASKED = {
    "kind": "annual",
    "edition": "full",
    "from": "2025-01-01",
    "to": "2025-12-31",
    "clock": "notified",
    "lang": ["en"],
    "format": ["json", "csv"],
}


@pytest.fixture
def manager(house: House) -> Browser:
    """Who asks."""
    return house.browser(StaffRole.MANAGER)


def newest(house: House) -> Publication:
    with house.ports.sessions() as session:
        return session.query(Publication).order_by(Publication.serial.desc()).first()


def path(house: House, *more: str) -> str:
    return "/".join([f"/reports/{newest(house).id}", *more])


def test_a_report_is_asked_for_made_downloaded_and_published_by_a_second_person(
    house: House, manager: Browser
) -> None:
    assert "No report yet" in manager.get("/reports").text
    assert manager.post("/reports", ASKED).status_code == 303
    waiting = manager.get(path(house)).text
    assert "<progress" in waiting and "It waits for its turn" in waiting
    assert manager.get(path(house, "progress")).status_code == 200
    assert reports(house.ports).done == 1
    assert manager.get(path(house, "progress")).status_code == 286
    page = manager.get(path(house)).text
    assert "You asked for it: a second person publishes it." in page
    with house.ports.sessions() as session:
        files = session.query(PublicationFile).all()
    assert {one.format for one in files} == {"json", "csv"}
    got = manager.post(path(house, "files", str(files[0].id)))
    assert got.status_code == 200 and "attachment" in got.headers["Content-Disposition"]
    assert manager.post(path(house, "publish")).status_code == 422
    assert newest(house).state == "draft"
    second = house.browser(StaffRole.SUPERVISOR)
    second.get(path(house))
    assert second.post(path(house, "publish")).status_code == 303
    assert newest(house).state == "published"
    with house.ports.sessions() as session:
        acts = [one.action for one in session.query(AuditEntry).order_by(AuditEntry.number)]
    told = [act for act in acts if act.startswith("report.")]
    assert told == ["report.ask", "report.download", "report.publish"]


def test_another_language_or_form_is_drawn_from_the_figures_as_they_were_sealed(
    house: House, manager: Browser
) -> None:
    manager.post("/reports", ASKED)
    assert 'value="fr.json"' not in manager.get(path(house)).text  # nothing is frozen yet
    reports(house.ports)
    page = manager.get(path(house)).text
    assert 'value="fr.json"' in page and 'value="en.json"' not in page
    for which in ("fr.json", "fr.json", "en.csv", "fr.exe", "de.json", ""):
        assert manager.post(path(house, "files"), {"which": which}).status_code == 303
    page = manager.get(path(house)).text
    assert "Made: it stands among the files." in page and 'value="fr.json"' not in page
    with house.ports.sessions() as session:
        files = session.query(PublicationFile).order_by(PublicationFile.made_at).all()
        drawn = session.query(AuditEntry).filter_by(action="report.draw").all()
        row = session.query(Publication).one()
    assert len(files) == 3 and len(drawn) == 1  # what stands already is not drawn again
    french = manager.post(path(house, "files", str(files[-1].id))).json
    assert files[-1].lang == "fr" and french["digest"] == row.digest.hex()
    auditor = house.browser(StaffRole.AUDITOR)
    assert auditor.post(path(house, "files"), {"which": "fr.csv"}).status_code == 403
    figures = place(house.ports).folder(newest(house).id) / "figures.json"
    figures.write_bytes(figures.read_bytes() + b" ")
    answer = manager.post(path(house, "files"), {"which": "fr.csv"})
    assert answer.status_code == 409 and "not as they were sealed" in answer.text


def test_drafts_are_for_those_who_publish(house: House, manager: Browser) -> None:
    manager.post("/reports", ASKED)
    auditor = house.browser(StaffRole.AUDITOR)
    assert "PUB-" not in auditor.get("/reports").text
    assert auditor.get(path(house)).status_code == 404
    assert auditor.post("/reports", ASKED).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"to": "2024-01-01"}, "ends before it begins"),
        ({"to": "soon"}, "A day is missing"),
        ({"to": "2999-01-01"}, "longer than five years"),
        ({"lang": []}, "Choose a language"),
        ({"format": ["exe"]}, "Choose a form"),
    ],
)
def test_what_cannot_be_made_is_said_and_nothing_typed_is_lost(
    house: House, manager: Browser, wrong: dict, said: str
) -> None:
    manager.get("/reports")
    answer = manager.post("/reports", ASKED | wrong)
    assert answer.status_code == 422
    assert said in answer.text and 'value="2025-01-01"' in answer.text
    assert newest(house) is None


def test_the_pages_are_french_for_french_readers(house: House) -> None:
    reader = house.browser(StaffRole.MANAGER, language="fr")
    reader.get("/reports")
    reader.post("/reports", ASKED)
    assert "Rapports" in reader.get("/reports").text
    assert "Il attend son tour" in reader.get(path(house)).text
