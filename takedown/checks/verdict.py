"""The verdict table: what one finding says of a Url. Pure; the only place that decides it."""

from enum import StrEnum


class Verdict(StrEnum):
    UP = "up"
    DOWN = "down"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    CHANGED = "changed"
    UNKNOWN = "unknown"
