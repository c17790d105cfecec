"""What pictures are drawn with: bars, patterns, words, and the frame that says what they show."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape

from takedown.stats.exports.wording import Wording

WIDTH: Final = 680
COLOURS: Final = ("#0a5c60", "#8fbfc0", "#e2b65c", "#7d4f00", "#8d9aa0", "#dd8f87")
_LINES: Final = (
    "",
    "M0 6L6 0",
    "M0 3H6M3 0V6",
    "M0 0L6 6",
    "M3 0V6",
    "M1 1h1v1h-1zM4 4h1v1h-1z",
)


def pattern(name: str, number: int) -> str:
    """Each chart on a page has patterns of its own name."""
    return f"{name}-{number % 6}"


def rect(x: float, y: float, width: float, height: float, number: int, name: str) -> Markup:
    """A bar in the colour of its series, its pattern above."""
    place = (x, y, width, height)
    fill = Markup('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>') % (
        *place,
        COLOURS[number % 6],
    )
    if not number:
        return fill
    over = Markup('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="url(#%s)"/>')
    return fill + over % (*place, pattern(name, number))


def legend(titles: Sequence[str], y: float, name: str) -> tuple[Markup, float]:
    """What each colour and pattern stands for, and how high that is."""
    parts, x, down = [], 0.0, 0.0
    for number, title in enumerate(titles):
        wide = 30 + 6.3 * len(title)
        if x and x + wide > WIDTH:
            x, down = 0.0, down + 18
        square = rect(x, y + 6 + down, 12, 12, number, name)
        parts.append(square + text(x + 17, y + 16 + down, title))
        x += wide
    return Markup("").join(parts), down + 26


def text(x: float, y: float, said: str, anchor: str = "start") -> Markup:
    """A word or a figure in the picture."""
    return Markup('<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>') % (
        x,
        y,
        anchor,
        escape(said),
    )


def short(said: str) -> str:
    """A label that fits beside its bar."""
    return said if len(said) <= 30 else said[:28] + "…"


def picture(
    title: str, wording: Wording, inside: Markup, height: float, series: int, name: str
) -> Markup:
    """The whole, with its title, its description, and the patterns of so many series."""
    patterns = Markup("").join(
        _PATTERN % (pattern(name, n), _LINES[n]) for n in range(1, min(series, 6))
    )
    said = wording.words["chart_of"].format(title=title)
    return _PICTURE % (WIDTH, height, WIDTH, height, said, said, patterns, inside)


_PATTERN: Final = Markup(
    '<pattern id="%s" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="%s" stroke="#182227" stroke-width=".7" fill="none"/></pattern>'
)
_PICTURE: Final = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img"'
    ' aria-label="%s" font-size="11" font-family="sans-serif"><title>%s</title>'
    "<defs>%s</defs>%s</svg>"
)
