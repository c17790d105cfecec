"""The clocks: from which moment the time to removal is counted. Every figure names its own."""

from typing import Final, Literal

Clock = Literal["notified", "received", "registered", "police_informed", "police_cleared"]

CLOCKS: Final[tuple[Clock, ...]] = (
    "notified",
    "received",
    "registered",
    "police_informed",
    "police_cleared",
)
