"""Facts -> Letter: the words, in the recipient's language, and what is attached to them."""

import re
from dataclasses import dataclass, field
from textwrap import fill
from typing import Final

from notices import attachments, feedback
from notices.attachments import Attachment
from notices.errors import BadFacts
from notices.facts import Facts
from notices.templates import BUILTIN, Because, Choice, Templates
from notices.values import Values

_WIDTH: Final = 76
_TWO: Final = re.compile(r"  +")  # where a placeholder was empty
_LEAD: Final = re.compile(r" *(?:- |[0-9]+\. )?")


@dataclass(frozen=True)
class Letter:
    """A finished text. `template` and `version` say what it was made from, `because` why that.

    `reviewed` is False where no speaker has signed the text off: a person reads it before it goes.
    """

    subject: str
    body: str
    language: str
    template: str
    version: str
    reviewed: bool
    attachments: tuple[Attachment, ...]
    because: Because = "language"
    feedback: bytes = field(default=b"", repr=False)  # RFC 5965's part, for desks that want it


def compose(facts: Facts, kind: str, lang: str, templates: Templates = BUILTIN) -> Letter:
    """Write the letter of this kind, by the most specific template (`chosen` says which).

    `kind` must be the facts' own. The body shows locations defanged unless the recipient reads
    bodies only; the exact ones are attached where anything can be. Raises `BadFacts`,
    `UnknownTemplate`.
    """
    if kind != facts.kind:
        raise BadFacts("kind", "differs from the kind of letter asked for")
    choice = chosen(facts, lang, templates)
    template = choice.template
    attached = () if facts.recipient.text_alone else attachments.of(facts)
    said = Values(facts, template.words, attachments.summary(attached))
    return Letter(
        subject=_TWO.sub(" ", template.subject.render(said.values)),
        body=_wrapped(template.body.render(said.values, said.urls)),
        language=template.lang,
        template=template.name,
        version=template.version,
        reviewed=template.reviewed,
        attachments=attached,
        because=choice.because,
        feedback=feedback.report(facts),
    )


def chosen(facts: Facts, lang: str, templates: Templates = BUILTIN) -> Choice:
    """Which template these facts call for, and why. Raises `UnknownTemplate`."""
    recipient = facts.recipient
    return templates.choose(facts.kind, lang, provider=recipient.key, country=recipient.country)


def _wrapped(text: str) -> str:
    """Paragraphs wrapped for reading; lines that hold a location stay whole."""
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) <= _WIDTH or "://" in line:
            lines.append(line.rstrip())
            continue
        indent = " " * len(_LEAD.match(line)[0])  # type: ignore[index]
        lines.append(
            fill(
                line,
                _WIDTH,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).rstrip() + "\n"
