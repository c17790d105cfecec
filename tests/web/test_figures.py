"""The managers' pages: one source for every figure, no location, filters that say what is wrong."""

import html
import json
import re
from typing import Any

import pytest
from click.testing import CliRunner
from exported import exports_say_what_programs_read
from house import Browser, House
from paper_text import readings
from test_report_pages import ASKED
from year import CHARACTERS, Year

from takedown.cli import door, takedown
from takedown.db import committing
from takedown.people.models import Scope, StaffRole
from takedown.people.permissions import GRANTS
from takedown.stats.registry import MEASURES
from takedown.web.guard import Open, need_of

PAGES = ("/overview", "/compliance", "/countries", "/workload")
FILTERS = "from=2020-01-01&where=abroad&source=police"
CANARIES = (".example.test", "192.0.2.", "abuse@")
UNREVIEWED = next(one.name for one in CHARACTERS if not one.reviewed)


@pytest.fixture
def lived(house: House) -> dict[str, str]:
    """A small year in the ledger and in the facts; the providers' ids by name."""
    with committing(house.ports.sessions) as session:
        ids = Year(session, house.ports.vault, house.clock()).lived(0.25)
    house.count()
    return {name: str(one) for name, one in ids.items()}


def names_the_filter(house: House, browser: Browser) -> None:
    for path in PAGES:
        answer = browser.get(f"{path}?from=soon&source=police&unit=host")
        assert answer.status_code == 422, path
        assert 'id="from-error"' in answer.text
        assert "une date comme 2026-03-01 est attendue" in answer.text
        assert '<option value="police" selected>' in answer.text
        assert '<option value="host" selected>' in answer.text
    client, bearer = house.app.test_client(), house.bearer(Scope.READ)
    for query in ("country=Germany", "provider=x", "route=by-sea", "to=2020-01-01&from=2021-01-01"):
        name = query.partition("=")[0]
        assert f'id="{name}-error"' in browser.get(f"/overview?{query}").text
        refused = client.get(f"/api/v1/statistics/overview?{query}", headers=bearer)
        assert refused.status_code == 422 and list(refused.get_json()["errors"]) == [name]


def asked(house: House, path: str) -> Any:
    answer = house.app.test_client().get(
        f"/api/v1/statistics/{path}", headers=house.bearer(Scope.READ)
    )
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def rows(page: str) -> dict[str, dict[str, Any]]:
    """The bare values of each row's measures, by the row's key."""
    found = {}
    for key, row in re.findall(r'<tr[^>]*? data-key="([^"]*)"[^>]*>(.*?)</tr>', page, re.S):
        found[key] = parts(row)
    return found


def parts(text: str, where: str = "") -> dict[str, Any]:
    found = re.findall(r'data-measure="(\w+)"[^>]*? data-parts="([^"]*)"', text)
    return {
        name: json.loads(html.unescape(values))
        for name, values in found
        if not where or where in MEASURES[name].shown
    }


