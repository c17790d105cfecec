"""Every template, with full, minimal and hostile facts, in every role."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from notice_facts import LAW, facts, hostile, minimal

import notices
from notices.compose import Letter, compose
from notices.errors import TemplateFault, UnknownTemplate
from notices.facts import Deadline, Facts, Role
from notices.templates import BUILTIN, Templates

LETTERS = sorted((template.lang, template.name.split("/")[1]) for template in BUILTIN)
ROOT = Path(notices.__file__).parent / "templates"
every_letter = pytest.mark.parametrize(("lang", "kind"), LETTERS)


def letter(lang: str, kind: str, make: Callable[..., Facts] = facts, role: str = "host") -> Letter:
    given = make(kind=kind)
    return compose(replace(given, recipient=replace(given.recipient, role=role)), kind, lang)


def flat(text: str) -> str:
    return " ".join(text.split())


def test_english_and_french_are_complete() -> None:
    assert {("en", "first"), ("en", "reminder"), ("fr", "first"), ("fr", "reminder")} <= {*LETTERS}


@every_letter
def test_the_checklist_of_article_16_holds(lang: str, kind: str) -> None:
    body = flat(letter(lang, kind).body)
    must_say = (
        "Alerte Exemple (France)",  # who we are
        {"en": "hotline for reports", "fr": "point de signalement"}[lang],  # in what capacity
        "hxxps://media[.]example[.]test/a/1.jpg",  # the locations,
        "hxxps://cdn[.]example[.]test/x.jpg",  # with what a page embeds,
        "urls.csv",  # and where the exact ones are
        LAW,  # under which law
        "Baseline (Example scheme 2)",  # as what it was classified
        {"en": "21 November 2026, 14:05 UTC", "fr": "21 novembre 2026 à 14 h 05 UTC"}[lang],
        {"en": "by an analyst", "fr": "par un analyste"}[lang],  # who saw it last
        "192.0.2.10, AS64500",  # at which address
        {"en": "this file", "fr": "ce fichier"}[lang],  # exactly what to remove
        {"en": "this page and everything it embeds", "fr": "cette page et tout ce qu'elle"}[lang],
        {"en": "Do not view, copy or forward", "fr": "Ne consultez pas"}[lang],  # what not to do
        "art. 000-9",  # what to preserve
        {"en": "asked for, not statutory", "fr": "il ne résulte pas de la loi"}[lang],
        {"en": "keep [NTD-2026-000123]", "fr": "laissant [NTD-2026-000123]"}[lang],  # how to answer
        {"en": "in good faith", "fr": "de bonne foi"}[lang],
        {"en": "accurate and complete", "fr": "exactes et complètes"}[lang],
        "cellule@alerte.example",  # the contact
        "Cellule 7",  # signed by a function
    )
    assert [part for part in must_say if part not in body] == []


@every_letter
def test_a_subject_carries_the_number_and_the_providers_ticket(lang: str, kind: str) -> None:
    assert letter(lang, kind).subject.startswith("[NTD-2026-000123] [AbuseID:77] ")
    assert letter(lang, kind, minimal).subject.startswith("[NTD-2026-000123] ")
    assert "\n" not in letter(lang, kind).subject


@every_letter
@pytest.mark.parametrize("make", [facts, minimal, hostile])
@pytest.mark.parametrize("role", get_args(Role))
def test_every_letter_is_clean_text_that_nothing_turns_into_a_link(
    lang: str, kind: str, make: Callable[..., Facts], role: str
) -> None:
    made = letter(lang, kind, make, role)
    assert not re.search(r"https?:", made.body)
    assert "media.example.test" not in made.body
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", made.body
    )
    assert not re.search(r"\bNone\b| +$|\n\n\n| ,|\(\)", made.body, re.MULTILINE)
    assert all(len(line) <= 76 for line in made.body.splitlines() if "://" not in line)


@every_letter
def test_without_a_law_none_is_printed_and_no_deadline_binds(lang: str, kind: str) -> None:
    body = letter(lang, kind, minimal).body
    assert LAW not in body
    assert not re.search(r"(?i)\b(art\.|article|legal basis|fondement|code)\b", body)
    assert {"en": "without delay", "fr": "sans délai"}[lang] in body


@every_letter
def test_a_binding_deadline_says_by_what_it_binds(lang: str, kind: str) -> None:
    deadline = Deadline(hours=12, binding=True, basis="order 7 of the authority")
    body = flat(compose(facts(kind=kind, deadline=deadline), kind, lang).body)
    assert "order 7 of the authority" in body
    assert {"en": "12 hours", "fr": "12 heures"}[lang] in body
    assert {"en": "not statutory", "fr": "ne résulte pas de la loi"}[lang] not in body


@every_letter
def test_a_proxy_is_asked_for_the_origin(lang: str, kind: str) -> None:
    origin = {"en": "the origin behind your service", "fr": "le serveur d'origine"}[lang]
    assert origin in flat(letter(lang, kind, role="proxy").body)
    assert origin not in flat(letter(lang, kind, role="host").body)


@every_letter
def test_a_reminder_names_what_it_repeats(lang: str, kind: str) -> None:
    body = letter(lang, kind).body
    assert ("NTD-2026-000100" in body) == (kind == "reminder")


@pytest.mark.parametrize("kind", ["first", "reminder"])
@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize("make", [facts, minimal])
def test_french_has_no_english_left(kind: str, role: str, make: Callable[..., Facts]) -> None:
    given = make(kind=kind)
    given = replace(given, law=given.law and "art. 000-1 du code d'exemple")
    french = letter("fr", kind, lambda **_: given, role)
    english = (
        r"the|of|and|please|remove|removed|hours?|within|address(es)?|notice|reminder|deadline|by|"
        r"this|page and|reply|netherlands|november|hotline|image of|last|found|law|our|your|not"
    )
    assert re.findall(rf"(?i)\b(?:{english})\b", french.subject + "\n" + french.body) == []


@pytest.mark.parametrize("kind", ["first", "reminder"])
def test_french_punctuation_never_starts_a_line(kind: str) -> None:
    body = letter("fr", kind).body
    assert not re.search(r"[^\u00a0][;?!»]|(?<=\w) :", body)


def test_a_language_without_a_letter_gets_english_and_says_so() -> None:
    made = compose(facts(), "first", "xx")
    assert (made.language, made.template, made.version) == ("en", "en/first", "1")


def test_a_kind_without_a_letter_is_refused() -> None:
    with pytest.raises(UnknownTemplate, match="closure"):
        compose(facts(kind="closure"), "closure", "en")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The built-in templates, to spoil."""
    return Path(shutil.copytree(ROOT, tmp_path / "templates"))


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ("{{ hotline.nmae }}", "unknown placeholder hotline.nmae"),
        ("{{ person }}", "unknown placeholder person"),
        ("{% if false %}{{ urls[0] }}{% endif %}", "unknown placeholder"),
        ("{{ number.__class__ }}", "unknown placeholder"),
        ("{{ range(10**9) }}", "unknown placeholder"),
        ("{% for x in urls %}{% endfor %}", "may loop over"),
        ("{% include 'en/parts/nowhere.txt' %}", "is missing"),
        ("{% if %}", "line"),
    ],
)
def test_a_wrong_placeholder_is_found_at_load(copy: Path, spoilt: str, reason: str) -> None:
    body = copy / "en" / "first" / "body.txt"
    body.write_text(body.read_text("utf-8") + spoilt, "utf-8")
    with pytest.raises(TemplateFault, match=re.escape(reason)):
        Templates.load(copy)


def test_a_letter_that_leaves_something_out_is_found_at_load(copy: Path) -> None:
    part = copy / "fr" / "parts" / "closing.txt"
    part.write_text(part.read_text("utf-8").replace("{{ law }}", "la loi"), "utf-8")
    (copy / "en" / "first" / "subject.txt").write_text("Hello", "utf-8")
    with pytest.raises(TemplateFault):
        Templates.load(copy)
    shutil.copy(ROOT / "en/first/subject.txt", copy / "en/first/subject.txt")
    part.write_text(part.read_text("utf-8").replace("{% if law %}", "{% if count %}"), "utf-8")
    with pytest.raises(TemplateFault, match=r"fr/first/body\.txt: says nothing of law"):
        Templates.load(copy)


def test_a_template_without_version_is_found_at_load(copy: Path) -> None:
    (copy / "fr" / "reminder" / "meta.toml").write_text("reviewed = true\n")
    with pytest.raises(TemplateFault, match="fr/reminder"):
        Templates.load(copy)


def test_a_copy_of_the_templates_writes_the_same_letters(copy: Path) -> None:
    loaded = Templates.load(copy)
    assert compose(facts(), "first", "fr", loaded) == compose(facts(), "first", "fr")
