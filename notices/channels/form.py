"""The medium `form`: a provider's web page that a person fills in, with all of it ready to copy."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from notices.channels import fields, placeholders
from notices.channels.connector import place
from notices.channels.placeholders import LOCATIONS, PLACEHOLDERS, SETTINGS
from notices.compose import Letter
from notices.errors import BadConnector
from notices.facts import Facts


@dataclass(frozen=True)
class FormField:
    """One box of the page: its label there, and what goes in (placeholders as in a connector)."""

    label: str
    template: str

    def __post_init__(self) -> None:
        if not self.label.strip() or not self.label.isprintable() or len(self.label) > 200:
            raise BadConnector("fields.label", "is no label")
        placeholders.check(self.template, "fields.template")
        if set(placeholders.names(self.template)) & SETTINGS:
            raise BadConnector("fields.template", "holds a placeholder of interfaces alone")


@dataclass(frozen=True)
class Form:
    """A provider's form. Raises `BadConnector` when made.

    `max_urls`: how many Urls one submission takes. `hints`: what to choose or tick there. `url`
    None: the page is known otherwise.
    """

    url: str | None
    fields: tuple[FormField, ...]
    max_urls: int = 100
    hints: str = ""

    def __post_init__(self) -> None:
        if self.url is not None:
            place("url", self.url)
        fields.whole("max_urls", self.max_urls, 1, 1000)
        used = {name for one in self.fields for name in placeholders.names(one.template)}
        if not used & LOCATIONS:
            raise BadConnector("fields", "hold no location")
        if "url" in used and self.max_urls != 1:
            raise BadConnector("max_urls", "is more than the one that the fields have room for")

    @classmethod
    def load(cls, document: Mapping[str, Any]) -> Self:
        """Read a JSON document with the fields of this class. Raises `BadConnector`."""
        given = fields.known(document, cls)
        boxes = given.get("fields")
        if not isinstance(boxes, list | tuple):
            raise BadConnector("fields", "are missing")
        given["fields"] = tuple(fields.part("fields", one, FormField) for one in boxes)
        return fields.made("", cls, given)


#: What nearly every form asks for; the labels are message ids of the pages.
_USUAL = (
    ("form:locations", "{url_lines}"),
    ("form:subject", "{subject}"),
    ("form:text", "{text}"),
    ("form:number", "{number}"),
    ("form:ticket", "{ticket}"),
    ("form:address", "{ips}"),
    ("form:law", "{law}"),
    ("form:organisation", "{organisation}"),
    ("form:function", "{function}"),
    ("form:email", "{email}"),
    ("form:country", "{country}"),
)


@dataclass(frozen=True)
class Submission:
    """One time that the page is filled in: label and text of each box, in the form's order.

    What there is nothing to say in is left out.
    """

    boxes: tuple[tuple[str, str], ...] = field(repr=False)
    references: tuple[str, ...]  # numbers of the Urls in it


def plain(max_urls: int) -> Form:
    """A form whose boxes nobody has described: what nearly every one asks for."""
    boxes = tuple(FormField(*one) for one in _USUAL)
    return Form(None, boxes, max_urls=min(max(max_urls, 1), 1000))


def submissions(form: Form, facts: Facts, letter: Letter) -> tuple[Submission, ...]:
    """What a person copies into the page, once for every `max_urls` Urls. Raises `BadFacts`.

    Locations are exact here, not defanged: the page that shows this guards them as a reveal.
    """
    return tuple(
        _submission(form, replace(facts, urls=facts.urls[at : at + form.max_urls]), letter)
        for at in range(0, len(facts.urls), form.max_urls)
    )


def _submission(form: Form, facts: Facts, letter: Letter) -> Submission:
    boxes = []
    for one in form.fields:
        names = set(placeholders.names(one.template))
        values = {name: PLACEHOLDERS[name](facts, letter, facts.number) for name in names}
        boxes.append((one.label, placeholders.text(one.template, values)))
    filled = tuple((label, said) for label, said in boxes if said)
    return Submission(filled, tuple(url.number for url in facts.urls))
