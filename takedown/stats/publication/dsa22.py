"""The trusted flagger's yearly report, Regulation (EU) 2022/2065, Article 22(3).

Notices submitted in that capacity, by provider, by type of content, and by what the provider
decided (its word, never our finding). Nothing is withheld: the law asks for identity.
"""

from typing import Any, Final

from takedown.stats.publication import counting
from takedown.stats.publication.annual import Period
from takedown.stats.publication.frozen import Frozen
from takedown.stats.publication.ledger import instant

DECISIONS: Final = ("removed", "disabled", "restricted", "refused", "none", "unknown")
"""`none`: answered, and did nothing; `unknown`: no word of a decision."""
_SAID: Final = {
    "removed": ("removed", "gone", "actioned"),
    "disabled": ("disabled",),
    "restricted": ("restricted",),
    "refused": ("disputed", "refused"),
    "none": ("no_action", "not_ours"),
}


def figures(frozen: Frozen, period: Period) -> dict[str, Any]:
    """`by_provider` and `by_content`: [whose, decision, notices, items] each; `rescinded` notices
    and items; `followed_up`: reminders and escalations; `names` of providers."""
    begin, end = instant(period.begin), instant(period.end)
    with counting.opened(frozen) as ledger:
        ledger.keep(
            "notices",
            f"""SELECT n.notice, n.kind, n.provider_id, n.urls::BIGINT AS items,
            {_decision()} AS decision FROM {frozen.table("notices")} n
            WHERE n.capacity = 'trusted_flagger' AND n.kind IN ('first', 'reminder', 'escalation')
            AND n.accepted_at >= '{begin}' AND n.accepted_at < '{end}'""",
        )
        ledger.keep(
            "items",
            f"""SELECT i.*, n.decision FROM {frozen.table("items")} i
            JOIN notices n ON n.notice = i.notice AND n.kind = 'first'""",
        )
        rescinded = ledger.ask(
            "SELECT count(DISTINCT notice), count(*) FROM items WHERE rescinded = 't'"
        )[0]
        return {
            "names": ledger.names(),
            "by_provider": _listed(ledger, _BY_PROVIDER),
            "by_content": _listed(ledger, _BY_CONTENT),
            "rescinded": {"notices": rescinded[0], "items": rescinded[1]},
            "followed_up": ledger.ask("SELECT count(*) FROM notices WHERE kind <> 'first'")[0][0],
        }


_BY_PROVIDER: Final = """SELECT provider_id, decision, count(*), sum(items)::BIGINT FROM notices
    WHERE kind = 'first' GROUP BY ALL ORDER BY ALL"""
_BY_CONTENT: Final = """SELECT scheme || ' ' || class, decision, count(DISTINCT notice), count(*)
    FROM items GROUP BY ALL ORDER BY ALL"""


def _listed(ledger: counting.Counter, query: str) -> list[list[Any]]:
    return [list(row) for row in ledger.ask(query)]


def _decision() -> str:
    cases = " ".join(
        f"WHEN n.word IN ({', '.join(repr(word) for word in words)}) THEN '{name}'"
        for name, words in _SAID.items()
    )
    return f"CASE {cases} ELSE 'unknown' END"
