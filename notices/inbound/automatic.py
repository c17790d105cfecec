"""Whether a message was written by a machine (RFC 3834): such a one is never answered."""

import re
from typing import Final

from notices.inbound.parsing import Fields, first, readable

_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
#: Their mere presence says so.
_MARKS: Final = (
    "x-autoreply",
    "x-auto-reply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-auto-response-suppress",
    "x-failed-recipients",
    "list-id",
    "list-unsubscribe",
    "feedback-id",
)
_SUBJECT: Final = re.compile(
    r"\W*(?:auto(?:matic(?:ally)?)?[ -]*(?:reply|response|generated|answer)|autore(?:ply|sponse)"
    r"|auto:|out[ -]of[ -](?:the[ -])?office|réponse automatique|absence du bureau"
    r"|absent(?:e)? du bureau|message d'absence|automatische (?:antwort|rückantwort)"
    r"|abwesenheits\w+|automatisch (?:antwoord|bericht)|afwezig\w*|niet aanwezig"
    r"|respuesta automática|fuera de (?:la )?oficina|ausencia)",
    re.I,
)
_AWAY: Final = re.compile(
    r"\b(?:(?:i am|i['’]m|we are) (?:\w+ )?(?:away|out of (?:the )?office"
    r"|on (?:annual leave|sick leave|leave|holiday|vacation))"
    r"|je suis (?:\w+ )?(?:absente?|en congés?)"
    r"|ich bin\b[^.!?]{0,60}\b(?:nicht im büro|abwesend|im urlaub)"
    r"|ik ben\b[^.!?]{0,60}\b(?:afwezig|niet aanwezig|met vakantie)"
    r"|estoy (?:\w+ )?(?:fuera de la oficina|de vacaciones|ausente))",
    re.I,
)


def away(own_text: str) -> bool:
    """Whether a text says that nobody is there to read: where the header is silent about it."""
    return bool(_AWAY.search(own_text[:500]))


def automatic(found: Fields) -> bool:
    """By its header fields, or by the subject that such answers carry in five languages."""
    declared = [one.lower() for name in ("auto-submitted", "x-auto-submitted")
                for one in found.get(name, [])]  # fmt: skip
    if any(re.split(r"[ ;(]", one.strip())[0] not in ("no", "") for one in declared):
        return True
    if any(one.lower().strip() in _BULK for one in found.get("precedence", [])):
        return True
    if "return-path" in found and first(found, "return-path").strip() == "<>":
        return True
    if any(mark in found for mark in _MARKS):
        return True
    return bool(_SUBJECT.match(readable(first(found, "subject"))[:300]))
