"""Registries that send us on: to another's RDAP, to a desk, to WHOIS about a name."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from patience import within

from takedown.hosts.bootstrap import Bootstrap
from takedown.hosts.inquiry import Inquiry, Said
from takedown.hosts.limits import Limits
from takedown.hosts.memory import Memory
from takedown.hosts.registry import Registry
from takedown.hosts.whois_names import WhoisNames

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Answers = dict[str, Any]


@contextmanager
def registry(answers: Answers) -> Iterator[tuple[str, list[str]]]:
    """An RDAP server: answers by path, 404 else; the paths that were asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            found = answers.get(self.path)
            body = json.dumps(found or {"errorCode": 404}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def inquire(base: str, names: WhoisNames | None = None, **asked: Any) -> Said:
    """Ask what registries say, by lists that stand on the same machine."""
    lists = Bootstrap(None, 2.0, lambda _: True, base)
    told = Registry(None, 2.0, lambda _: True, lists, base, names)
    inquiry = Inquiry(told, Memory(), Limits(), 8, 6.0, NOW)
    return inquiry.ask(dict.fromkeys(asked.get("addresses", ())), asked.get("domains", ()))


def services(base: str) -> Answers:
    def one(*selectors: str) -> Answers:
        return {"services": [[list(selectors), [f"{base}/"]]]}

    return {
        "/dns.json": one("example"),
        "/asn.json": one("64496-64511"),
        "/ipv4.json": one("192.0.2.0/24"),
        "/ipv6.json": one("2001:db8::/32"),
    }


def link(rel: str, href: str) -> Answers:
    return {"rel": rel, "href": href, "type": "application/rdap+json"}


def desk(*mails: str, role: str = "abuse") -> Answers:
    card = ["vcard", [["fn", {}, "text", "Desk"], *(["email", {}, "text", m] for m in mails)]]
    return {"roles": [role], "vcardArray": card}


NET = {"startAddress": "192.0.2.0", "endAddress": "192.0.2.255", "name": "WIDE", "country": "NL"}


def test_a_referral_to_the_registry_that_knows_more_is_followed() -> None:
    near: Answers = {"/ip/192.0.2.1": {**NET, "name": "NEAR", "entities": [desk("a@near.example")]}}
    answers: Answers = {}
    with registry(near) as (second, _), registry(answers) as (first, asked):
        links = [link("self", f"{first}/ip/192.0.2.1"), link("related", f"{second}/ip/192.0.2.1")]
        answers |= services(first) | {"/ip/192.0.2.1": {**NET, "links": links}}
        said = inquire(first, addresses=["192.0.2.1"]).addresses["192.0.2.1"]
    assert said.network == "NEAR" and said.abuse[0].address == "a@near.example"
    assert said.earlier[0]["name"] == "WIDE" and said.problems == ()
    assert asked.count("/ip/192.0.2.1") == 1


def test_a_registrar_is_asked_where_the_registry_of_the_suffix_knows_its_name_alone() -> None:
    answers: Answers = {}
    registrar: Answers = {
        "/domain/files.example": {
            "ldhName": "files.example",
            "entities": [{**desk(role="registrar"), "entities": [desk("abuse@registrar.example")]}],
        }
    }
    with registry(registrar) as (second, _), registry(answers) as (first, _):
        thin = {
            "ldhName": "files.example",
            "status": ["client hold"],
            "entities": [desk(role="registrar")],
            "links": [link("related", f"{second}/domain/files.example")],
        }
        answers |= services(first) | {"/domain/files.example": thin}
        said = inquire(first, domains=["files.example"]).domains["files.example"]
    assert said.abuse[0].address == "abuse@registrar.example"
    assert said.status == ("client hold",) and said.registrar == "Desk"


def test_a_desk_that_is_named_without_its_card_is_asked_about() -> None:
    answers: Answers = {}
    with registry(answers) as (base, _):
        bare = {"handle": "D1", "roles": ["abuse"], "links": [link("self", f"{base}/entity/D1")]}
        answers |= services(base) | {
            "/ip/192.0.2.1": {**NET, "entities": [bare]},
            "/entity/D1": {"handle": "D1", **desk("abuse@near.example", role="")},
        }
        said = inquire(base, addresses=["192.0.2.1"]).addresses["192.0.2.1"]
    assert said.abuse[0].evidence == "abuse role of the address, referred"
    assert said.network == "WIDE" and said.covers("192.0.2.9")


@pytest.mark.parametrize(
    "href",
    [
        "{base}/ip/192.0.2.1",  # itself
        "https://192.0.2.9/ip/192.0.2.1",  # not on this machine: the lists are
        "http://registry.test/ip/192.0.2.1",
        "{base}/elsewhere",
        "gopher://127.0.0.1/ip/192.0.2.1",
        "http://[broken/ip/192.0.2.1",
        7,
    ],
)
def test_a_referral_to_itself_to_nowhere_or_past_the_guard_is_not_followed(href: Any) -> None:
    answers: Answers = {}
    with registry(answers) as (base, asked):
        target = href.format(base=base) if isinstance(href, str) else href
        answers |= services(base) | {
            "/ip/192.0.2.1": {**NET, "links": [link("related", target), 7, {"rel": 7}]}
        }
        said = inquire(base, addresses=["192.0.2.1"]).addresses["192.0.2.1"]
    assert said.network == "WIDE" and said.problems == ("no abuse contact for the address",)
    assert [path for path in asked if "json" not in path] == ["/ip/192.0.2.1"]


def test_referrals_that_never_end_are_followed_twice() -> None:
    answers: Answers = {}
    with registry(answers) as (base, asked):
        for n in range(9):
            following = link("related", f"{base}/x{n + 1}/ip/192.0.2.1")
            answers[f"/x{n}/ip/192.0.2.1"] = {**NET, "name": f"N{n}", "links": [following]}
        first = {**NET, "links": [link("related", f"{base}/x0/ip/192.0.2.1")]}
        answers |= services(base) | {"/ip/192.0.2.1": first}
        said = inquire(base, addresses=["192.0.2.1"]).addresses["192.0.2.1"]
    assert said.network == "N1" and len(said.earlier) == 2
    assert len([path for path in asked if "/ip/" in path]) == 3


def test_lists_that_cannot_be_had_are_asked_for_once_a_minute() -> None:
    with registry({}) as (base, asked):
        said = inquire(base, addresses=["192.0.2.1"], domains=["files.example", "b.example"])
    assert {s.problems for s in said.domains.values()} == {("registry lists: not reachable",)}
    assert said.addresses["192.0.2.1"].down and len(asked) == 1


@contextmanager
def whois(
    answers: dict[str, str], talk: Callable[[socket.socket], None] | None = None
) -> Iterator[str]:
    """A WHOIS server: answers by the line that it is sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    here = f"127.0.0.1:{listener.getsockname()[1]}"

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                question = connection.recv(1_000).decode().strip()
                if talk is not None:
                    talk(connection)
                else:
                    connection.sendall(
                        answers.get(question, "no match\n").format(here=here).encode()
                    )

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


SUFFIX = """\
% a record of a suffix
domain:       TEST
organisation: A Registry
address:      1 Example Street
address:      France
contact:      administrative
address:      Germany
whois:        {here}
"""
DOMAIN = """\
Domain Name: FILES.TEST
Registrar WHOIS Server: {here}
Registrar: A Registrar
Registrar Abuse Contact Email: Abuse@registrar.example
Registrant Email: owner@files.test
Tech Email: abuse@files.test
Domain Status: clientHold https://registry.example/epp#clientHold
Name Server: NS1.example.net
"""
INDENTED = """\
Domain name: files.test

Registrar:
   A Registrar
   1 Example Street

Abuse Contact:
   +31.0
   abuse@registrar.example

Domain nameservers:
   ns1.example.net
"""


@pytest.mark.parametrize("text", [DOMAIN, INDENTED])
def test_a_suffix_whose_registry_has_no_rdap_is_asked_by_whois(text: str) -> None:
    answers: Answers = {}
    with whois({"test": SUFFIX, "files.test": text}) as server, registry(answers) as (base, _):
        answers |= services(base)
        names = WhoisNames(lambda _: False, server)
        said = inquire(base, names, domains=["files.test"]).domains["files.test"]
    assert said.registrar == "A Registrar" and said.source == "whois"
    assert [mail.address for mail in said.abuse] == ["abuse@registrar.example"]
    assert (said.registry, said.registry_country) == ("A Registry", "FR")
    assert said.status == (("clienthold",) if text is DOMAIN else ())
    assert "no registry answers for the domain's registrar" in said.problems


def hears(connection: socket.socket, said: bytes) -> bool:
    """Whether somebody is still there to be told."""
    try:
        connection.sendall(said)
    except OSError:
        return False
    return True


def test_a_whois_server_that_never_ends_is_cut_off() -> None:
    def drip(connection: socket.socket) -> None:
        while hears(connection, b"x: y\n"):
            time.sleep(0.02)

    with within(2), whois({}, drip) as server:
        said = WhoisNames(lambda _: False, server).look_up("files.test", 0.5)
    assert said.down
    assert said.problems == ("WHOIS of the domain's registrar: no answer in time",)

    def flood(connection: socket.socket) -> None:
        while hears(connection, b"organisation: " + b"x" * 5_000 + b"\n"):
            pass

    with whois({}, flood) as server:
        said = WhoisNames(lambda _: False, server).look_up("files.test", 2.0)
    assert said.registry is not None and len(said.registry) <= 1_000


@pytest.mark.parametrize(
    ("suffix", "problem"),
    [
        ("whois: 127.0.0.1\n", "WHOIS of the domain's registrar: not reachable"),
        ("whois: 127.0.0.1:25\n", "WHOIS of the domain's registrar: not reachable"),
        ("refer: ns.files.test\n", "no registrar named"),
        ("refer: http://127.0.0.1/\n", "no registrar named"),
    ],
)
def test_a_whois_server_on_this_machine_leads_nowhere_else_and_none_to_the_owner(
    suffix: str, problem: str
) -> None:
    with whois({"test": suffix}) as server:
        said = WhoisNames(lambda _: True, server).look_up("files.test", 2.0)
    assert said.problems == (problem,)
