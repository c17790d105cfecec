"""The medium `form`: a provider's web page that a person fills in, with all of it ready to copy."""

from dataclasses import dataclass, field, replace
from typing import Final

from notices.channels.placeholders import PLACEHOLDERS
from notices.compose import Letter
from notices.facts import Facts

#: What nearly every page asks for: the label, a message id of our pages, and what goes in.
_BOXES: Final = (
    ("form:locations", "url_lines"),
    ("form:subject", "subject"),
    ("form:text", "text"),
    ("form:number", "number"),
    ("form:ticket", "ticket"),
    ("form:address", "ips"),
    ("form:law", "law"),
    ("form:organisation", "organisation"),
    ("form:function", "function"),
    ("form:email", "email"),
    ("form:country", "country"),
)


@dataclass(frozen=True)
class Submission:
    """One time that the page is filled in: label and text of each box, in this order.

    What there is nothing to say in is left out.
    """

    boxes: tuple[tuple[str, str], ...] = field(repr=False)
    references: tuple[str, ...]  # numbers of the Urls in it


def submissions(facts: Facts, letter: Letter, max_urls: int) -> tuple[Submission, ...]:
    """What a person copies into the page, once for every `max_urls` Urls (1 to 1,000).

    Locations are exact here, not defanged: the page that shows this guards them as a reveal.
    """
    step = min(max(max_urls, 1), 1000)
    return tuple(
        _submission(replace(facts, urls=facts.urls[at : at + step]), letter)
        for at in range(0, len(facts.urls), step)
    )


def _submission(facts: Facts, letter: Letter) -> Submission:
    boxes = ((label, _said(name, facts, letter)) for label, name in _BOXES)
    filled = tuple((label, said) for label, said in boxes if said)
    return Submission(filled, tuple(url.number for url in facts.urls))


def _said(name: str, facts: Facts, letter: Letter) -> str:
    value = PLACEHOLDERS[name](facts, letter, facts.number)
    return "\n".join(value) if isinstance(value, list) else str(value)
