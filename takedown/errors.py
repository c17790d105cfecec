"""One tree of named errors; the web maps it to HTTP in one place. No message holds a location."""


class TakedownError(Exception):
    """Whatever this software refuses or fails to do, by name."""


class InvalidUrl(TakedownError):
    """A text that is not a registrable address; `reason` says why, in English, without the text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
