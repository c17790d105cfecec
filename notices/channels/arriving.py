"""Where mail arrives: a folder of `.eml` files, or an IMAP mailbox (`imap`). One interface."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

#: What is fetched of one message: more than any answer in words is long.
MOST_BYTES: Final = 4_000_000


@dataclass(frozen=True)
class Arrived:
    """One message as it lies there (RFC 5322 bytes, cut at `MOST_BYTES`), and its name there."""

    key: str
    raw: bytes = field(repr=False)


class Opened(Protocol):
    """A mailbox while it is open."""

    def messages(self, limit: int) -> Iterator[Arrived]:
        """The oldest messages, at most so many. They stay until they are taken away."""

    def take_away(self, key: str) -> None:
        """The message is stored elsewhere: it goes from here for good."""


class ArrivalError(Exception):
    """A mailbox can't be read; the text names the step and nothing of what lies there."""


#: Opens a mailbox; raises `ArrivalError`. `source` of a mail is `name`.
@dataclass(frozen=True)
class Inbox:
    """A place where mail arrives."""

    name: str  # imap | folder
    open: Callable[[], AbstractContextManager[Opened]]


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def messages(self, limit: int) -> Iterator[Arrived]:
        for file in sorted(self._path.glob("*.eml"))[:limit]:
            if file.is_symlink() or not file.is_file():
                continue
            with file.open("rb") as open_file:
                yield Arrived(file.name, open_file.read(MOST_BYTES))

    def take_away(self, key: str) -> None:
        (self._path / key).unlink(missing_ok=True)


def folder(path: Path) -> Inbox:
    """A folder of `.eml` files; whoever drops one there renames it into place when it is whole."""

    @contextmanager
    def opened() -> Iterator[Opened]:
        if not path.is_dir():
            raise ArrivalError("the folder of the inbox is not there")
        try:
            yield _Folder(path)
        except OSError as error:
            raise ArrivalError(f"folder: {type(error).__name__}") from None

    return Inbox("folder", opened)
