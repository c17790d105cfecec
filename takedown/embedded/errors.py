"""What goes wrong with the embedded database, by name."""

from takedown.errors import TakedownError


class EmbeddedError(TakedownError):
    """The embedded database cannot be started, reached or stopped; the text says what to do."""


class SocketPathTooLong(EmbeddedError):
    """The data directory lies so deep that no socket can be opened in it."""


class WrongVersion(EmbeddedError):
    """The data directory was written by another major version of PostgreSQL."""
