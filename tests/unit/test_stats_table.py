"""The league as text: bounds, counts where a share says nothing, and no cell that a sheet runs."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ledgers import EpisodeRow, countries, overview, providers

from takedown.stats.table import render
from takedown.stats.words import WORDS, duration, per_cent

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ABOUT: dict[str, Any] = {
    "clock": "notified",
    "cutoff": datetime(2026, 6, 30, tzinfo=UTC),
    "from_": None,
    "to": None,
}


def rows(name: str, notices: int, country: str | None = "NL") -> list[EpisodeRow]:
    return [
        EpisodeRow(
            url_id=(name, n),
            provider_id=name,
            provider_name=name,
            country=country,
            notice_id=(name, n),
            host_number=n,
            started_at=T0,
            last_up_at=T0 + timedelta(hours=20 + n % 2 * 10),
            first_down_at=T0 + timedelta(hours=30 + n % 2 * 10),
            confirmed_at=None,
            outcome="removed",
        )
        for n in range(notices)
    ]


def test_the_league_reads_well_in_both_languages() -> None:
    result = providers(rows("Northhost", 40) + rows("Westcloud", 3, None), **ABOUT)
    english = render(result)
    assert "clock: notice accepted -> first seen down" in english
    assert "cut-off 2026-06-30 00:00 UTC" in english
    assert "1.  Northhost  NL" in english
    assert "░▒" not in english
    assert "▒▒▒▒░░░░ 0-50 %" in english
    assert "1 with fewer than 5 effective notices: counts only." in english
    westcloud = next(text for text in english.splitlines() if "Westcloud" in text)
    assert "unknown" in westcloud
    assert "%" not in westcloud
    french = render(result, lang="fr")
    assert "horloge : notification acceptée" in french
    assert "Prestataire" in french


def test_columns_stand_under_their_titles() -> None:
    lines = render(providers(rows("Northhost", 1200) + rows("Ö", 20), **ABOUT)).splitlines()[2:5]
    title, first, second = lines
    assert first.index("▒") == second.index("▒") == title.index("gone in")
    assert "1\u202f200" in first


def test_countries_and_the_overview_have_their_tables_too() -> None:
    every = rows("Northhost", 40)
    assert render(countries(every, **ABOUT)).splitlines()[3].startswith("NL")
    assert "All providers" in render(overview(every, **ABOUT))
    assert "Tous les prestataires" in render(overview([], **ABOUT), lang="fr")
    assert "No episode in this period." in render(providers([], **ABOUT))
    assert render(providers([], **ABOUT), "csv") == ""


def test_a_sheet_gets_one_line_each_and_runs_nothing() -> None:
    result = providers(rows("=HYPERLINK(1)", 6) + rows("\u202e@evil", 6), **ABOUT)
    lines = list(csv.DictReader(io.StringIO(render(result, "csv"))))
    assert sorted(found["provider"] for found in lines) == ["' @evil", "'=HYPERLINK(1)"]
    assert lines[0]["gone_24_low"] == "0.0"
    assert lines[0]["gone_24_high"] == "0.5"
    assert lines[0]["rank"] == ""
    assert float(lines[0]["median_hours_interval_low"]) <= 20


def test_names_cannot_steer_the_terminal() -> None:
    table = render(providers(rows("\x1b[2Jevil\u202ehost", 6), **ABOUT))
    assert "\x1b" not in table
    assert "\u202e" not in table


def test_json_is_the_answer_itself() -> None:
    result = providers(rows("Northhost", 4), **ABOUT)
    assert json.loads(render(result, "json")) == result


def test_another_format_or_language_is_refused() -> None:
    result = providers([], **ABOUT)
    with pytest.raises(ValueError, match="format"):
        render(result, "xml")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="language"):
        render(result, lang="de")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.224, 0.246, "22-25 %"),
        (0.71, 0.71, "71 %"),
        (0.29, 0.57, "29-57 %"),
        (0.0, 1.0, "0-100 %"),
    ],
)
def test_shares_are_rounded_outwards(low: float, high: float, text: str) -> None:
    assert per_cent(low, high) == text


@pytest.mark.parametrize(
    ("low", "high", "english", "french"),
    [
        (21.0, 22.0, "21-22 h", "21-22 h"),
        (9.1, 9.1, "9.1 h", "9,1 h"),
        (124.0, 129.0, "5.1-5.4 d", "5,1-5,4 j"),
        (30.0, None, "over 30 h", "plus de 30 h"),
        (None, None, "not reached", "non atteinte"),
    ],
)
def test_durations_are_words(
    low: float | None, high: float | None, english: str, french: str
) -> None:
    assert duration(low, high, WORDS["en"]) == english
    assert duration(low, high, WORDS["fr"]) == french


def test_both_languages_have_every_word() -> None:
    assert WORDS["en"].keys() == WORDS["fr"].keys()
