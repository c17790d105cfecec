"""A reply without what it quotes: our own words must not be taken for the recipient's."""

import re
from typing import Final

_MANY: Final = 20
_INTRODUCES: Final = re.compile(
    r"^[ \t]*(?:(?:on|le|am|op|el)\b.{4,200}\b(?:wrote|a écrit|schrieb|schreef|escribió)\b.{0,100}:"
    r"|.{1,150}\b(?:a écrit|wrote|schreef|escribió|schrieb) ?:)[ \t]*$",
    re.I | re.M,
)
_REST: Final = re.compile(
    r"^[ \t]*(?:-{3,} ?(?:original|forwarded|message d'origine|message transféré"
    r"|ursprüngliche|weitergeleitete|oorspronkelijk|doorgestuurd|mensaje original|reply above)"
    r"[^\n]*|_{10,}[ \t]*|(?:from|de|von|van) ?:[^\n]{1,300}\n(?:[^\n]{0,300}\n){0,2}?[ \t]*"
    r"(?:sent|date|envoyé|gesendet|datum|verzonden|enviado|fecha|to|à|an|aan|para) ?:[^\n]*)$",
    re.I | re.M,
)


def own(text: str) -> str:
    """What the sender wrote: no lines beginning with `>`, nothing from where a quotation begins."""
    cut = _REST.search(text)
    text = text[: cut.start()] if cut else text
    for _ in range(_MANY):
        match = _INTRODUCES.search(text)
        if match is None:
            break
        after = text[match.end() :].lstrip("\n \t")
        if not after.startswith(">"):
            text = text[: match.start()]
            break
        text = text[: match.start()] + "\n" + text[match.end() :]
    kept = [line for line in text.split("\n") if not line.lstrip().startswith(">")]
    return "\n".join(kept).strip()
