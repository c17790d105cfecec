"""How a message is taken apart: text, files, threads, tokens, origins."""

from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest
from inbound_mail import mail, read

from notices import tokens
from notices.inbound import Kind, Origin, classify

TEMPLATES = Path(__file__).parents[2] / "notices" / "templates"

DELIVERY = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
TOKEN = tokens.sign(b"k" * 32, DELIVERY)


def test_html_is_read_as_text_and_nothing_of_it_lives() -> None:
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content(
        "<html><head><title>no</title><style>p{}</style></head><body><script>alert(1)</script>"
        "<p>We <b>have</b> removed&nbsp;it &lt;script&gt;.</p><!-- <p>not ours</p> -->"
        "<img src='https://tracker.example/x.png' onerror='x()'>"
        "<a href='https://provider.example/form'>our form</a>"
        "<blockquote><p>please remove</p></blockquote></body></html>",
        subtype="html",
    )
    found = classify(message.as_bytes())
    assert found.text == (
        "We have removed it <script>.\n\nour form <https://provider.example/form>\n\n"
        "> please remove"
    )
    assert found.own_text.startswith("We have removed it")


def test_plain_text_goes_before_its_html_twin() -> None:
    message = EmailMessage()
    message.set_content("plain")
    message.add_alternative("<p>rich</p>", subtype="html")
    assert classify(message.as_bytes()).text == "plain"


def test_files_are_listed_and_refused_by_their_kind() -> None:
    message = EmailMessage()
    message.set_content("see the files")
    message.add_attachment(b"\xff\xd8", maintype="image", subtype="jpeg", filename="../a.jpg")
    message.add_attachment(b"x" * 10, maintype="application", subtype="pdf", filename="a.pdf")
    message.add_attachment("id,url\n", subtype="csv", filename="list.csv")
    message.add_attachment(b"MZ", maintype="text", subtype="csv", filename="list.csv.exe")
    message.add_attachment("<p>x", subtype="html", filename="a\u202ecod.html")
    found = classify(message.as_bytes()).attachments
    assert [(one.name, one.media_type, one.size, one.refused) for one in found] == [
        ("a.jpg", "image/jpeg", 2, True),
        ("a.pdf", "application/pdf", 10, True),
        ("list.csv", "text/csv", 7, False),
        ("list.csv.exe", "text/csv", 2, True),
        ("acod.html", "text/html", 5, True),
    ]


def test_a_message_that_came_along_is_a_file_not_text() -> None:
    inner = EmailMessage()
    inner.set_content("The content has been removed.")
    message = EmailMessage()
    message.set_content("Is this yours?")
    message.add_attachment(inner)
    found = classify(message.as_bytes())
    assert (found.text, found.claims) == ("Is this yours?", ())
    assert [one.media_type for one in found.attachments] == ["message/rfc822"]


def test_threads_numbers_and_tokens_are_found() -> None:
    raw = mail(
        "About [NTD-2026-000124] too.",
        "Re: [ntd-2026-000123] x",
        In_Reply_To="<a@hotline.example>",
        References="<a@hotline.example> <b@hotline.example>",
        Delivered_To=f"notices+{TOKEN.upper()}@hotline.example",
        Received=f"from mx.example by mail.example for <notices+{TOKEN}@hotline.example>; today",
    )
    found = classify(raw)
    assert found.message_id == "<answer.1@provider.example>"
    assert found.in_reply_to == "<a@hotline.example>"
    assert found.references == ("<a@hotline.example>", "<b@hotline.example>")
    assert found.numbers == ("NTD-2026-000123", "NTD-2026-000124")
    assert found.tokens == (TOKEN,)
    assert tokens.verify(b"k" * 32, found.tokens[0]) == DELIVERY
    assert found.sender == "abuse@provider.example"


def test_a_token_in_the_text_is_no_address() -> None:
    assert read(f"write to notices+{TOKEN}@hotline.example").tokens == ()


def test_nothing_of_the_message_is_in_its_repr() -> None:
    shown = repr(
        read(f"https://canary.example/x was removed. Origin IP: 203.0.113.5, to {TOKEN}@a.example")
    )
    for secret in ("canary", "203.0.113.5", 'provider.example>"', "abuse@", TOKEN):
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "addresses", "provider"),
    [
        ("The origin IP is 203.0.113.5.", ("203.0.113.5",), None),
        ("Origin IP address: 203[.]0[.]113[.]5", ("203.0.113.5",), None),
        ("The origin server is at 2001:DB8::5 and 203.0.113.5:443", ("2001:db8::5", "203.0.113.5"),
         None),
        ("Hosting Provider:\n-----------------\nExample Hosting Ltd\n\nAbuse Contact:\n"
         "--------------\nabuse@host.example", (), "Example Hosting Ltd"),
        ("The site is hosted by Example Networks, 198.51.100.7.", ("198.51.100.7",),
         "Example Networks"),
        ("The actual hosting provider is Example B.V. (AS64496).", (), "Example B.V"),
        ("The domain currently resolves to:\n203.0.113.5\n203.0.113.6", ("203.0.113.5",
         "203.0.113.6"), None),
        ("L'adresse IP d'origine est 203.0.113.5.", ("203.0.113.5",), None),
        ("L'hébergeur est Exemple SAS.", (), "Exemple SAS"),
        ("Die Ursprungs-IP lautet 203.0.113.5, der Hoster ist Beispiel GmbH.", ("203.0.113.5",),
         "Beispiel GmbH"),
        ("Het oorspronkelijke IP-adres (oorsprong) is 203.0.113.5", ("203.0.113.5",), None),
        ("La IP de origen es 203.0.113.5", ("203.0.113.5",), None),
    ],
)  # fmt: skip
def test_an_origin_is_told_in_many_ways(
    text: str, addresses: tuple[str, ...], provider: str | None
) -> None:
    found = read(f"We are only a reverse proxy.\n\n{text}\n").origin
    assert found is not None
    assert (found.addresses, found.provider) == (addresses, provider)


@pytest.mark.parametrize(
    "text",
    [
        "We are not the hosting provider.",
        "Version 1.2.3.4 of our software handled this.",
        "The origin is 127.0.0.1 or 0.0.0.0 or ::1.",
        "Your mail came from 203.0.113.5.",
        "It is hosted by us.",
        "At 12:30:45 on 10.11.2026 we looked.",
    ],
)
def test_no_origin_is_read_where_none_is_told(text: str) -> None:
    assert read(text).origin is None


def test_the_contact_of_the_host_is_told_with_it() -> None:
    found = read("It is hosted by Example Ltd, abuse contact: abuse@host.example")
    assert found.origin == Origin((), "Example Ltd", "abuse@host.example")


@pytest.mark.parametrize("lang", ["en", "fr", "de", "nl", "es"])
def test_our_own_words_sent_back_unmarked_claim_no_removal(lang: str) -> None:
    files = sorted((TEMPLATES / lang).glob("*/body.txt"))
    assert files
    for file in files:
        if file.parent.name not in ("closure", "retraction"):
            found = classify(mail(file.read_text()))
            assert not {"removed", "gone"} & set(found.claims), file


@pytest.mark.parametrize("raw", [b"", b"\n", b"\0", b"\xff\xfe", b"From ", b":", b"a: b"])
def test_what_is_no_mail_at_all_is_for_a_person(raw: bytes) -> None:
    assert classify(raw).kind is Kind.HUMAN
