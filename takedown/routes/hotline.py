"""Who we are and what may leave the building: values that the doors read from the settings."""

from dataclasses import dataclass, field
from enum import StrEnum

from notices.pgp import Protection
from takedown.routes.partner import CodeBook


class Mode(StrEnum):
    """How much is real."""

    REHEARSAL = "rehearsal"  # nothing leaves: no mail, no look-up, no probe
    OBSERVE = "observe"  # look-ups and probes go out, notices stay
    LIVE = "live"


class Preset(StrEnum):
    """To whom a hotline writes."""

    NATIONAL = "national"  # the INHOPE manner: hosts at home, all else is handed over
    GLOBAL = "global"  # the Arachnid manner: hosts everywhere


@dataclass(frozen=True, slots=True)
class Hotline:
    """The hotline that this installation works for."""

    country: str  # ISO 3166-1
    preset: Preset
    name: str
    signature: str  # a function, never a person
    capacity: str
    email: str  # where answers go, and the sender of notices
    partner: CodeBook = field(default_factory=CodeBook, repr=False)  # for partner hotlines
    signing: Protection | None = field(default=None, repr=False)  # our OpenPGP key: mail is signed
    police_agree_probes: bool = False  # to look-ups and probes where the police come first

    @property
    def domain(self) -> str:
        """The domain that we write from."""
        return self.email.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Leaves:
    """What may leave: by the mode, except in a closed world, where every endpoint is loopback."""

    mode: Mode
    closed: bool

    @property
    def lookups(self) -> bool:
        """DNS and registries may be asked, and probes sent."""
        return self.closed or self.mode is not Mode.REHEARSAL

    @property
    def notices(self) -> bool:
        """Notices may go to providers."""
        return self.closed or self.mode is Mode.LIVE

    @property
    def label(self) -> str:
        """The mode as a notice keeps it; `closed` for a closed world."""
        return "closed" if self.closed else str(self.mode)
