"""What comes back by mail, read without database or network: `classify(raw) -> Inbound`."""

from notices.inbound.model import Attachment, Claim, Inbound, Kind, Origin
from notices.inbound.sorting import classify

__all__ = ["Attachment", "Claim", "Inbound", "Kind", "Origin", "classify"]
