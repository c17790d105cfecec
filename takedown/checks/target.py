"""What a probe is given: a Url with the address that our own resolver chose for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K")
Resolve = Callable[[str], tuple[str, ...]]


@dataclass(slots=True)
class Target(Generic[K]):
    """What to ask: `url` canonical (no user info), `address` pinned by our own resolver.

    `address` is empty only for `.onion` by way of a `socks5h` proxy. `port` is the effective one,
    which a policy of `reported` lets through. `lane`: no two connections at a time within one;
    None means the address.
    """

    id: K
    url: str = field(repr=False)
    address: str = field(repr=False)
    host: str = field(repr=False)
    port: int
    lane: bytes | None = field(default=None, repr=False)
    vantage: str = "direct"
