"""Every figure of the annual report, from frozen facts alone. The same facts give the same bytes.

Counts are triples (see `counting`), rates are the answers of `takedown.stats.figures`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from takedown.stats import figures as live
from takedown.stats.clocks import Clock
from takedown.stats.publication import counting, ledger
from takedown.stats.publication.counting import DAYS, OF_URLS, OUTCOMES, Counted, Counter
from takedown.stats.publication.frozen import Frozen
from takedown.stats.query import Query


@dataclass(frozen=True, slots=True)
class Period:
    """[begin, end) of t0 on the notice clock (Reports: of their receipt), as of `cutoff`; UTC."""

    begin: datetime
    end: datetime
    cutoff: datetime
    clock: Clock = "notified"

    def before(self) -> "Period":
        """The period of equal length before this one, cut off as long after its end.

        A year's is the calendar's, leap days included.
        """
        length = self.end - self.begin
        begin = self.begin - length
        if length >= timedelta(days=365):
            begin = _year_before(self.begin)
        return Period(begin, self.begin, self.begin + (self.cutoff - self.end), self.clock)

    def query(self, **more: Any) -> Query:
        """The same as a query of the figures."""
        return Query(self.clock, self.begin, self.end, self.cutoff, **more)


def figures(frozen: Frozen, period: Period, days: Mapping[str, str] = DAYS) -> dict[str, Any]:
    """All figures: `counts`, `rates`, and the `names` of providers; `days` as in `counting`."""
    with counting.opened(frozen) as ledger:
        counts, names = _counts(ledger, period, days), ledger.names()
    return {"counts": counts, "rates": _rates(frozen, period), "names": names}


def counts_of(frozen: Frozen, period: Period) -> dict[str, Any]:
    """The counts alone, of any period within the frozen ledger."""
    with counting.opened(frozen) as ledger:
        return _counts(ledger, period)


def _counts(ledger: Counter, period: Period, days: Mapping[str, str] = DAYS) -> dict[str, Any]:
    frozen = ledger.frozen
    ledger.keep("ledger_cases", f"SELECT * FROM {frozen.table('cases')}")
    ledger.keep("all_cases", _cases(frozen, period))
    ledger.keep("cases", f"SELECT *, {_HOPPED} AS hopped FROM all_cases")
    ledger.keep("reports", _reports(frozen, period))
    ledger.keep("notices", _notices(frozen, period))
    first = "(SELECT * FROM reports WHERE nth = '1')"
    of = ledger.by_group
    return {
        "reports": {
            "by_source": of("reports", "source", {"new": "nth = '1'", "repeated": "nth <> '1'"}),
            **{f"by_{one.name}": of(first, one.by, {}) for one in OF_URLS},
            "by_country": of(first, "country", {}),
            "by_status": of(first, "status", {}),
        },
        "cases": _ended(ledger, period),
        "days": {
            "by_where": of("cases", _where(frozen), days),
            "by_country": of("cases", "country", days),
            "by_site_type": of("cases", "site_type", days),
            "by_commercial": of("cases", "commercial", days),
        },
        "notices": {
            f"by_{name}": of("notices", name, _NOTICE) for name in ("kind", "medium", "language")
        },
        "outside": {
            "by_reason": [
                {"key": name, "total": _whole(of(f"(SELECT * FROM cases WHERE {sql})", "1", {}))}
                for name, sql in _OUTSIDE.items()
            ]
        },
        "unnotified": {"by_reason": of(_unnotified(period), "reason", {})},
        "domains": _domains(ledger),
        "provisional": ledger.ask("SELECT count(*) FROM cases WHERE provisional = 't'")[0][0],
    }


def _ended(ledger: Counter, period: Period) -> dict[str, list[Counted]]:
    """What became of the cases, by each of the groups."""
    groups = {
        "all": "'all'",
        "by_where": _where(ledger.frozen),
        "by_country": "country",
        "by_provider": "coalesce(named, 'other')",
        "by_role": "role",
        "by_source": "source",
        **{f"by_{one.name}": one.by for one in OF_URLS},
    }
    ended = {**OUTCOMES, "reappeared": "reappeared"}
    found = {name: ledger.by_group("cases", group, ended) for name, group in groups.items()}
    month = f"substr({_START[period.clock]}, 1, 7)"
    return found | {
        "by_tld": ledger.by_group("cases", _SUFFIX, {**ended, "hopped": "hopped"}),
        "by_month": ledger.by_group("cases", month, {}),
    }


_SUFFIX: Final = "CASE WHEN tld = '' THEN 'address' ELSE tld END"
_HOPPED: Final = """coalesce(label IN (SELECT label FROM all_cases WHERE label IS NOT NULL
    GROUP BY label HAVING count(DISTINCT domain) > 1), FALSE)"""


def _where(frozen: Frozen) -> str:
    home = frozen.facts.home or ""
    return (
        f"CASE WHEN country IS NULL THEN NULL WHEN country = '{home}' THEN 'home' ELSE 'abroad' END"
    )


_START: Final = {
    "notified": "notified_at",
    "received": "received_at",
    "registered": "registered_at",
}
CLOCKS: Final = tuple(_START)
_NOTICE: Final = {"bounced": "bounced = 't'", "answered": "answered = 't' AND bounced <> 't'"}
_OUTSIDE: Final = {
    "held": "held = 't'",
    "not_forwardable": "not_forwardable = 't'",
    "not_checkable": "not_checkable = 't'",
    "rescinded": "outcome = 'rescinded'",
    "gone_before": "outcome = 'gone_before_notice'",
}


AGES: Final = (
    *(1, 2, 4, 6, 8, 12, 18, 24, 36, 48, 60, 72, 96, 120, 144, 168, 192, 216, 240, 288, 336, 408),
    *(504, 672),
)
"""Hours at which curves are told: those of the shares, and enough between them to draw."""


def _rates(frozen: Frozen, period: Period) -> dict[str, Any]:
    facts, all_ = frozen.facts, period.query()
    before = period.before()
    sides = {
        "all": live.whole(facts, all_, AGES),
        "home": live.whole(facts, period.query(where="home"), AGES),
        "abroad": live.whole(facts, period.query(where="abroad"), AGES),
    }
    return {
        "overview": sides["all"][0],
        "home": sides["home"][0],
        "abroad": sides["abroad"][0],
        "survival": {name: _points(curve) for name, (_, curve) in sides.items()},
        "countries": live.countries(facts, all_)["items"],
        "providers": live.league(facts, all_)["items"],
        "funnel": live.funnel(facts, all_)["steps"],
        "before": live.overview(facts, before.query())["total"],
        "before_span": [
            before.begin.isoformat(),
            before.end.isoformat(),
            before.cutoff.isoformat(),
        ],
    }


def _points(curve: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The share still there at each of `AGES`, as shares are told; and how many were at risk."""
    return (
        [
            {
                "hours": hours,
                "low": point["low"],
                "high": point["high"],
                "interval": [point["band_low"], point["band_high"]],
                "at_risk": round(point["at_risk"]),
            }
            for hours, point in zip(AGES, curve, strict=True)
        ]
        if curve
        else []
    )


