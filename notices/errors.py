"""What composing and sending refuse, by name. No message holds a location or a server's words."""


class NoticeError(Exception):
    """Whatever this package refuses."""


class BadFacts(NoticeError):
    """A fact that can't go into a letter; `field` names it, `reason` says why without its value."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class UnsafeHeader(BadFacts):
    """A carriage return, line feed, NUL or other control in what reaches a header or a command."""

    def __init__(self, field: str) -> None:
        super().__init__(field, "holds a line break, NUL or other control character")


class TemplateFault(NoticeError):
    """A template that can't be used; raised when templates are loaded, never when one is sent.

    `line` counts from 1; None where the fault is in no one line.
    """

    def __init__(self, template: str, reason: str, line: int | None = None) -> None:
        at = "" if line is None else f"line {line}: "
        super().__init__(f"template {template}: {at}{reason}")
        self.template = template
        self.reason = reason
        self.line = line


class UnknownPlaceholder(TemplateFault):
    """A placeholder that nothing fills; `name` is what the text calls it."""

    def __init__(self, template: str, name: str, line: int) -> None:
        super().__init__(template, f"unknown placeholder {{{name}}}", line)
        self.name = name


class MissingPoint(TemplateFault):
    """A text that leaves out what its kind of letter must say; `points` are their names."""

    def __init__(self, template: str, points: tuple[str, ...]) -> None:
        super().__init__(template, "says nothing of " + ", ".join(points))
        self.points = points


class UnknownTemplate(NoticeError):
    """No template of this kind, neither in the language asked for nor in English."""

    def __init__(self, kind: str, lang: str) -> None:
        super().__init__(f"no template of kind {kind!r} in {lang!r} nor in English")
        self.kind = kind
        self.lang = lang


class Unmapped(NoticeError):
    """A Url whose classification has no XARF code; `number` is the Url's."""

    def __init__(self, number: str) -> None:
        super().__init__(f"the classification of {number} has no XARF code")
        self.number = number


class UnsafeMessage(NoticeError):
    """Message bytes that a server could read as two messages (a bare CR or LF, or a NUL)."""


class BadSmtpUrl(NoticeError):
    """An address of a mail server that can't be used; `reason` never repeats the secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadKey(NoticeError):
    """A key or certificate that can't sign or be encrypted to; `reason` holds none of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadConnector(NoticeError):
    """A provider's interface that can't be used as it is described; `field` names the place."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
