"""What providers say, measured on letters: one function a measure, its docstring the definition.

Each answers with SQL over letters `l` that were accepted in the period, joined with what became of
the Urls of their notice (`gone`, `up`). What is said is never taken for what was found.
"""

from collections.abc import Callable
from typing import Final


def letters() -> str:
    """Letters to providers that were accepted in the period: first notices, reminders, escalations;
    those of a rehearsal are left out."""
    return "count(*)"


def bounced() -> str:
    """Letters that came back from one of their recipients at least."""
    return "count(*) FILTER (bounced)"


def undelivered() -> str:
    """Letters that came back from everybody who had accepted them."""
    return "count(*) FILTER (undelivered)"


def acknowledged() -> str:
    """Letters whose recipient said that they had come, by a machine's or a person's answer."""
    return "count(acknowledged_at)"


def answered() -> str:
    """Letters to which somebody, and no machine, wrote back."""
    return "count(answered_at)"


def hours_to_acknowledge() -> str:
    """Median hours from acceptance to acknowledgement, of the letters that were acknowledged: how
    soon a provider reads, beside how soon it acts."""
    return "median((epoch(acknowledged_at) - epoch(accepted_at)) / 3600)"


def claimed() -> str:
    """Letters whose recipient claimed that the Urls were removed or gone."""
    return "count(claimed_at)"


def borne_out() -> str:
    """Urls of claimed letters that checks found gone."""
    return "coalesce(sum(gone) FILTER (claimed_at IS NOT NULL), 0)::BIGINT"


def not_borne_out() -> str:
    """Urls of claimed letters that checks still find up."""
    return "coalesce(sum(up) FILTER (claimed_at IS NOT NULL), 0)::BIGINT"


def refused() -> str:
    """Letters whose recipient holds the content for lawful, or refuses to act."""
    return "count(*) FILTER (decision = 'disputed')"


def silent() -> str:
    """Letters on which the recipient said nothing at all."""
    return "count(*) FILTER (acknowledged_at IS NULL AND decision IS NULL)"


MEASURES: Final[dict[str, Callable[[], str]]] = {
    "letters": letters,
    "bounced": bounced,
    "undelivered": undelivered,
    "acknowledged": acknowledged,
    "answered": answered,
    "hours_to_acknowledge": hours_to_acknowledge,
    "claimed": claimed,
    "borne_out": borne_out,
    "not_borne_out": not_borne_out,
    "refused": refused,
    "silent": silent,
}
"""By the name under which `figures.answers` bears them."""