def test_every_figure_on_every_page_is_the_one_that_programs_read(
    house: House, lived: dict[str, str]
) -> None:
    manager = house.browser(StaffRole.MANAGER)
    seen: dict[str, set[str]] = {}

    def compare(page: str, shown: dict[str, Any], line: dict[str, Any]) -> None:
        for name, values in shown.items():
            assert values == MEASURES[name].read(line), (page, name)
            seen.setdefault(page, set()).add(name)

    league = {item["provider_id"]: item for item in asked(house, f"providers?{FILTERS}")["items"]}
    said = {item["provider_id"]: item for item in asked(house, f"answers?{FILTERS}")["items"]}
    trends = {item["provider_id"]: item for item in asked(house, f"trends?{FILTERS}")["items"]}
    for key, shown in rows(manager.get(f"/compliance?{FILTERS}").text).items():
        for name in ("acknowledged", "bounced"):
            compare("answers", {name: shown.pop(name)}, said[key])
        if "change_24" in shown:
            compare("trends", {"change_24": shown.pop("change_24")}, trends[key])
        compare("league", shown, league[key])
    places = {item["country"]: item for item in asked(house, f"countries?{FILTERS}")["items"]}
    for key, shown in rows(manager.get(f"/countries?{FILTERS}").text).items():
        if key not in ("home", "abroad"):
            compare("countries", shown, places[key or None])
    period = "from=2020-01-01"
    sides = rows(manager.get(f"/countries?{period}").text)
    for where in ("home", "abroad"):
        total = asked(house, f"overview?{period}&where={where}")["total"]
        compare("sides", sides[where], total)
    total = asked(house, f"overview?{FILTERS}")["total"]
    compare("overview", parts(manager.get(f"/overview?{FILTERS}").text), total)
    one = lived["Harbour Hosting"]
    own = asked(house, f"survival?{period}&provider={one}")
    page = manager.get(f"/compliance/providers/{one}?{period}").text
    compare(
        "provider",
        parts("".join(re.findall(r'<td[^>]*data-whose="own".*?>', page))),
        own["figures"],
    )
    compare(
        "others",
        parts("".join(re.findall(r'<td[^>]*data-whose="others".*?>', page))),
        own["others"],
    )
    section = "".join(re.findall(r"<dd data-.*?</dd>", page))
    told, back = (
        asked(house, f"{one_}?{period}&provider={one}") for one_ in ("answers", "returns")
    )
    compare("answers", parts(section, "answers"), told["items"][0])
    compare("returns", parts(section, "returns"), back["figures"])
    kept = asked(house, f"deadlines?{period}&provider={one}")
    assert kept == own["deadlines"]
    compare("deadlines", parts(section, "deadlines"), kept["total"])
    (reached,) = asked(house, f"contacts?{period}&provider={one}")["items"]
    compare("contacts", parts(section, "contacts"), reached)
    (by_mail,) = reached["media"]
    compare("contacts", rows(page)["email"], by_mail)
    everywhere = {"overview", "provider", "answers", "returns", "deadlines", "contacts", "trends"}
    for name, measure in MEASURES.items():
        if measure.path[0] != "ends":
            for where in everywhere & set(measure.shown):
                assert name in seen[where], (where, name)
    assert {"gone_24", "median_hours", "open"} <= seen["league"] & seen["countries"]
    chart = next(spec for spec in charts(page) if spec["id"] == "ends")
    drawn = {line["name"]: line["data"] for line in chart["series"]}
    ends = [
        at for _age, at in sorted(own["figures"]["ends"].items(), key=lambda pair: int(pair[0]))
    ]
    assert drawn["moved"] == [at["moved"]["low"] for at in ends]
    assert drawn["still up"] == [at["up"]["low"] for at in ends]
    chart = next(spec for spec in charts(page) if spec["id"] == "deadlines")
    drawn = {line["name"]: line["data"] for line in chart["series"]}
    for word in ("met", "missed"):
        assert drawn[word] == [month[f"deadlines_{word}"] for month in kept["items"]]
    exports_say_what_programs_read(house, lambda path: asked(house, path))


def charts(page: str) -> list[dict[str, Any]]:
    """What a page lets the browser draw."""
    return [json.loads(html.unescape(one)) for one in re.findall(r'data-chart="([^"]*)"', page)]


def test_terminals_read_the_same_as_programs(
    house: House, lived: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "ports", lambda: house.ports)

    def typed(*words: str) -> Any:
        return CliRunner().invoke(takedown, ["stats", *words])

    for view in ("overview", "countries", "deadlines"):
        told = typed(view, "--from", "2020-01-01", "--where", "abroad", "--format", "json")
        assert json.loads(told.output) == asked(house, f"{view}?from=2020-01-01&where=abroad")
    league = json.loads(typed("providers", "--from", "2020-01-01", "--json").output)
    assert UNREVIEWED in {item["provider"] for item in league["items"]}
    assert typed("providers", "--format", "csv").output.startswith("rank,provider,country")
    wrong = typed("providers", "--to", "tomorrow")
    assert isinstance(wrong.exception, door.Refused) and wrong.exception.code == 2
    assert str(wrong.exception).startswith("--to: ")


def test_managers_see_no_location_no_unreviewed_name_and_links_of_ids_alone(
    house: House, lived: dict[str, str]
) -> None:
    manager = house.browser(StaffRole.MANAGER)
    for path in (*PAGES, f"/compliance/providers/{lived['Harbour Hosting']}"):
        holds_ids_alone(manager.get(f"{path}?{FILTERS}").text, lived)
    reach_no_location(house, manager, lived)


