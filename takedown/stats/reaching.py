"""Whether letters reach a provider: the state of its contacts, and what came of letters by medium.

One function a measure, its docstring the definition; each answers with SQL.
"""

from collections.abc import Callable
from typing import Final

from takedown.stats import answering
from takedown.stats.answer import Figures, about, letters, naming
from takedown.stats.facts.cases import naive
from takedown.stats.facts.layout import files
from takedown.stats.facts.reading import Facts
from takedown.stats.query import Query


def contacts() -> str:
    """Contacts in use that people have approved, as of the facts."""
    return "coalesce(contacts, 0)"


def contact_bounces() -> str:
    """Bounces at the worst of its contacts since a letter last got through, as of the facts."""
    return "coalesce(contact_bounces, 0)"


def hours_since_bounce() -> str:
    """Hours from the last bounce at a contact to the making of the facts."""
    return "(epoch(now) - epoch(last_bounce_at)) / 3600"


def hours_since_answer() -> str:
    """Hours from the last answer of a contact to the making of the facts."""
    return "(epoch(now) - epoch(last_answer_at)) / 3600"


def given_up() -> str:
    """Letters that no recipient's side ever accepted, by mail or by an interface: tried until they
    were given up. The period is that of their composition."""
    return "count(*) - count(accepted_at)"


STATE: Final[dict[str, Callable[[], str]]] = {
    "contacts": contacts,
    "contact_bounces": contact_bounces,
    "hours_since_bounce": hours_since_bounce,
    "hours_since_answer": hours_since_answer,
}
"""Of the contacts, by the name under which `reaching` bears them."""


def reaching(facts: Facts, query: Query) -> Figures:
    """How letters arrive, by provider under `items`: the state of its contacts, and under `media`
    what came of its letters by medium ({email, api, form}). The period is that of acceptance, of
    those never accepted that of composition, whatever the clock."""
    mine = None if query.provider is None else facts.number_of(query.provider) or -1
    media = _media(facts, query)
    state = ", ".join(f"{sql()} AS {name}" for name, sql in STATE.items())
    rows = facts.cursor().execute(
        f"""SELECT number, {state} FROM {files([facts.path / "providers.parquet"])},
        (SELECT ?::TIMESTAMP AS now) WHERE number = coalesce(?, number)""",
        [naive(facts.as_of), mine],
    )
    items = [
        {
            **naming(facts, number),
            **dict(zip(STATE, found, strict=True)),
            "media": media.get(number, []),
        }
        for number, *found in rows.fetchall()
        if found[0] or number in media
    ]
    items.sort(key=lambda item: (item["provider"], item["provider_id"]))
    return about(facts, query) | {"items": items}


def _media(facts: Facts, query: Query) -> dict[int, list[Figures]]:
    """By number of the provider: what came of its letters, by medium."""
    begin, finish = naive(query.from_), naive(query.to or facts.as_of)
    cursor = facts.cursor().execute(
        f"""SELECT provider, medium, count(accepted_at) AS letters,
            {answering.bounced()} AS bounced, {answering.undelivered()} AS undelivered,
            {given_up()} AS given_up
        FROM (SELECT *, coalesce(accepted_at, composed_at) AS moment FROM {letters(facts)})
        WHERE moment < ? AND moment >= coalesce(?, moment) AND mode <> 'rehearsal'
        AND kind IN ('first', 'reminder', 'escalation')
        AND (accepted_at IS NOT NULL OR status = 'failed')
        GROUP BY provider, medium ORDER BY provider, medium""",
        [finish, begin],
    )
    assert cursor.description is not None
    names = [column[0] for column in cursor.description][1:]
    found: dict[int, list[Figures]] = {}
    for number, *values in cursor.fetchall():
        found.setdefault(number, []).append(dict(zip(names, values, strict=True)))
    return found
