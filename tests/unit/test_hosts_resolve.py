"""DNS on real sockets: every way of not answering stays apart, and the slow delay nobody."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dnslib import AAAA, CNAME, NS, QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSServer
from patience import within

from takedown.hosts.memory import Memory
from takedown.hosts.resolve import Answer, Dns, Resolver


class Zone(BaseResolver):
    """Answers by the first label of a name; `slow` never does while the test lasts."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self.over = threading.Event()

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        name, kind = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        self.asked[name, kind] += 1
        reply = request.reply()
        answers: dict[str, Callable[[], None]] = {
            "nx": lambda: setattr(reply.header, "rcode", RCODE.NXDOMAIN),
            "servfail": lambda: setattr(reply.header, "rcode", RCODE.SERVFAIL),
            "refused": lambda: setattr(reply.header, "rcode", RCODE.REFUSED),
            "empty": lambda: None,
            "half": lambda: self.half(reply, name, kind),
            "alias": lambda: self.alias(reply, name, kind),
            "dangling": lambda: reply.add_answer(
                RR(name, QTYPE.CNAME, rdata=CNAME("nx.example.net"), ttl=60)
            ),
            "circle": lambda: self.link(reply, name, "back.example.test"),
            "back": lambda: self.link(reply, name, "circle.example.test"),
            "step": lambda: self.link(reply, name, "last.example.test"),
            "last": lambda: self.link(reply, name, "www.example.test"),
            "endless": lambda: self.link(reply, name, f"endless.{name.count('.')}.{name[8:]}"),
            "slow": self.slow,
        }
        answers.get(name.split(".")[0], lambda: self.plain(reply, name, kind))()
        return reply

    def plain(self, reply: DNSRecord, name: str, kind: str) -> None:
        if kind == "NS":
            for server in ("ns2.example.net", "NS1.example.net"):
                reply.add_answer(RR(name, QTYPE.NS, rdata=NS(server), ttl=60))
        if kind == "A":
            for address in ("192.0.2.7", "192.0.2.3"):
                reply.add_answer(RR(name, QTYPE.A, rdata=A(address), ttl=60))
        if kind == "AAAA":
            reply.add_answer(RR(name, QTYPE.AAAA, rdata=AAAA("2001:db8::7"), ttl=60))

    def link(self, reply: DNSRecord, name: str, to: str) -> None:
        """An alias alone, as a server gives it that knows nothing of where it leads."""
        reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(to), ttl=60))

    def half(self, reply: DNSRecord, name: str, kind: str) -> None:
        if kind == "AAAA":
            reply.header.rcode = RCODE.SERVFAIL
        else:
            self.plain(reply, name, kind)

    def alias(self, reply: DNSRecord, name: str, kind: str) -> None:
        reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME("edge.example.net"), ttl=60))
        reply.add_answer(
            RR("edge.example.net", QTYPE.CNAME, rdata=CNAME("pop.example.net"), ttl=60)
        )
        self.plain(reply, "pop.example.net", kind)

    def slow(self) -> None:
        self.over.wait(10)


@pytest.fixture(scope="module")
def zone() -> Iterator[tuple[Zone, str]]:
    resolver = Zone()
    server = DNSServer(resolver, address="127.0.0.1", port=0, logger=_Silent())
    server.server.daemon_threads = True
    server.server.handle_error = lambda *_: None  # slow answers come after the end
    server.start_thread()
    yield resolver, f"127.0.0.1:{server.server.server_address[1]}"
    resolver.over.set()
    server.stop()
    server.server.server_close()


@pytest.fixture
def resolver(zone: tuple[Zone, str]) -> Resolver:
    return Resolver((zone[1],), deadline=2.0)


class _Silent:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


@pytest.mark.parametrize(
    ("name", "dns"),
    [
        ("nx.example.test", Dns.NXDOMAIN),
        ("servfail.example.test", Dns.SERVFAIL),
        ("refused.example.test", Dns.REFUSED),
        ("empty.example.test", Dns.NO_DATA),
        ("dangling.example.test", Dns.NXDOMAIN),
        ("circle.example.test", Dns.SERVFAIL),
        ("slow.example.test", Dns.TIMEOUT),
        ("a" * 64 + ".example.test", Dns.SERVFAIL),
    ],
)
def test_every_way_of_not_answering_is_told_apart(resolver: Resolver, name: str, dns: Dns) -> None:
    answer = resolver.addresses([name])[name]
    assert (answer.dns, answer.addresses) == (dns, ())
    assert answer.dns.failed == (dns in (Dns.SERVFAIL, Dns.REFUSED, Dns.TIMEOUT))


