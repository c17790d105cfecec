"""Every letter, with full, minimal and hostile facts, to whoever it is written to."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from notice_facts import LAW, facts, hostile, minimal, roles, written

import notices
from notices import attachments
from notices.checklist import CHECKLIST, points
from notices.compose import Letter, compose
from notices.defang import defang
from notices.errors import MissingPoint, TemplateFault
from notices.facts import TO_PROVIDERS, Collateral, Deadline, Facts, Kind
from notices.templates import BUILTIN, Copy, Templates
from notices.values import Values

Make = Callable[..., Facts]
LETTERS = sorted((template.lang, template.kind) for template in BUILTIN)
ROOT = Path(notices.__file__).parent / "templates"
every_letter = pytest.mark.parametrize(("lang", "kind"), LETTERS)
#: Article 16(2) of Regulation (EU) 2022/2065 in its own words, in each language's version of it.
ACT = {
    "en": ("good faith", "accurate and complete"),
    "fr": ("de bonne foi", "exactes et complètes"),
    "de": ("in gutem Glauben", "richtig und vollständig"),
    "nl": ("te goeder trouw", "nauwkeurig en volledig"),
    "es": ("de buena fe", "preciso y completo"),
}


def letter(lang: str, kind: str, make: Make = facts, **changes: Any) -> Letter:
    return compose(make(kind=kind, **changes), kind, lang)


def flat(text: str) -> str:
    return re.sub(r"\s", " ", " ".join(text.split()))


def test_english_and_french_are_complete_and_three_more_ask_providers() -> None:
    whole = {(lang, kind) for lang in ("en", "fr") for kind in get_args(Kind)}
    asking = {(lang, kind) for lang in ("de", "nl", "es") for kind in TO_PROVIDERS}
    assert {*LETTERS} == whole | asking


@every_letter
def test_a_text_that_no_speaker_has_signed_off_says_so(lang: str, kind: str) -> None:
    assert letter(lang, kind).reviewed == (lang in ("en", "fr"))


@every_letter
def test_each_point_of_the_checklist_is_said_in_the_text(lang: str, kind: str) -> None:
    given = facts(kind=kind, deadline=Deadline(hours=9, binding=True, basis="order 7"))
    words = BUILTIN.choose(kind, lang).template.words
    said = Values(given, words, attachments.summary(attachments.of(given)))
    body = flat(compose(given, kind, lang).body)
    unsaid = []
    for point in points(kind):
        for name in point.said_by - {"risk", "one_place"}:
            values = [said.values[name]] if name in said.values else [u[name] for u in said.urls]
            texts = [
                text for value in values for text in ([value] if isinstance(value, str) else value)
            ]
            filled = [text for text in texts if text]
            if not filled or not all(flat(text) in body for text in filled):
                unsaid.append((point.name, name))
    assert unsaid == []


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_removal_seen_from_one_place_says_so_to_who_is_thanked(lang: str) -> None:
    words = flat(BUILTIN.choose("closure", lang).template.words.one_place)
    given = facts(kind="closure")
    assert words not in flat(compose(given, "closure", lang).body)
    urls = (replace(given.urls[0], one_vantage=True), *given.urls[1:])
    assert flat(compose(replace(given, urls=urls), "closure", lang).body).count(words) == 1


@every_letter
def test_the_facts_that_article_16_asks_for_stand_in_the_text(lang: str, kind: str) -> None:
    given = facts(kind=kind)
    made = compose(given, kind, lang)
    body = flat(made.body)
    wanted = {"Alerte Exemple", "cellule@alerte.example", "Cellule 7", "NTD-2026-000123"}
    wanted |= {defang(url.location) for url in given.urls} | {url.number for url in given.urls}
    if kind in TO_PROVIDERS:
        wanted |= {LAW, "art. 000-9", "Baseline (Example scheme 2)", "192.0.2.10, AS64500", "24"}
        wanted |= {defang(embed) for url in given.urls for embed in url.embeds}
        wanted |= {*ACT[lang], "21", "14", "[NTD-2026-000123]", "urls.csv"}
    assert sorted(one for one in wanted if one not in body) == []


@every_letter
def test_a_text_that_loses_a_point_can_not_be_loaded(lang: str, kind: str) -> None:
    whole = BUILTIN.choose(kind, lang).template.body.source
    for point in points(kind):
        for name in point.said_by:
            assert f"{{{name}}}" in whole
            text = whole.replace(f"{{{name}}}", "x")
            with pytest.raises(MissingPoint) as refused:
                BUILTIN.with_copies([spoilt(kind, lang, text)])
            assert point.name in refused.value.points


def spoilt(kind: str, lang: str, body: str) -> Copy:
    return Copy(name="spoilt", kind=kind, lang=lang, body=body, version="1", reviewed=True)


def test_the_checklist_holds_every_letter_of_the_article() -> None:
    asked = {point.source for kind in TO_PROVIDERS for point in points(kind)}
    assert {f"Art. 16(2)({letter})" for letter in "abcd"} <= asked
    assert all(point.kinds <= {*get_args(Kind)} for point in CHECKLIST)


@every_letter
@pytest.mark.parametrize("make", [facts, minimal, hostile])
def test_a_subject_carries_the_number_and_the_providers_ticket(
    lang: str, kind: str, make: Make
) -> None:
    subject = written(make, kind, lang).subject
    assert subject.startswith("[NTD-2026-000123] ")
    assert subject.isprintable() or "\u00a0" in subject
    assert not re.search("[\x00-\x1f\x7f\u200e\u200f\u2028-\u202e\u2066-\u2069]", subject)
    assert len(subject) < 300
    assert ("[AbuseID:77]" in subject) == (make is facts)


@every_letter
@pytest.mark.parametrize("make", [facts, minimal, hostile])
def test_every_letter_is_clean_text_that_nothing_turns_into_a_link(
    lang: str, kind: str, make: Make
) -> None:
    for role in () if make is hostile else roles(kind):
        assert_clean(letter(lang, kind, make, role=role).body)
    assert_clean(written(make, kind, lang).body)


def assert_clean(body: str) -> None:
    assert not re.search(r"https?:", body)
    assert "media.example.test" not in body
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u200e\u200f\u2028-\u202e\u2066-\u2069]", body)
    assert not re.search(r"\bNone\b| +$|\n\n\n| ,|\(\)|: *\.", body, re.MULTILINE)
    assert body.count(LAW) <= 1
    assert not re.search(r"^\W*Bcc", body, re.MULTILINE)
    assert all(len(line) <= 76 for line in body.splitlines() if "://" not in line)
    assert body.count("NTD-2026-000123") <= 2


@every_letter
@pytest.mark.parametrize("plain", [True, False])
def test_only_a_desk_that_reads_bodies_only_gets_plain_locations(
    lang: str, kind: str, plain: bool
) -> None:
    given = facts(kind=kind)
    there = [url.location for url in given.urls]
    given = Facts(
        **{
            **vars(given),
            "recipient": type(given.recipient)(
                **{**vars(given.recipient), "plain_locations": plain}
            ),
        }
    )
    body = compose(given, kind, lang).body
    assert [f" {one}\n" in body for one in there] == [plain] * 3
    assert ("hxxp" in body) == (not plain)


@every_letter
def test_a_text_to_which_nothing_is_attached_speaks_of_no_attachment(lang: str, kind: str) -> None:
    given = facts(kind=kind)
    alone = replace(given.recipient, plain_locations=True, text_alone=True)
    made = compose(replace(given, recipient=alone), kind, lang)
    assert made.attachments == ()
    assert not re.search(r"attach|beigef|joint|adjunt|bijgevoegd|xarf|\.csv|\.json|\(\)", made.body)
    assert all(f" {url.location}\n" in made.body for url in given.urls)


@every_letter
def test_without_a_law_none_is_printed_and_no_deadline_binds(lang: str, kind: str) -> None:
    for role in roles(kind):
        body = letter(lang, kind, minimal, role=role).body
        assert LAW not in body
        legal = r"legal basis|fondement|rechtsgrund|rechtsgrondslag|jurídico"
        assert not re.search(rf"(?i)\b(art\.|article|{legal}|code)\b", body)
        assert not re.search(r"24", body)


@pytest.mark.parametrize(("lang", "kind"), [one for one in LETTERS if one[1] in TO_PROVIDERS])
def test_a_deadline_binds_by_its_basis_or_is_asked_for(lang: str, kind: str) -> None:
    deadline = Deadline(hours=1, binding=True, basis="order 7 of the authority")
    binding = flat(letter(lang, kind, deadline=deadline).body)
    asked = flat(letter(lang, kind, deadline=Deadline(hours=1, binding=False)).body)
    one_hour = {
        "en": "1 hour ",
        "fr": "1 heure ",
        "de": "1 Stunde ",
        "nl": "1 uur ",
        "es": "1 hora ",
    }
    assert one_hour[lang] in binding and one_hour[lang] in asked
    assert "order 7 of the authority" in binding
    words = BUILTIN.choose(kind, lang).template.words.phrases["deadline"]
    told = words["asked"].source.rpartition(". ")[2].rpartition("; ")[2]
    assert told in asked and told not in binding


@pytest.mark.parametrize(("lang", "kind"), [one for one in LETTERS if one[1] in TO_PROVIDERS])
def test_a_proxy_is_asked_for_the_origin_and_nobody_else_is(lang: str, kind: str) -> None:
    origin = {
        "en": "the origin",
        "fr": "d'origine",
        "de": "Ursprungs",
        "nl": "oorsprong",
        "es": "origen",
    }
    for role in roles(kind):
        body = flat(letter(lang, kind, role=role).body)
        assert (origin[lang] in body) == (role == "proxy"), role


@pytest.mark.parametrize("lang", ["en", "fr", "de", "nl", "es"])
def test_an_escalation_says_whom_we_asked_when_and_what_a_domain_carries(lang: str) -> None:
    for role in roles("escalation"):
        body = flat(letter(lang, "escalation", role=role).body)
        assert "NTD-2026-000100" in body and "NTD-2026-000110" in body and "Exemplary (" in body
        assert re.search(r"(?i)\b1\S*( de)? nov", body)
        assert "example[.]test" in body and "2 small shops" in body
    counts = {0: "alone", 1: "one", 5: "many"}
    bodies = {
        flat(letter(lang, "escalation", collateral=Collateral(domain="x.test", other_urls=n)).body)
        for n in counts
    }
    assert len(bodies) == 3


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_police_are_told_why_and_asked_for_receipt_and_clearance(lang: str) -> None:
    occasions = ("victim_at_risk", "abroad", "law", None)
    assert len({letter(lang, "police", occasion=why).body for why in occasions}) == 4
    urgent = {"en": "URGENT, a child may be at risk.", "fr": "URGENT, enfant peut-être en danger."}
    assert f"{urgent[lang]} " in letter(lang, "police", occasion="victim_at_risk").subject
    assert urgent[lang] not in letter(lang, "police").subject
    quiet = letter(lang, "police", receipt_wanted=False, clearance_wanted=False).body
    asking = letter(lang, "police").body
    words = BUILTIN.choose("police", lang).template.words.phrases
    for phrase in ("receipt", "clearance"):
        told = flat(words[phrase]["yes"].source)[:40]
        assert told in flat(asking) and told not in flat(quiet)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_partner_hotline_gets_its_own_codes_in_the_text_and_in_the_sheet(lang: str) -> None:
    made = letter(lang, "hotline")
    assert {"WEB-7", "ACT-3", "CLS-9"} <= {*re.findall(r"[A-Z]+-\d\b", made.body)}
    sheet, _ = made.attachments
    heading, row, *_ = sheet.content.decode().splitlines()
    assert heading.endswith(",site_type,action,partner_classification,hosting_provider")
    assert row.endswith(",WEB-7,ACT-3,CLS-9,Exemplary")


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_retraction_calls_nothing_illegal_and_carries_no_complaint(lang: str) -> None:
    made = letter(lang, "retraction")
    assert [file.name for file in made.attachments] == ["urls.csv"]
    assert not re.search(r"(?i)illegal|illicite|abuse material|abus sexuels|baseline", made.subject)
    assert made.body.count("NTD-2026-000100") == 1
    assert {"en": "We apologise", "fr": "nos excuses"}[lang] in made.body
    wrong = ("classification", "location", None)
    assert len({letter(lang, "retraction", mistake=what).body for what in wrong}) == 3


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_closure_says_when_it_was_found_gone_and_sends_no_location_again(lang: str) -> None:
    made = letter(lang, "closure")
    assert made.attachments == ()
    told = {"en": "Found gone: 21 November 2026", "fr": "Disparition constatée : 21 novembre 2026"}
    assert flat(made.body).count(told[lang]) == 3


ENGLISH = (
    r"the|of|and|please|remove|removed|hours?|within|address(es)?|notice|reminder|deadline|by|"
    r"this|page and|reply|netherlands|november|hotline|image of|last|found|law|our|your|not"
)


@pytest.mark.parametrize(("lang", "kind"), [one for one in LETTERS if one[0] != "en"])
@pytest.mark.parametrize("make", [facts, minimal])
def test_no_other_language_has_english_left(lang: str, kind: str, make: Make) -> None:
    own = {"nl": {"of", "november"}, "de": {"november"}}.get(lang, set())
    for role in roles(kind):
        given = make(kind=kind, role=role)
        if given.law:
            given = make(kind=kind, role=role, law="§ 000-1")
        text = compose(given, kind, lang)
        left = {
            found.group().lower()
            for found in re.finditer(rf"(?i)\b(?:{ENGLISH})\b", text.subject + "\n" + text.body)
        }
        assert left - own == set()


@pytest.mark.parametrize("kind", get_args(Kind))
def test_french_punctuation_never_starts_a_line(kind: str) -> None:
    body = letter("fr", kind).body + letter("fr", kind).subject
    assert not re.search(r"[^\u00a0][;?!»]|(?<=\w) :|«(?!\u00a0)", body)


def test_a_language_without_a_letter_gets_english_and_says_so() -> None:
    made = compose(facts(), "first", "xx")
    assert (made.language, made.template, made.version) == ("en", "en/first", "1")
    assert made.because == "english"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The built-in templates, to spoil."""
    return Path(shutil.copytree(ROOT, tmp_path / "templates"))


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ("{hotline_nmae}", "unknown placeholder {hotline_nmae}"),
        ("{number.__class__}", "unknown placeholder"),
        ("{where}", "unknown placeholder {where}"),
        ("{urls}", "one loop"),
        ("{", "single {"),
        ("a\u202eb", "nobody sees"),
    ],
)
def test_what_can_not_be_written_is_found_at_load_with_its_line(
    copy: Path, spoilt: str, reason: str
) -> None:
    body = copy / "en" / "first" / "body.txt"
    lines = body.read_text("utf-8").splitlines()
    body.write_text("\n".join([*lines, spoilt]), "utf-8")
    with pytest.raises(TemplateFault, match=re.escape(reason)) as refused:
        Templates.load(copy)
    assert refused.value.line == len(lines) + 1


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("fr/reminder/meta.toml", 'version = "1"', "", "fr/reminder"),
        ("fr/first/subject.txt", "{tags}", "", "not one line with {tags}"),
        ("de/words.toml", 'binding = "', 'bindend = "', "phrases.deadline lacks binding bindend"),
        ("es/words.toml", "[phrases.warn]", "[phrases.warned]", "phrases.warned is no phrase"),
        ("nl/words.toml", 'image = "een afbeelding"', "", "media lacks image"),
        ("nl/words.toml", "[media]", "[media", "can't be read"),
        ("en/words.toml", '\nrisk = "A', '\nrisks = "A', "has no risk"),
        ("en/words.toml", "[{number}]", "the number", "reply: says nothing of number"),
    ],
)
def test_a_language_that_lacks_something_is_found_at_load(
    copy: Path, file: str, old: str, new: str, reason: str
) -> None:
    path = copy / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(TemplateFault, match=re.escape(reason)):
        Templates.load(copy)


def test_a_copy_of_the_templates_writes_the_same_letters(copy: Path) -> None:
    loaded = Templates.load(copy)
    assert compose(facts(), "first", "fr", loaded) == compose(facts(), "first", "fr")
