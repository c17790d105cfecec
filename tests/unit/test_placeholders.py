"""Placeholder texts, supervisors' copies, and which template is taken for whom."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notice_facts import facts, hostile, minimal, written

from notices.compose import chosen, compose
from notices.errors import MissingPoint, TemplateFault, UnknownPlaceholder, UnknownTemplate
from notices.placeholders import PlaceholderText
from notices.templates import BUILTIN, Copy

LETTERS = [(one.lang, one.kind) for one in BUILTIN]


def parsed(source: str, known: Any = ("a", "b", "many"), looped: Any = ()) -> PlaceholderText:
    return PlaceholderText.parse("mine", source, known, looped)


VALUES = {"a": "1", "b": "", "many": ("x", "y")}


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("Dear {a}{b}!", "Dear 1!"),
        ("Found: {b}", ""),
        ("- {many}, {a}", "- x, 1\n- y, 1"),
        ("{{a}} costs {a}", "{a} costs 1"),
        ("{{{a}}}", "{1}"),
        ("", ""),
        ("one\n\ntwo {a}", "one\n\ntwo 1"),
        ("100 %s %(a)s $a ${{a}} {{{{a}}}}", "100 %s %(a)s $a ${a} {{a}}"),
    ],
)
def test_a_text_is_written_with_its_values(source: str, written: str) -> None:
    assert parsed(source).render(VALUES) == written


def test_the_loop_is_written_once_for_each_url() -> None:
    text = parsed("a\n{urls}\n{i}. {a}\n   at {w}\n\n{/urls}\nb", looped=("i", "w"))
    urls = [{"i": "1", "w": "here"}, {"i": "2", "w": ""}]
    assert text.render(VALUES, urls) == "a\n1. 1\n   at here\n\n2. 1\n\nb"
    assert text.render(VALUES, []) == "a\nb"


def test_where_one_line_is_left_of_each_the_blank_ones_go() -> None:
    text = parsed("{urls}\n{i}\n   at {w}\n\n{/urls}", looped=("i", "w"))
    assert text.render({}, [{"i": "1", "w": ""}, {"i": "2", "w": ""}]) == "1\n2"


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("x\n{c}", 2, "unknown placeholder {c}"),
        ("{a.__class__}", 1, "unknown placeholder {a.__class__}"),
        ("{a!r}", 1, "unknown placeholder"),
        ("{a:>9}", 1, "unknown placeholder"),
        ("{ a }", 1, "unknown placeholder"),
        ("{}", 1, "unknown placeholder {}"),
        ("\n\n}", 3, "single }"),
        ("{a", 1, "single {"),
        ("{% if a %}", 1, "unknown placeholder"),
        ("{urls}\n{/urls}", 1, "unknown placeholder {urls}"),
        ("a\u2066b", 1, "nobody sees"),
        ("a\x00b", 1, "nobody sees"),
    ],
)
def test_what_can_not_be_filled_is_refused_with_its_line(
    source: str, line: int, reason: str
) -> None:
    with pytest.raises(TemplateFault) as refused:
        parsed(source)
    assert refused.value.line == line
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "source",
    [
        "no loop",
        "{urls}\nnever closed",
        "{/urls}\n{urls}",
        "{urls}\n{urls}\n{/urls}\n{/urls}",
        "{urls}\n{/urls}\n{urls}\n{/urls}",
    ],
)
def test_there_is_exactly_one_loop(source: str) -> None:
    with pytest.raises(TemplateFault, match="loop"):
        parsed(source, looped=("i",))


def test_a_placeholder_of_the_loop_is_unknown_outside_it() -> None:
    with pytest.raises(UnknownPlaceholder) as refused:
        parsed("{urls}\n{i}\n{/urls}\n{i}", looped=("i",))
    assert (refused.value.name, refused.value.line) == ("i", 4)


@given(st.text(), st.text(alphabet="{}ab urls/\n%"))
def test_no_value_is_ever_read_as_text(value: str, source: str) -> None:
    try:
        text = parsed(source, known=("a",))
    except TemplateFault:
        return
    marked = text.render({"a": "\ue000"})
    assert text.render({"a": value or "\ue000"}) == marked.replace("\ue000", value or "\ue000")


@given(st.text(alphabet="{}ab urls/\n%c"))
def test_any_text_is_refused_with_its_line_or_written_whole(source: str) -> None:
    held = re.sub(r"\{\{|\}\}|\{(?:a|b|many)\}", "", source)
    if re.search("[{}]", held):
        with pytest.raises(TemplateFault) as refused:
            parsed(source)
        assert refused.value.line is not None
    else:
        assert isinstance(parsed(source).render(VALUES), str)


def copied(kind: str = "first", lang: str = "en", **changes: Any) -> Copy:
    source = BUILTIN.choose(kind, lang).template.body.source
    fields = {"name": "ours", "kind": kind, "lang": lang, "body": source, "version": "7"}
    return Copy(**{**fields, "reviewed": False, **changes})


@pytest.mark.parametrize(("lang", "kind"), LETTERS)
@pytest.mark.parametrize("make", [facts, minimal, hostile])
def test_an_editable_copy_writes_what_the_built_in_letter_does(
    lang: str, kind: str, make: Any
) -> None:
    stored = json.loads(json.dumps(vars(copied(kind, lang))))  # as a database keeps it
    stored["body"] = stored["body"].replace("\n", "\r\n")  # as a browser hands it back
    ours = compose(make(kind=kind), kind, lang, BUILTIN.with_copies([Copy(**stored)]))
    theirs = written(make, kind, lang)
    assert (ours.template, ours.version, ours.reviewed) == ("ours", "7", False)
    assert replace(theirs, template="ours", version="7", reviewed=False) == ours


def test_a_copy_can_say_it_in_other_words_but_has_no_say_in_headers() -> None:
    body = copied().body.replace("HANDLE WITH CARE", "Mind this:") + "\n\n{hotline} greets you."
    made = compose(facts(), "first", "en", BUILTIN.with_copies([copied(body=body)]))
    assert "\nMind this:\n" in made.body
    assert made.body.endswith("Alerte Exemple greets you.\n")
    assert made.subject == compose(facts(), "first", "en").subject


def test_a_copy_that_leaves_a_point_out_is_refused_by_the_points_name() -> None:
    body = copied().body.replace("{good_faith}", "").replace("{law}", "the law")
    with pytest.raises(MissingPoint) as refused:
        BUILTIN.with_copies([copied(body=body)])
    assert refused.value.points == ("under which law", "good faith")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"body": "{nothing}"}, UnknownPlaceholder),
        ({"body": "x" * 20_001}, TemplateFault),
        ({"lang": "xx"}, UnknownTemplate),
        ({"kind": "police", "lang": "de"}, UnknownTemplate),
    ],
)
def test_a_copy_that_can_not_be_used_is_refused(changes: Any, error: type[Exception]) -> None:
    copy = replace(copied(), **changes)
    with pytest.raises(error):
        BUILTIN.with_copies([copy])


def test_the_most_specific_template_is_taken_and_says_why() -> None:
    whole = facts()
    known = replace(whole, recipient=replace(whole.recipient, key="p-1", country="NL"))
    theirs = BUILTIN.with_copies(
        [
            copied(name="provider", provider="p-1"),
            copied(name="provider-fr", lang="fr", provider="p-1"),
            copied(name="country", country="NL"),
            copied(name="country-de", lang="de", country="NL"),
            copied(name="language", lang="fr"),
        ]
    )

    def taken(lang: str, **recipient: Any) -> tuple[str, str]:
        to = replace(known, recipient=replace(known.recipient, **recipient))
        choice = chosen(to, lang, theirs)
        assert compose(to, "first", lang, theirs).because == choice.because
        return choice.template.name, choice.because

    assert taken("fr") == ("provider-fr", "provider")
    assert taken("de") == ("provider", "provider")
    assert taken("de", key=None) == ("country-de", "country")
    assert taken("nl", key="p-2") == ("country", "country")
    assert taken("fr", key=None, country="BE") == ("language", "language")
    assert taken("nl", key=None, country=None) == ("nl/first", "language")
    assert taken("nl-BE", key=None, country=None) == ("nl/first", "language")
    assert taken("pl", key=None, country=None) == ("en/first", "english")


def test_copies_change_the_set_that_they_are_put_in_and_no_other() -> None:
    theirs = BUILTIN.with_copies([copied(name="old"), copied(name="new")])
    assert theirs.choose("first", "en").template.name == "new"
    assert BUILTIN.choose("first", "en").template.name == "en/first"
    assert theirs.choose("first", "fr").template.name == "fr/first"


def test_a_kind_that_nobody_wrote_is_refused() -> None:
    with pytest.raises(UnknownTemplate, match="poem"):
        BUILTIN.choose("poem", "en")


def test_the_package_carries_all_of_its_templates() -> None:
    root = Path(__file__).parents[2] / "notices" / "templates"
    files = {path.name for path in root.rglob("*") if path.is_file()}
    assert files == {"words.toml", "meta.toml", "subject.txt", "body.txt"}
