"""The trusted flagger's yearly report, Regulation (EU) 2022/2065, Article 22(3).

Notices submitted in that capacity, by provider, by type of content, and by what the provider
decided (its word, never our finding). Nothing is withheld: the law asks for identity.
"""

from typing import Any, Final

from takedown.stats.publication import counting, ledger
from takedown.stats.publication.annual import Period, Step
from takedown.stats.publication.frozen import Frozen

DECISIONS: Final = ("removed", "disabled", "restricted", "refused", "none", "unknown")
"""`none`: answered, and did nothing; `unknown`: no word of a decision."""
_SAID: Final = {
    "removed": ("removed", "gone", "actioned"),
    "disabled": ("disabled",),
    "restricted": ("restricted",),
    "refused": ("disputed", "refused"),
    "none": ("no_action", "not_ours"),
}


def figures(frozen: Frozen, period: Period, *, step: Step = lambda *_: None) -> dict[str, Any]:
    """`providers`, `content`, `decisions`: notices and items of each; `rescinded`; `first_rows`."""
    step("counting", 0, 1)
    decision = _decision()
    begin, end = ledger.instant(period.begin), ledger.instant(period.end)
    notices = f"""SELECT n.notice, n.provider_id, n.urls::BIGINT AS items, {decision} AS decision
        FROM {frozen.table("notices")} n WHERE n.capacity = 'trusted_flagger'
        AND n.kind IN ('first', 'reminder', 'escalation') AND n.accepted_at >= '{begin}'
        AND n.accepted_at < '{end}'"""
    first = f"{notices} AND n.kind = 'first'"
    rows = _ask(
        frozen,
        f"""SELECT provider_id, decision, count(*), sum(items)::BIGINT FROM ({first})
        GROUP BY ALL ORDER BY ALL""",
    )
    content = _ask(
        frozen,
        f"""SELECT i.scheme || ' ' || i.class, n.decision, count(DISTINCT n.notice), count(*)
        FROM ({first}) n JOIN {frozen.table("items")} i ON i.notice = n.notice
        GROUP BY ALL ORDER BY ALL""",
    )
    rescinded = _ask(
        frozen,
        f"""SELECT count(DISTINCT n.notice), count(*) FROM ({first}) n
        JOIN {frozen.table("items")} i ON i.notice = n.notice WHERE i.rescinded = 't'""",
    )[0]
    followed = _ask(frozen, f"SELECT count(*) FROM ({notices} AND n.kind <> 'first')")[0]
    return {
        "names": counting.names(frozen),
        "by_provider": [list(row) for row in rows],
        "by_content": [list(row) for row in content],
        "rescinded": {"notices": rescinded[0], "items": rescinded[1]},
        "followed_up": followed[0],
    }


def _decision() -> str:
    cases = " ".join(
        f"WHEN n.word IN ({', '.join(repr(word) for word in words)}) THEN '{name}'"
        for name, words in _SAID.items()
    )
    return f"CASE {cases} ELSE 'unknown' END"


def _ask(frozen: Frozen, query: str) -> list[tuple[Any, ...]]:
    return counting.ask(frozen, query)
