"""The trend of a provider: a measure of its own, its docstring the definition."""

from collections.abc import Mapping
from typing import Any

from takedown.stats.answer import Figures
from takedown.stats.comparing import difference


def changed_24(now: Mapping[str, Any], then: Mapping[str, Any]) -> Figures:
    """By how much the share gone within 24 h differs from that of the period before, each in the
    middle of its bounds, with the 95 % interval of the difference. More than chance: the interval
    leaves out nought; of twenty providers that did not change, one will seem to have. Only where
    both periods rest on at least 5 effective notices."""
    return difference(now["gone"]["24"], then["gone"]["24"])
