"""What a message that came in says, as far as a machine may judge."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a message is; the first that fits, in this order (page 5-notices)."""

    BOUNCE = "bounce"  # not delivered, and no longer tried
    DELAY = "delay"  # not delivered yet, still being tried
    AUTO_REPLY = "auto_reply"  # nobody wrote it: never answered, closes nothing
    CLAIM = "claim"  # says what was done, or why nothing is: to be checked, proves nothing
    ACKNOWLEDGEMENT = "acknowledgement"  # received, no more
    HUMAN = "human"  # for a person to read


class Claim(StrEnum):
    """What a recipient says of the matter."""

    REMOVED = "removed"
    GONE = "gone"  # was no longer there when they looked
    NOT_OURS = "not_ours"
    DISPUTED = "disputed"  # they hold it for lawful, or refuse
    NEED_MORE = "need_more"
    USE_FORM = "use_form"
    FORWARDED = "forwarded"  # handed on to their customer


@dataclass(frozen=True)
class Attachment:
    """A file that came along; its bytes are never read. `refused`: of a kind that is not kept.

    `size` in octets after decoding; of a message that was cut (`Inbound.cut`) it may be short.
    """

    name: str = field(repr=False)
    media_type: str
    size: int
    refused: bool


@dataclass(frozen=True)
class Origin:
    """Who stands behind, as a proxy tells it: IP addresses in canonical form, names as written."""

    addresses: tuple[str, ...] = field(repr=False)
    provider: str | None = field(default=None, repr=False)
    contact: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What became of a hand-over, as a mail server tells it (RFC 3464 2.3).

    `status` is an enhanced status code (RFC 3463) or None where none is told; `permanent` says
    whether the same address can be expected to fail again. `action` is failed, delayed, delivered,
    relayed or expanded.
    """

    action: str
    recipient: str | None = field(default=None, repr=False)
    original_recipient: str | None = field(default=None, repr=False)
    status: str | None = None
    permanent: bool = False
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """A message read. Nothing in it is proven: whether a token is ours `notices.tokens` says.

    `claims` stand beside any kind (a machine may claim, too), most important first; `claim` is the
    first. `acknowledges`: says that our message has arrived at its readers. `action` is that of a
    delivery report (`Failure.action`), also where it reports a success. `ticket` is the
    recipient's own number, `ticket_tag` how it wants it in a subject ("[AbuseID:77]").
    Message-IDs stand in their angle brackets. `text` is all that can be read, `own_text` without
    what it quotes. No address, name or word of the message is in its `repr`.
    """

    kind: Kind
    automatic: bool
    claims: tuple[Claim, ...] = ()
    acknowledges: bool = False
    ticket: str | None = None
    ticket_tag: str | None = None
    action: str | None = None
    recipient: str | None = field(default=None, repr=False)
    original_recipient: str | None = field(default=None, repr=False)
    status: str | None = None
    permanent: bool | None = None
    reason: str = field(default="", repr=False)
    original_message_id: str | None = None
    envelope_id: str | None = None
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    sender: str = field(default="", repr=False)
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    own_text: str = field(default="", repr=False)
    numbers: tuple[str, ...] = ()
    tokens: tuple[str, ...] = field(default=(), repr=False)
    returned_tokens: tuple[str, ...] = field(default=(), repr=False)
    attachments: tuple[Attachment, ...] = ()
    origin: Origin | None = None
    cut: bool = False

    @property
    def claim(self) -> Claim | None:
        """The most important claim, if any."""
        return self.claims[0] if self.claims else None
