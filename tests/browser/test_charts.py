"""Charts in a real browser: drawn under the strict policy, read by keys, saved with their note."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

from house import House
from playwright.sync_api import Browser, Page, expect
from year import Year

from takedown.db import committing
from takedown.people.models import StaffRole


def signed_in(house: House, chromium: Browser, address: str) -> tuple[Page, list[str]]:
    """A French manager's browser, and everything that it complains of."""
    page, complaints = chromium.new_context(base_url=address, locale="fr-FR").new_page(), []
    page.set_default_timeout(30_000)
    page.on(
        "console",
        lambda said: said.type in ("error", "warning") and complaints.append(said.text),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/sign-in")
    page.locator("#email").fill("manager")
    page.locator("#password").fill(house.passwords["manager"])
    page.locator("button.main").click()
    page.wait_for_url("**/compliance")
    return page, complaints


def test_charts_are_drawn_read_by_keys_and_saved(
    house: House, chromium: Browser, address: str, tmp_path: Path
) -> None:
    with committing(house.ports.sessions) as session:
        ids = Year(session, house.ports.vault, house.clock()).lived(0.15)
    house.count()
    house.person(StaffRole.MANAGER, name="manager")
    page, complaints = signed_in(house, chromium, address)
    page.goto(f"/compliance/providers/{ids['Harbour Hosting']}")
    expect(page.locator("html[data-charts=drawn]")).to_have_count(1)
    figures = page.locator("figure[data-chart]")
    assert figures.count() >= 4
    empty = figures.filter(has_not=page.locator(".plot"))
    expect(page.locator("figure[data-drawn] canvas")).to_have_count(figures.count() - empty.count())
    for said in empty.locator("> p.quiet").all_inner_texts():
        assert said.startswith(("Rien dans cette période", "Aucune part n’est montrée"))

    survival = page.locator("#survival")
    survival.locator(".plot").focus()
    page.keyboard.press("ArrowRight")
    first = survival.locator(".tip").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#said")).to_contain_text("Harbour Hosting")
    assert survival.locator(".tip").inner_text() != first
    page.keyboard.press("Escape")
    expect(survival.locator(".tip")).to_be_hidden()

    note = json.loads(survival.get_attribute("data-chart") or "")["note"]
    assert "horloge" in note and "n = " in note
    for kind in ("svg", "png", "csv"):
        with page.expect_download() as coming:
            survival.locator(f"[data-save={kind}]").click()
        coming.value.save_as(tmp_path / f"chart.{kind}")
        assert coming.value.suggested_filename == f"takedown-survival.{kind}"
    drawing = ElementTree.parse(tmp_path / "chart.svg").getroot()
    words = re.sub(r"\s+", "", "".join(drawing.itertext()))
    assert re.sub(r"\s+", "", note) in words
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    sheet = (tmp_path / "chart.csv").read_text("utf-8-sig").splitlines()
    assert note in sheet[1] and len(sheet) > 10

    page.goto("/countries")
    expect(page.locator("#countries[data-drawn]")).to_have_count(1)
    assert complaints == []