def _cases(frozen: Frozen, period: Period) -> str:
    """The first episode of each Url at each provider, as it stood at the cut-off."""
    at, begin, end = (ledger.instant(one) for one in (period.cutoff, period.begin, period.end))
    start = _START[period.clock]
    return f"""SELECT *, outcome IN ('removed', 'unavailable') AS gone FROM (
      SELECT * EXCLUDE (outcome, reappeared_at),
        CASE WHEN outcome IN ('open', 'rescinded') THEN outcome
          WHEN first_down_at > '{at}' THEN 'open'
          WHEN first_down_at <= notified_at THEN 'gone_before_notice' ELSE outcome END AS outcome,
        coalesce(reappeared_at <= '{at}', FALSE) AS reappeared,
        epoch(first_down_at::TIMESTAMP - notified_at::TIMESTAMP) / 86400.0 AS days,
        ceil(epoch(first_down_at::TIMESTAMP - notified_at::TIMESTAMP) / 60.0) AS minutes
      FROM (SELECT c.*, t.tld, CASE WHEN c.role <> 'site_owner' AND p.name IS NOT NULL
          THEN c.provider_id END AS named
        FROM {frozen.table("cases")} c JOIN {frozen.table("providers")} p ON p.id = c.provider_id
        LEFT JOIN (SELECT url, any_value(tld) AS tld FROM {frozen.episodes()} GROUP BY url) t
          ON t.url = c.url::BIGINT)
      WHERE "primary" = 't' AND nth = '1'
        AND {start} >= '{begin}' AND {start} < '{end}' AND {start} <= '{at}'
        AND notified_at IS NOT NULL)"""


