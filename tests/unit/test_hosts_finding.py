"""What DNS, tables and registries say together: countries, contacts, owners, carriers."""

from datetime import timedelta

import pytest

from takedown.hosts.asn_table import Network
from takedown.hosts.cards import AbuseMail
from takedown.hosts.dns_batch import Dns
from takedown.hosts.domains import private_domain
from takedown.hosts.finding import HostFinding, Local, finding
from takedown.hosts.inquiry import Said
from takedown.hosts.registration import Registration
from takedown.hosts.resolve import Answer

ADDRESS = "192.0.2.1"
NETWORK = Network(64496, "NL", "Example", b"\xc0\0\2\0", b"\xc0\0\2\xff")
RAW = {"objectClassName": "ip network"}


def found(
    of_address: Registration,
    *,
    local: Local | None = None,
    number: Registration | None = None,
    domain: Registration | None = None,
    name: str = "www.files.example",
    registered: str = "files.example",
    site: str | None = None,
    carriers: dict[int, Registration] | None = None,
) -> HostFinding:
    said = Said(
        {ADDRESS: of_address},
        {64496: number or Registration(), **(carriers or {})},
        {registered: domain or Registration()},
    )
    answer = Answer(Dns.OK, (ADDRESS,))
    local = local or Local(NETWORK)
    return finding(name, registered, site, answer, local, said, address=ADDRESS, forbidden=False)


def mail(address: str, last_resort: bool = False) -> AbuseMail:
    return AbuseMail(address, "abuse role of the address", last_resort)


@pytest.mark.parametrize(
    ("registry", "geolocation", "table", "holder", "country", "source"),
    [
        ("FR", "DE", "NL", "US", "FR", "rdap"),
        (None, "DE", "NL", "US", "DE", "geolocation"),
        (None, None, "NL", "US", "NL", "table"),
        (None, None, None, "US", "US", "rdap, of the organisation"),
        (None, None, None, None, None, None),
    ],
)
def test_the_hosting_country_is_the_first_that_is_known(
    registry: str | None,
    geolocation: str | None,
    table: str | None,
    holder: str | None,
    country: str | None,
    source: str | None,
) -> None:
    local = Local(NETWORK._replace(country=table), geolocation)
    one = found(
        Registration(country=registry, organisation_country=holder, raw=RAW),
        local=local,
        domain=Registration(registrar="A Registrar", registrar_country="CA", raw=RAW),
    )
    assert (one.country, one.sources.get("country")) == (country, source)
    told = {
        "registry": registry,
        "geolocation": geolocation,
        "table": table,
        "organisation": holder,
        "registrar": "CA",
    }
    assert one.countries == {fact: code for fact, code in told.items() if code}
    assert one.organisation_country == holder and one.registrar_country == "CA"


def test_that_the_countries_of_an_address_differ_is_pointed_out() -> None:
    apart = found(Registration(country="FR", raw=RAW), local=Local(NETWORK, "FR"))
    words = "the address's country is not agreed on: registry FR, geolocation FR, table NL"
    assert words in apart.problems
    agreed = found(
        Registration(country="NL", organisation_country="US", raw=RAW), local=Local(NETWORK, "NL")
    )
    assert agreed.problems == (), "where its holder sits is another fact"


def test_the_contacts_of_the_address_go_before_those_of_the_number() -> None:
    one = found(
        Registration(
            abuse=(mail("abuse@host.example"), mail("team@registry.example", True)), raw=RAW
        ),
        number=Registration(abuse=(mail("abuse@carrier.example"),), raw=RAW),
        domain=Registration(abuse=(mail("abuse@registrar.example"),), raw=RAW),
    )
    assert [each.address for each in one.abuse] == [
        "abuse@host.example",
        "abuse@carrier.example",
        "team@registry.example",
    ]
    assert [each.address for each in one.registrar_abuse] == ["abuse@registrar.example"]


def test_a_contact_at_the_owners_domain_is_left_out_whoever_names_it() -> None:
    own = (mail("abuse@files.example"), mail("x@mx.files.example"), mail("a@otherfiles.example"))
    one = found(Registration(abuse=own, raw=RAW))
    assert [each.address for each in one.abuse] == ["a@otherfiles.example"]
    assert "a contact at the host's own domain was left out" in one.problems


def test_a_platforms_desk_is_no_tip_off_where_its_users_have_names_of_their_own() -> None:
    told = Registration(abuse=(mail("abuse@blog.example"), mail("me@user.blog.example")), raw=RAW)
    one = found(
        told, name="www.user.blog.example", registered="blog.example", site="user.blog.example"
    )
    assert [each.address for each in one.abuse] == ["abuse@blog.example"]
    assert (one.domain, one.site, one.owner_domain) == (
        "blog.example",
        "user.blog.example",
        "user.blog.example",
    )
    plain = found(told, name="user.blog.example", registered="blog.example", site="blog.example")
    assert plain.abuse == () and plain.site is None and plain.owner_domain == "blog.example"


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("pages.someone.blogspot.com", "someone.blogspot.com"),
        ("blogspot.com", None),
        ("www.example.co.uk", "example.co.uk"),
        ("192.0.2.1", None),
        ("localhost", None),
    ],
)
def test_the_private_part_of_the_suffix_list_says_whose_a_name_is(
    name: str, owner: str | None
) -> None:
    assert private_domain(name) == owner


def test_a_silent_registry_is_no_trouble_where_the_number_has_a_desk() -> None:
    silent = Registration(problems=("registry of the address: silent",), down=True)
    assert found(silent).registry_down
    known = found(silent, number=Registration(abuse=(mail("abuse@carrier.example"),), raw=RAW))
    assert not known.registry_down and known.country == "NL"


def test_what_was_put_off_says_when_to_come_back() -> None:
    later = Registration(problems=("put off",), down=True, put_off_s=30)
    assert found(later).put_off == timedelta(seconds=30)
    known = found(later, number=Registration(abuse=(mail("abuse@carrier.example"),), raw=RAW))
    assert known.put_off is None


def test_carriers_come_with_their_desks() -> None:
    carrier = Registration(
        organisation="A Carrier",
        organisation_country="SE",
        abuse=(mail("abuse@c.example"),),
        raw=RAW,
    )
    one = found(
        Registration(raw=RAW), local=Local(NETWORK, None, (64500, 64501)), carriers={64500: carrier}
    )
    assert one.upstream_asns == (64500, 64501) and one.sources["upstream"] == "table"
    (known,) = one.carriers
    assert (known.asn, known.name, known.country) == (64500, "A Carrier", "SE")
    assert known.abuse[0].address == "abuse@c.example"


def test_the_answers_that_led_to_another_are_evidence_too() -> None:
    one = found(Registration(raw={"n": 2}, earlier=({"n": 1},)))
    assert one.evidence == {"address": {"n": 2}, "address, before": [{"n": 1}]}
