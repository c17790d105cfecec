"""A report in all its forms: nothing that runs, nothing fetched, complete in both languages."""

import csv
import io
import json
import re
import zipfile
import zlib
from dataclasses import replace

import duckdb
import openpyxl
import pytest
from paper_text import readings

from takedown.stats.exports import drawing, maps, tongue, writing
from takedown.stats.exports.document import (
    Chart,
    Column,
    Document,
    Estimate,
    Kind,
    Mark,
    Sheet,
    Table,
)
from takedown.stats.exports.flat import harmless
from takedown.stats.exports.tongue import load
from takedown.stats.exports.wording import Wording
from takedown.stats.publication import report
from takedown.stats.registry import MEASURES

HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "<script>x</script>",
]


def document(lang: str = "en", names: list[str] | None = None) -> Document:
    heads = (
        Column("provider", "Provider", Kind.TEXT),
        Column("total", "Addresses", Kind.COUNT, "n", "How many."),
        Column("gone_24", "Gone in 24 h", Kind.SHARE, "0..1", "How fast.", estimated=True),
    )
    lines = tuple(
        (name, 1234 + i, Estimate(0.221, 0.249, 0.18, 0.31))
        for i, name in enumerate(names or ["Northhost", "Westcloud"])
    )
    lines += (("Small", Mark.WITHHELD, Mark.WITHHELD), ("Open", 7, Estimate(None, None)))
    chart = Chart("bars", "provider", ("gone_24",), "Shares")
    table = Table("shares", "Shares", heads, lines, ("A note.",), chart)
    return Document(
        "PUB-2027-0001-annual-en",
        "Annual report",
        "1 Jan to 31 Dec",
        lang,
        (("Clock", "notice accepted"), ("Cut-off", "1 Jan 2027, 00:00 UTC")),
        (
            Sheet("removal", "Time to removal", (table, survival())),
            Sheet("m", "Method", (), ("Plain.",)),
        ),
        tongue.Tongue(lang).words["file"],
        "ab" * 32,
    )


def files(form: str, **more) -> dict[str, bytes]:
    _, content = writing.write(document(**more), form)
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


@pytest.mark.parametrize("text", HOSTILE[:7])
def test_a_text_that_a_sheet_would_run_is_marked(text: str) -> None:
    assert harmless(text).startswith("'")
    book = openpyxl.load_workbook(
        io.BytesIO(writing.write(document(names=[text]), "xlsx")[1]), data_only=False
    )
    found = [cell for page in book for row in page for cell in row if cell.value is not None]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in found)
    cells = csv.reader(
        io.StringIO(files("csv", names=[text])["removal-shares.csv"].decode("utf-8-sig"))
    )
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in cells for cell in row
    )


def test_the_workbook_has_numbers_native_charts_and_definitions() -> None:
    book = openpyxl.load_workbook(io.BytesIO(writing.write(document(), "xlsx")[1]))
    assert book.sheetnames == ["About", "Time to removal", "Method", "Definitions"]
    page = book["Time to removal"]
    assert len(page._charts) == 2
    values = [cell.value for row in page.iter_rows() for cell in row]
    assert 1234 in values and 0.221 in values and "*" in values
    assert "How fast." in [cell.value for row in book["Definitions"].iter_rows() for cell in row]


def test_each_meaning_is_defined_even_where_columns_bear_one_name() -> None:
    heads = [Column("total", "Addresses", definition=said) for said in ("Told.", "Notified.")]
    tables = tuple(Table(one.key, f"By {i}", (one,), ()) for i, one in enumerate(heads))
    made = replace(document(), sheets=(Sheet("s", "S", (*tables, *document().sheets[0].tables)),))
    assert made.defined()[:2] == [
        ("Addresses (By 0)", "Told."),
        ("Addresses (By 1)", "Notified."),
    ]
    assert "How fast." in [said for title, said in made.defined() if "(" not in title]


def test_words_on_independence_are_printed_in_the_language_there_is() -> None:
    about = {
        "number": "PUB-2027-0001",
        "kind": "dsa22",
        "edition": "full",
        "clock": "notified",
        "hotline": "Hotline",
        "country": "FR",
        "method": "3",
        "from": "2026-01-01T00:00:00+00:00",
        "to": "2027-01-01T00:00:00+00:00",
        "cutoff": "2027-01-01T00:00:00+00:00",
        "made_at": "2027-01-09T00:00:00+00:00",
    }
    counted = {"by_provider": [], "by_content": [], "names": {}, "followed_up": 0}
    figures = {**counted, "rescinded": {"notices": 0, "items": 0}}

    def said(lang: str, **given: str) -> tuple[str, ...]:
        made = report.document({**figures, "about": {**about, "independence": given}}, lang)
        assert "Turnbull" not in "".join(made.sheets[-1].paragraphs)
        return made.sheets[2].paragraphs

    assert said("en", en="Ours.", fr="Les nôtres.") == ("Ours.",)
    assert said("fr", en="Ours.") == ("En anglais, tel qu'il a été donné :", "Ours.")
    assert "asks for one" in said("en")[0]


def test_every_form_tells_the_same_figures() -> None:
    told = json.loads(writing.write(document(), "json")[1])["sheets"][0]["tables"][0]["lines"]
    rows = list(csv.DictReader(io.StringIO(files("csv")["removal-shares.csv"].decode("utf-8-sig"))))
    assert [row["total"] for row in rows] == [str(one["total"]) for one in told]
    assert rows[0]["gone_24_low"] == "0.221" and rows[2]["gone_24_low"] == "withheld"