def _reports(frozen: Frozen, period: Period) -> str:
    begin, end = ledger.instant(period.begin), ledger.instant(period.end)
    return (
        f"SELECT * FROM {frozen.table('reports')} WHERE received_at >= '{begin}'"
        f" AND received_at < '{end}'"
    )


def _unnotified(period: Period) -> str:
    """Urls told of for the first time in the period whose provider has accepted no notice of them
    by the cut-off, each with the first reason of these that holds."""
    at = ledger.instant(period.cutoff)
    return f"""(SELECT r.host, CASE WHEN r.status = 'withdrawn' THEN 'withdrawn'
        WHEN c.before THEN 'gone_before' WHEN c.held OR r.status = 'held' THEN 'held'
        WHEN c.not_forwardable THEN 'not_forwardable' WHEN c.url IS NULL THEN 'no_provider'
        WHEN c.route IN ('police', 'hotline', 'regulator') THEN 'way_' || c.route
        WHEN c.route = 'none' THEN 'no_way' ELSE 'waiting' END AS reason
      FROM reports r LEFT JOIN (SELECT url, bool_or(coalesce(notified_at <= '{at}', FALSE)) AS told,
          bool_or(outcome = 'gone_before_notice') AS before, bool_or(held = 't') AS held,
          bool_or(not_forwardable = 't') AS not_forwardable, max(route) AS route
        FROM ledger_cases GROUP BY url) c ON c.url = r.url
      WHERE r.nth = '1' AND NOT coalesce(c.told, FALSE))"""


def _notices(frozen: Frozen, period: Period) -> str:
    """Each notice stands for itself here: it rests on its own addresses, told to somebody."""
    begin, end = ledger.instant(period.begin), ledger.instant(period.end)
    return (
        f"SELECT *, notice AS host FROM {frozen.table('notices')} WHERE accepted_at >= '{begin}'"
        f" AND accepted_at < '{end}'"
    )


def _domains(ledger: Counter) -> dict[str, Any]:
    """Distinct hosts and domains; names that came back under another suffix (TLD hopping)."""
    hosts, domains, hopping, largest = ledger.ask(
        """SELECT count(DISTINCT host), count(DISTINCT domain),
        count(DISTINCT label) FILTER (hopped),
        (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM cases GROUP BY host))
        FROM cases"""
    )[0]
    by_tld = ledger.ask(
        f"""SELECT {_SUFFIX} AS key, count(DISTINCT host), count(DISTINCT domain)
        FROM cases GROUP BY key ORDER BY key NULLS LAST"""
    )
    return {
        "hosts": hosts,
        "domains": domains,
        "hopping": hopping,
        "largest_host": largest,
        "by_tld": [{"key": key, "hosts": own, "domains": names} for key, own, names in by_tld],
    }


def _whole(lines: list[Counted]) -> list[int]:
    found: list[int] = lines[0]["total"] if lines else [0, 0, 0]
    return found


def _year_before(day: datetime) -> datetime:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
