"""The words and numbers of printed figures, in English and French."""

import math
from collections.abc import Callable, Mapping

Words = Mapping[str, str]

NARROW = "\u202f"
"""Narrow no-break space: between groups of three digits in both languages (ISO 80000)."""

WORDS: dict[str, Words] = {
    "en": {
        "provider": "Provider",
        "country": "Country",
        "unknown": "unknown",
        "total": "All providers",
        "notices": "notices",
        "episodes": "addresses",
        "gone_24": "gone in 24 h [95 %] anchored",
        "gone_48": "48 h",
        "gone_168": "7 d",
        "median": "median",
        "open": "still up",
        "moved": "moved",
        "gone_before_notice": "gone before",
        "reappeared": "back",
        "heading": "{begin} to {finish} · clock: {clock} -> first seen down"
        " · cut-off {cutoff} UTC · method {method}",
        "bounds": "Two figures are bounds: the truth lies between. Median: until half have left"
        " this provider.",
        "month": "Month",
        "in_all": "In all",
        "due": "passed",
        "met": "met",
        "missed": "missed",
        "ahead": "ahead",
        "deadline_met": "deadline met [95 %]",
        "deadlines": "Deadlines that bind, in hours from the notice. What is neither met nor missed"
        " was not looked at in between.",
        "counts": "{n} with fewer than 5 effective notices: counts only.",
        "empty": "No episode in this period.",
        "none": "-",
        "not_reached": "not reached",
        "from_on": "over {low}",
        "days": "d",
        "point": ".",
        "notified": "notice accepted",
        "received": "report received",
        "registered": "registered",
        "police_informed": "police informed",
        "police_cleared": "cleared by the police",
    },
    "fr": {
        "provider": "Prestataire",
        "country": "Pays",
        "unknown": "inconnu",
        "total": "Tous les prestataires",
        "notices": "notifications",
        "episodes": "adresses",
        "gone_24": "disparues en 24 h [95 %] ancrées",
        "gone_48": "48 h",
        "gone_168": "7 j",
        "median": "médiane",
        "open": "en ligne",
        "moved": "déplacées",
        "gone_before_notice": "disparues avant",
        "reappeared": "réapparues",
        "heading": "{begin} au {finish} · horloge : {clock} -> première absence constatée"
        " · arrêté au {cutoff} UTC · méthode {method}",
        "bounds": "Deux chiffres sont des bornes : la vérité est entre les deux. Médiane : délai"
        " pour que la moitié ait quitté ce prestataire.",
        "month": "Mois",
        "in_all": "En tout",
        "due": "échus",
        "met": "tenus",
        "missed": "manqués",
        "ahead": "à venir",
        "deadline_met": "délai tenu [95 %]",
        "deadlines": "Délais contraignants, en heures depuis la notification. Ce qui n'est ni tenu"
        " ni manqué n'a pas été vérifié entre-temps.",
        "counts": "{n} avec moins de 5 notifications effectives : effectifs seulement.",
        "empty": "Aucun épisode dans cette période.",
        "none": "-",
        "not_reached": "non atteinte",
        "from_on": "plus de {low}",
        "days": "j",
        "point": ",",
        "notified": "notification acceptée",
        "received": "signalement reçu",
        "registered": "enregistrement",
        "police_informed": "police informée",
        "police_cleared": "accord de la police",
    },
}


def per_cent(low: float, high: float) -> str:
    """`71 %`, or `22-25 %` where the bounds differ: rounded outwards, to whole per cent."""
    if high - low < 1e-9:
        return f"{round(low * 100)} %"
    return f"{math.floor(low * 100 + 1e-9)}-{math.ceil(high * 100 - 1e-9)} %"


def duration(low: float | None, high: float | None, words: Words) -> str:
    """Hours as `21-22 h`, from two days on as `5.2-5.4 d`; `over 30 h` where unbounded above.

    Rounded outwards: to a tenth under ten, else to whole units.
    """
    if low is None:
        return words["not_reached"]
    days = (low if high is None else high) >= 48
    unit, size = (words["days"], 24.0) if days else ("h", 1.0)
    least = _figure(low / size, math.floor, words)
    if high is None:
        return words["from_on"].format(low=f"{least} {unit}")
    most = _figure(high / size, math.ceil, words)
    return f"{least} {unit}" if least == most else f"{least}-{most} {unit}"


def _figure(value: float, outwards: Callable[[float], int], words: Words) -> str:
    if value >= 10:
        return str(outwards(value))
    return f"{outwards(round(value * 10, 6)) / 10:.1f}".replace(".", words["point"])