def test_addresses_of_both_families_come_with_the_chain_and_the_nameservers(
    resolver: Resolver,
) -> None:
    answers = resolver.resolve({"www.example.test": "example.test", "alias.example.test": None})
    assert answers["www.example.test"] == Answer(
        Dns.OK,
        ("192.0.2.7", "192.0.2.3", "2001:db8::7"),
        nameservers=("ns1.example.net", "ns2.example.net"),
    )
    assert answers["alias.example.test"].aliases == ("edge.example.net", "pop.example.net")
    assert answers["alias.example.test"].addresses[0] == "192.0.2.7"


def test_a_chain_of_aliases_is_followed_to_its_end_also_where_each_is_asked_for(
    resolver: Resolver,
) -> None:
    answer = resolver.addresses(["step.example.test"])["step.example.test"]
    assert answer.aliases == ("last.example.test", "www.example.test")
    assert answer.addresses == ("192.0.2.7", "192.0.2.3", "2001:db8::7")


@pytest.mark.parametrize("name", ["circle.example.test", "endless.example.test"])
def test_aliases_that_lead_in_a_circle_or_nowhere_fail_and_end(
    resolver: Resolver, name: str
) -> None:
    with within(2):
        answer = resolver.addresses([name])[name]
    assert answer.addresses == ()
    assert (answer.dns, answer.circle) == (Dns.SERVFAIL, True)


def test_an_answer_is_used_again_until_its_time_is_over(zone: tuple[Zone, str]) -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    asked, memory = zone[0].asked, Memory()
    for name, wait, times in (
        ("www.ttl.test", 0, 1),
        ("www.ttl.test", 59, 1),
        ("www.ttl.test", 60, 2),
        ("nx.ttl.test", 60, 1),
        ("nx.ttl.test", 119, 1),
        ("nx.ttl.test", 120, 2),
    ):
        found = Resolver((zone[1],), 2.0, memory=memory)
        found.resolve({name: "ttl.test"}, now + timedelta(seconds=wait))
        assert asked[name, "A"] == times
    assert asked["ttl.test", "NS"] == 3


def test_one_family_that_failed_is_pointed_out(resolver: Resolver) -> None:
    answer = resolver.addresses(["half.example.test"])["half.example.test"]
    assert (answer.dns, answer.partial) == (Dns.OK, True)
    assert answer.addresses == ("192.0.2.7", "192.0.2.3")


def test_literals_and_onions_are_asked_of_nobody() -> None:
    nobody = Resolver(("127.0.0.1:1",), deadline=0.2)
    onion = "b" * 56 + ".onion"
    answers = nobody.addresses(["192.0.2.9", "[2001:db8::9]", onion])
    assert answers == {
        "192.0.2.9": Answer(Dns.LITERAL, ("192.0.2.9",)),
        "[2001:db8::9]": Answer(Dns.LITERAL, ("2001:db8::9",)),
        onion: Answer(Dns.ONION),
    }


def test_a_resolver_that_is_not_there_is_a_timeout() -> None:
    gone = Resolver(("127.0.0.1:1",), deadline=1.0)
    assert gone.addresses(["www.example.test"])["www.example.test"].dns is Dns.TIMEOUT


def test_a_batch_has_its_own_cache_and_the_next_one_asks_again(zone: tuple[Zone, str]) -> None:
    asked, name = zone[0].asked, "fresh.example.test"
    for times in (1, 2):
        Resolver((zone[1],), 2.0).addresses([name, name])
        assert asked[name, "A"] == times


def test_many_slow_names_delay_none_of_the_others(zone: tuple[Zone, str]) -> None:
    names = [f"slow.{n}.example.test" for n in range(30)]
    others = [f"www.{n}.example.test" for n in range(30)]
    with within(11.25):  # three rounds of slow ones, and a quarter
        answers = Resolver((zone[1],), deadline=3.0, concurrency=10).addresses([*names, *others])
    assert {answers[name].dns for name in names} == {Dns.TIMEOUT}
    assert {answers[name].dns for name in others} == {Dns.OK}


def test_an_answer_shows_no_address_when_it_is_printed(resolver: Resolver) -> None:
    name = "www.example.test"
    assert "192.0.2" not in repr(resolver.addresses([name])[name])
