"""Delivery reports as the standard has them (RFC 3464), read by lines: many are broken."""

import re
from dataclasses import replace
from typing import Final

from notices.inbound.model import Failure

_LONGEST: Final = 100_000
_ENHANCED: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_REPLY: Final = re.compile(r"(?<![\d.#:-])([45])\d\d(?=[ -])")
_PASSING: Final = re.compile(
    r"try (?:it )?again|temporar|(?:still|will) be(?:ing)? retried|later\b", re.I
)
_ORDER: Final = ("failed", "delayed", "delivered", "relayed", "expanded")
_BY_CLASS: Final = {"5": "failed", "4": "delayed", "2": "delivered"}

Block = dict[str, str]


def blocks(text: str) -> list[Block]:
    """The groups of fields, names in lower case, values unfolded; the first of a name counts."""
    found: list[Block] = [{}]
    last = ""
    for line in text[:_LONGEST].split("\n"):
        if not line.strip():
            found.append({})
        elif line[0] in " \t":
            if last in found[-1]:
                found[-1][last] = f"{found[-1][last]} {line.strip()}"[:2000]
        else:
            name, colon, value = line.partition(":")
            last = name.strip().lower() if colon else ""
            found[-1].setdefault(last, value.strip()[:2000])
    return [block for block in found if block]


def failure(text: str) -> Failure | None:
    """The weightiest group about a recipient: a failure before a delay before a success."""
    told = [_told(block) for block in blocks(text) if _about_recipient(block)]
    return min(told, key=lambda one: _ORDER.index(one.action), default=None)


def envelope_id(text: str) -> str | None:
    """Our own name of the delivery, as it was given to the server (RFC 3461, xtext decoded)."""
    given = next((b[k] for b in blocks(text) if (k := "original-envelope-id") in b), "")
    plain = re.sub(r"\+([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), given[:100])
    return plain if plain and plain.isprintable() else None


def original_message_id(text: str) -> str | None:
    """The field of disposition reports, which some put into delivery reports too (RFC 8098)."""
    given = next((b[k] for b in blocks(text) if (k := "original-message-id") in b), "")
    match = re.search(r"<[^<>\s]{1,900}>", given)
    return match[0] if match else None


def _about_recipient(block: Block) -> bool:
    named = "final-recipient" in block or "original-recipient" in block
    return named and "disposition" not in block  # that tells of a reader, not of a delivery


def _told(block: Block) -> Failure:
    diagnosis = re.sub(r"^[\w-]+ *; *", "", block.get("diagnostic-code", ""))
    status = enhanced(block.get("status", "")) or enhanced(diagnosis)
    action = block.get("action", "").lower().split(" ")[0]
    if action not in _ORDER:
        action = _BY_CLASS[status[0]] if status else "failed"
    final = address(block.get("final-recipient", ""))
    original = address(block.get("original-recipient", ""))
    if not re.search(r"[^\W\d_]{2}", diagnosis):  # "X-Unix; 77" tells nobody anything
        diagnosis = block.get("status", "").partition(" ")[2].strip("() ")
    return Failure(
        action=action,
        recipient=final or original,
        original_recipient=original,
        status=status,
        permanent=action == "failed" and lasting(status, diagnosis),
        reason=" ".join(diagnosis.split())[:500],
    )


def address(field: str) -> str | None:
    """The mail address of a field like `rfc822; <one@example.org>`; None where it is none."""
    given = field.rpartition(";")[2].strip().strip("<>").strip()
    return given[:320] if re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", given) else None


def enhanced(text: str) -> str | None:
    """The first enhanced status code in a text (RFC 3463), never a part of an IP address."""
    match = _ENHANCED.search(text)
    return match[0] if match else None


def lasting(status: str | None, words: str) -> bool:
    """Whether a failure is of the address, not of the moment: by code, else by its words."""
    code = status or (match[0] if (match := _REPLY.search(words)) else None)
    return code[0] == "5" if code else not _PASSING.search(words)


def completed(told: Failure, *, recipient: str | None, reason: str) -> Failure:
    """The same, its gaps filled with what was read elsewhere."""
    return replace(told, recipient=told.recipient or recipient, reason=told.reason or reason)
