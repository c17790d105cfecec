"""Which codes are countries (ISO 3166-1), by the tables of Babel (Unicode CLDR)."""

import re
from functools import cache
from typing import Final

from babel.core import Locale

#: Of two letters in CLDR, and no country of ISO 3166-1: groups, exceptional reservations, tests.
#: XK stays, for registries use it.
_NONE: Final = re.compile("AC|CP|CQ|DG|E[AUZ]|IC|QO|TA|UN|X[AB]|ZZ")


@cache
def countries() -> frozenset[str]:
    """Every code."""
    known = {str(code) for code in Locale("en").territories}
    return frozenset(
        code for code in known if re.fullmatch("[A-Z]{2}", code) and not _NONE.fullmatch(code)
    )


def is_country(code: str) -> bool:
    """Whether it is the code of a country."""
    return code in countries()