def reach_no_location(house: House, manager: Browser, lived: dict[str, str]) -> None:
    """Whatever page managers may open."""
    report = manager.post("/reports", ASKED)
    known = {
        "provider_id": lived["Harbour Hosting"],
        "publication_id": report.headers["Location"].rpartition("/")[2],
    }
    reached = set()
    for rule in house.app.url_map.iter_rules():
        need = need_of(house.app, rule.endpoint)
        mine = need in GRANTS[StaffRole.MANAGER] or need is Open.SIGNED_IN
        if mine and "GET" in (rule.methods or ()) and rule.arguments <= set(known):
            path = re.sub(r"<uuid:(\w+)>", lambda name: known[name[1]], rule.rule)
            answer = manager.get(path)
            assert answer.status_code in (200, 302, 303), path
            reached.add(rule.endpoint)
            for text in readings(answer.data) if answer.data[:4] == b"%PDF" else [answer.text]:
                assert not any(canary in text for canary in CANARIES), path
    assert len(reached) > 12


def holds_ids_alone(page: str, lived: dict[str, str]) -> None:
    assert ".example.test" not in page and "192.0.2." not in page and "@" not in page
    assert UNREVIEWED not in page and lived[UNREVIEWED] not in "".join(
        re.findall(r'href="([^"]*)"', page)
    )
    links = [html.unescape(one) for one in re.findall(r'href="([^"]*\?[^"]*)"', page)]
    figures = [one for one in links if one.startswith(PAGES)]
    assert len(figures) >= len(PAGES)
    for link in figures:
        assert "where=abroad" in link and "source=police" in link and "from=2020-01-01" in link
        assert re.fullmatch(r"[\w/?=&:.-]+", link), link


def gets_its_figures_on_paper(browser: Browser, one: str) -> None:
    answer = browser.get(f"/compliance/providers/{one}/page")
    assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF")
    assert "Harbour" not in answer.headers["Content-Disposition"]
    assert browser.get(f"/compliance/providers/{one}/page?clock=x").status_code == 422
    read = readings(answer.data)
    assert any("Harbour Hosting" in text for text in read)  # it is read indeed
    for text in read:
        assert not any(canary in text for canary in CANARIES)


def test_one_under_review_is_there_for_those_alone_who_work_on_cases(
    house: House, lived: dict[str, str]
) -> None:
    path = f"/compliance/providers/{lived[UNREVIEWED]}"
    manager, analyst = house.browser(StaffRole.MANAGER), house.browser(StaffRole.ANALYST)
    assert manager.get(path).status_code == manager.get(f"{path}/page").status_code == 404
    assert UNREVIEWED in analyst.get(path).text
    assert UNREVIEWED in analyst.get("/compliance").text
    gets_its_figures_on_paper(manager, lived["Harbour Hosting"])


def test_figures_are_written_as_people_there_write_them_and_wrong_filters_named(
    house: House, lived: dict[str, str]
) -> None:
    names_the_filter(house, house.browser(StaffRole.MANAGER, language="fr"))
    english = house.browser(StaffRole.MANAGER).get("/overview").text
    french = house.browser(StaffRole.MANAGER, language="fr").get("/overview").text
    narrow = "\N{NARROW NO-BREAK SPACE}"
    assert re.search(rf"\d\.\d{narrow}[hd]<", english)
    assert re.search(rf"\d,\d{narrow}[hj]<", french)
    assert f"{narrow}%" in french and not re.search(rf"\d\.\d{narrow}", french)
    for english_only in ("gone in", "median", "still up", "clock:", "cut-off"):
        assert english_only not in re.sub(r"<[^>]*>", "", french), english_only


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_before_there_are_facts_a_page_says_how_they_come(house: House, lang: str) -> None:
    browser: Browser = house.browser(StaffRole.MANAGER, language=lang)
    said = {"en": "No figures yet", "fr": "Pas encore de chiffres"}[lang]
    for path in PAGES:
        assert said in browser.get(path).text
    house.count()
    for path in PAGES:
        assert browser.get(path).status_code == 200