def test_parquet_comes_with_its_dictionary(tmp_path) -> None:
    for name, content in files("parquet").items():
        (tmp_path / name).write_bytes(content)
    with duckdb.connect() as work:
        query = f"SELECT provider, total, withheld FROM '{tmp_path}/removal-shares.parquet'"
        assert work.execute(query).fetchall()[2][:2] == ("Small", None)
        words = work.execute(
            f"SELECT \"column\", definition FROM '{tmp_path}/dictionary.parquet'"
        ).fetchall()
    assert ("gone_24_low", "How fast.") in words


def test_a_page_is_inert_and_its_charts_have_their_words() -> None:
    page = writing.write(document(names=HOSTILE), "html")[1].decode()
    assert "<script" not in page and "&lt;script&gt;" in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page and "<title>Chart: Shares." in page
    assert "22–25\u202f%" in page and "95 %: 18–31\u202f%" in page


def test_paper_is_tagged_has_a_table_of_contents_and_says_what_the_page_says() -> None:
    names = ["Northhost", "O'Neil (z) <b>", "Zürich"]
    content = writing.write(document(names=names), "pdf")[1]
    packed = re.findall(rb"/Type /ObjStm.*?stream\n(.*?)\nendstream", content, re.DOTALL)
    objects = b"".join(zlib.decompressobj().decompress(one) for one in packed)
    assert content.startswith(b"%PDF")
    assert b"/MarkInfo" in objects and b"/StructTreeRoot" in objects and b"/Outlines" in objects
    read = readings(content)
    for said in (*names, "Annual report", "notice accepted", "A note."):
        assert any(said in one for one in read), said


def test_the_same_document_is_the_same_bytes() -> None:
    for form in ("csv", "json", "html"):
        assert writing.write(document(), form) == writing.write(document(), form)


def test_both_languages_have_every_word_and_no_english_is_left_in_french() -> None:
    english, french = load("en"), load("fr")
    assert {name: set(words) for name, words in english.items()} == {
        name: set(words) for name, words in french.items()
    }
    long = {
        (section, key)
        for section, words in english.items()
        for key, value in words.items()
        if value == french[section][key] and len(" ".join(value)) > 40 and isinstance(value, str)
    }
    assert {one for one in long if " " in english[one[0]][one[1]]} == set()


def survival() -> Table:
    heads = (
        Column("age", "Age", Kind.HOURS, "h"),
        Column("still_there", "Still there", Kind.SHARE, estimated=True),
        Column("at_risk", "At risk"),
    )
    lines = ((24, Estimate(0.5, 0.6, 0.3, 0.8), 40), (672, Estimate(0.1, 0.1, 0.0, 0.3), 9))
    chart = Chart("curve", "age", ("still_there",), "Still there")
    return Table("survival", "Still there", heads, lines, (), chart)


def test_a_curve_falls_at_its_points_and_says_how_many_are_at_risk() -> None:
    wording = Wording("fr", dict(load("fr")["file"]))
    picture = str(drawing.drawn(survival(), wording))
    (band, bounds) = re.findall(r'<path d="(M[^"]*Z)"', picture)
    corners = [float(one) for one in re.findall(r"[\d.]+", bounds)]
    day = 140 + 520 * (24 / 672) ** 0.5
    upper = [140, 12, day, 12, day, 100, 660, 100]  # up to a point as much as at the one before
    lower = [660, 210, day, 210, day, 122, 140, 122]  # after it no more than at the next one
    assert corners == pytest.approx([*upper, *lower], abs=0.1)
    assert band != bounds
    assert (
        ">24\u202fh</text>" in picture
        and ">28\u202fj</text>" in picture
        and ">40</text>" in picture
    )


def test_a_map_shades_countries_and_leaves_out_what_is_withheld() -> None:
    heads = (Column("country", "Country", Kind.TEXT), Column("total", "Addresses"))
    lines = (("Netherlands", 120), ("France", 7), ("Canada", Mark.WITHHELD), ("other", 9))
    chart = Chart("map", "country", ("total",), "Where", places=("NL", "FR", "CA", "other"))
    table = Table("where", "Where", heads, lines, (), chart)
    wording = Wording("en", dict(load("en")["file"]))
    picture = str(drawing.drawn(table, wording))
    fills = re.findall(r'<path d="([^"]*)" fill="(#\w+)"', picture)
    ways = {code: maps._outlines()[code] for code in ("NL", "FR", "CA")}
    shade = dict(fills)
    assert shade[ways["NL"]] != shade[ways["FR"]]
    assert ways["CA"] not in shade and ways["CA"] in fills[0][0]
    assert drawing.left_out(table) is None
    assert ">120</text>" in picture and ">7" in picture


def test_measures_have_their_names_from_the_registry_alone_in_both_languages() -> None:
    for section in ("columns", "measures"):
        assert not set(load("en")[section]) & set(MEASURES)
    english, french = tongue.Tongue("en"), tongue.Tongue("fr")
    for name, measure in MEASURES.items():
        said, dit = english.measure(name), french.measure(name)
        assert said.title.casefold() == measure.label_en.casefold()
        assert said.definition == measure.definition_en
        assert dit.definition and dit.definition != said.definition, name


def test_numbers_are_in_the_readers_form() -> None:
    column = Column("n", "n", Kind.HOURS)
    french = Wording("fr", dict(load("fr")["file"]))
    assert french.value(1234567, Column("n", "n")) == "1\u202f234\u202f567"
    assert french.value(Estimate(5.24, 5.31), column) == "5,2–5,4\u202fh"
    assert french.value(Estimate(70.0, None), column).startswith("plus de")
    english = Wording("en", dict(load("en")["file"]))
    assert english.value(1234567, Column("n", "n")) == "1,234,567"
