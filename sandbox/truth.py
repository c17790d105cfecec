"""What really is: the world and its stories as plain documents for players and tests."""

from datetime import datetime

from sandbox.characters import CHARACTERS
from sandbox.clock import written
from sandbox.fate import END
from sandbox.providers import PROVIDERS, REGISTRARS
from sandbox.scene import Scene


def _end(moment: datetime) -> str | None:
    return None if moment == END else written(moment)


def world(scene: Scene) -> dict[str, object]:
    """As `/world` answers."""
    return {
        "seed": scene.seed,
        "now": written(scene.clock.now()),
        "providers": [
            {
                "key": p.key,
                "name": p.name,
                "character": scene.characters[p.key].name,
                "says": scene.characters[p.key].says,
                "country": p.country,
                "asn": p.asn,
                "range": list(p.range),
                "addresses": list(p.addresses),
                "is_proxy": p.is_proxy,
                "abuse": p.abuse,
                "abuse_in_rdap": p.rdap not in ("no_abuse", "missing"),
                "in_asn_table": p.listed,
                "rdap": p.rdap,
                "mail": p.mail,
                "moves_to": p.moves_to,
                "removal_can_be_seen": scene.characters[p.key].seen,
                "api_token": f"sandbox-{p.key}",
            }
            for p in PROVIDERS.values()
        ],
        "registrars": [
            {"key": r.key, "name": r.name, "country": r.country, "abuse": r.abuse}
            for r in REGISTRARS.values()
        ],
        "hosts": [
            {
                "name": h.name,
                "domain": h.domain,
                "provider": h.provider,
                "front": h.front,
                "registrar": h.registrar,
                "dns": h.dns,
            }
            for h in scene.hosts.values()
        ],
        "characters": {c.name: c.says for c in CHARACTERS.values()},
    }


def of(scene: Scene, key: str) -> dict[str, object] | None:
    """The story of one Url up to the end that the notices so far lead to; None: no such host.

    `up`: spans in which the item exists, the last without end while nothing ends it.
    `removed_at`: the first end by removal or loss of the name, past or to come.
    """
    told, host = scene.story(key), scene.hosts.get(key.partition("/")[0])
    if told is None or host is None:
        return None
    now = scene.clock.now()
    first, here = PROVIDERS[host.provider], PROVIDERS[told.place(now).provider]
    ends = [until for _, until in told.up if until != END]
    facing = PROVIDERS[host.front] if host.front else here
    notices = scene.notices(key)
    return {
        "host": host.name,
        "provider": here.key,
        "provider_name": here.name,
        "first_provider": first.key,
        "front": host.front,
        "seen_provider": facing.key,
        "country": facing.country,
        "asn": facing.asn,
        "character": scene.characters[here.key].name,
        "removal_can_be_seen": scene.characters[here.key].seen,
        "up": [[written(since), _end(until)] for since, until in told.up],
        "is_up": told.is_up(now),
        "removed_at": written(ends[0]) if ends else None,
        "stays_up": not ends,
        "name_gone_at": _end(told.name_until),
        "moved": [
            {"at": written(stay.since), "from": before.provider, "to": stay.provider}
            for before, stay in zip(told.places, told.places[1:], strict=False)
        ],
        "notices": [
            {
                "received_at": written(n.received),
                "organisation": n.organisation,
                "reference": n.reference,
            }
            for n in notices
        ],
        "reminded": len(notices) > 1,
    }
