"""The recipient's own number of the matter, and how it wants it kept in a subject."""

import re
from typing import Final

_TAG: Final = re.compile(r"[\[({]([^\[\](){}\r\n]{2,60})[\])}]")
_OURS: Final = re.compile(r"NTD-\d{4}-\d{6,}|\d{4}-\d{6}(?!\d)", re.I)
_NUMBER: Final = r"(?=[A-Za-z0-9./_:!-]*\d)[A-Za-z0-9][A-Za-z0-9./_:!-]{1,38}[A-Za-z0-9]"
_LABEL: Final = (
    r"(?:(?:support|abuse|service)[ -]?)?(?:ticket|case|incident|request|reference|ref|tracking|"
    r"abuse ?id|report|dossier|demande|signalement|référence|vorgang|vorgangs|fall|"
    r"aktenzeichen|referenz|bearbeitungs|zaak|melding|meldings|referentie|kenmerk|caso|"
    r"solicitud|referencia|expediente|incidencia)"
)
_NAMED: Final = re.compile(
    rf"(?<!\w){_LABEL}(?:[ -]?(?:id|number|no|nr|num|numéro|nummer|número|code))?\.?"
    rf"\s{{0,2}}(?:[:=#№°]|is|est|lautet|es|ist)?\s{{0,2}}[:#№(]?\s?({_NUMBER})(?!\w)",
    re.I,
)
_NUMERO: Final = re.compile(
    rf"(?:numéro|número|num|no|n°|nº)\.? (?:de |du |d['’])?{_LABEL}"
    rf"\s{{0,2}}(?:[:=#]|est|es|is)?\s{{0,2}}#?({_NUMBER})(?!\w)",
    re.I,
)
_HASH: Final = re.compile(rf"(?<![\w&])#({_NUMBER})(?!\w)")
_TAGGED: Final = re.compile(rf"(?:[A-Za-z][\w .-]{{0,30}}?[#:№ -]{{1,3}}|#)?({_NUMBER})")


def ticket(subject: str, own_text: str) -> tuple[str | None, str | None]:
    """The number and, where the subject carries it in brackets, the tag with them.

    Our own numbers are none. What has no digit is none.
    """
    for match in _TAG.finditer(subject[:500]):
        inner = match[1].strip()
        tagged = _TAGGED.fullmatch(inner)
        if tagged and not _OURS.search(inner) and sum(map(str.isdigit, inner)) >= 2:
            return tagged[1], match[0]
    for text in (subject[:500], own_text[:5000]):
        plain = _OURS.sub("", text)
        for pattern in (_NAMED, _NUMERO):
            if (named := pattern.search(plain)) and not _a_date(named[1]):
                return named[1], None
    hashed = _HASH.search(_OURS.sub("", subject[:500]))
    return (hashed[1], None) if hashed else (None, None)


def _a_date(text: str) -> bool:
    return bool(re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}", text))
