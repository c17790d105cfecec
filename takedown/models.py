"""Every table in one import: what migrations and the test of models against them look at."""

from takedown.audit import AuditEntry, Event
from takedown.checks.models import Check, CheckState, Lane, ManualFinding, Sample, Spell
from takedown.db import Base
from takedown.episodes.models import Episode
from takedown.heartbeats import Heartbeat
from takedown.hosts.models import (
    Contact,
    Host,
    Provider,
    ProviderAlias,
    ProviderDomain,
    ProviderMark,
    ProviderMerge,
    ProviderNumber,
    ProviderRange,
    Trace,
    TraceProvider,
)
from takedown.outbox.connectors.models import ConnectorRow
from takedown.outbox.inbox.models import Claim, InboundMail
from takedown.outbox.ladder.models import Ladder, LadderStep
from takedown.outbox.models import Delivery, Notice, NoticeUrl
from takedown.outbox.pace.models import Calendar
from takedown.outbox.texts.models import TemplateCopy, TemplateReview
from takedown.people.models import ApiAnswer, ApiToken, Attempt, User, WebSession
from takedown.people.tasks import Task
from takedown.routes.models import (
    Agreement,
    DoNotForward,
    Hold,
    Member,
    Route,
    RouteChange,
    UrlRoute,
)
from takedown.stats.publication.models import Publication, PublicationFile
from takedown.urls.models import Report, Url

__all__ = [
    "Agreement",
    "ApiAnswer",
    "ApiToken",
    "Attempt",
    "AuditEntry",
    "Base",
    "Calendar",
    "Check",
    "CheckState",
    "Claim",
    "ConnectorRow",
    "Contact",
    "Delivery",
    "DoNotForward",
    "Episode",
    "Event",
    "Heartbeat",
    "Hold",
    "Host",
    "InboundMail",
    "Ladder",
    "LadderStep",
    "Lane",
    "ManualFinding",
    "Member",
    "Notice",
    "NoticeUrl",
    "Provider",
    "ProviderAlias",
    "ProviderDomain",
    "ProviderMark",
    "ProviderMerge",
    "ProviderNumber",
    "ProviderRange",
    "Publication",
    "PublicationFile",
    "Report",
    "Route",
    "RouteChange",
    "Sample",
    "Spell",
    "Task",
    "TemplateCopy",
    "TemplateReview",
    "Trace",
    "TraceProvider",
    "Url",
    "UrlRoute",
    "User",
    "WebSession",
]
