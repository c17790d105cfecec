"""Failures and delays: kind, recipient, permanent or not, status, our Message-ID."""

from pathlib import Path

import pytest
from bounce_mails import MAILS, ORIGINAL, Judgement, report

from notices.inbound import Inbound, Kind, classify

REAL = Path(__file__).parents[3] / "shared" / "data" / "bounces"

#: Real messages, where they are at hand, as a person reads them.
TABLE = """
lhost-amazonses-01 bounce shironeko@example.co.jp permanent 5.0.0 000001321defbd2a-788e31c8-2be1-422f-a8d4-cf7765cc9ed7-000000@email.amazonses.com
lhost-amazonses-08 bounce e@neko.nyaan.example.org permanent 5.7.9 01010157b3d66b47-d620f4e1-14ae-4cad-8005-3fcf2ce695c9-000000@us-west-2.amazonses.com
lhost-amazonses-14 bounce sironeko@neko.example.org permanent 5.7.1 ffffffffffffffff-00000000-2222-2222-2222-111111111111-ffffff@email.amazonses.com
lhost-amazonses-20 bounce kijitora@google.example.com permanent 5.2.1 0000000000000000-22222222-eeee-eeee-0000-000000000000-000000@email.amazonses.com
lhost-exchange2003-05 bounce kijitora@example.com permanent - 0000000000000000000000000000000@example.com
lhost-exim-04 bounce kijitora@example.ed.jp permanent 5.7.0 E1P1ce6-000Egt-GZ@e1.example.org
lhost-exim-30 bounce kijitora@exmaple.ch permanent 5.7.1 22222222-2222-2222-2222-222222222222@example.de
lhost-exim-36 bounce kijitora@example.edu permanent - neko222-nyaaan-22@neko.example.com
lhost-exim-42 bounce kijitora@example.net permanent 5.7.1 neko222-nyaaan-22@neko.example.com
lhost-exim-48 bounce kijitora@example.net permanent 5.0.0 neko222-nyaaan-22@neko.example.com
lhost-exim-54 bounce kijitora@example.org permanent - nnnnekochan-nyaaan-22@neko22.example.net
lhost-exim-60 bounce nyaan%gol.com@q002.kijitora.gol.com permanent 5.0.0 20180429233445.A00000000222@neko.example.jp
lhost-googlegroups-05 bounce libsisimai@googlegroups.com permanent - E624406D-3C12-4CE2-A37B-C3A15EA6CF1D@example.jp
lhost-googlegroups-11 bounce libsisimai@googlegroups.com permanent - AB289EDD-A887-418F-BEDC-985B36E95118@example.jp
lhost-office365-02 bounce kijitora@example.onmicrosoft.com permanent 5.1.1 c302b7e8-9b97-40ef-90eb-313cc6c25133@NYAAAAN.example.org
lhost-office365-08 bounce nyaan@neko.example.jp permanent 5.4.316 SLXP216MB038146098DE3C3F3086AE5C9A97C0@SLXP216MB0381.KORP216.PROD.OUTLOOK.COM
lhost-outlook-01 bounce kijitora@example.jp permanent 5.2.2 BLU436-SMTP6645ECA6E7FEFFE86D040BBA770@phx.gbl
lhost-outlook-08 bounce kijitora@hotmail.example.com permanent 5.5.0 000000222220000000000000fffffff@example.co.jp
lhost-postfix-05 bounce kijitora@example.org passing 4.1.1 FFFFFFFF.0000000@example.co.jp
lhost-postfix-11 bounce kijitora@example.jp permanent 5.1.8 20150213024558.1BC7520C0F@vagrant-centos65.vagrantup.com
lhost-postfix-28 bounce kijitora@gmail.example.com permanent 5.7.1 20170511082043.260A0D29197@gojo.example.jp
lhost-postfix-34 bounce kijitora@example.com passing - ffffffffffffffff000000002@neko.nyaan.example.jp
lhost-postfix-40 bounce kijitora@example.com passing 4.0.0 0c251003b6531a1291b903ac40322163@example.com
lhost-postfix-52 bounce kijitora@example.co.jp permanent 5.0.0 5bef54197003099438d2f5509afc38b7@example.net
lhost-postfix-58 bounce neko-1718501322@gmail.com permanent 5.7.1 LhK1wDyZgBzyTDCFC8KqxbXHkQzdFqCt@r18.example.org
lhost-postfix-64 bounce xxxx@wanadoo.fr permanent - 1576501935.xxxx@xxxx.fr
lhost-postfix-70 bounce kijitora@google.example.com permanent 5.7.26 20201113004243.AF578C0196A@smtp.example.jp
lhost-postfix-76 bounce this-local-part-does-not-exist@rakumail.jp permanent 5.0.0 C61AA601-6B09-4DE6-A423-40F1777D7F54@example.jp
lhost-qmail-02 bounce userunknown@example.jp permanent 5.1.1 -
lhost-qmail-08 bounce shironeko@example.ad.jp permanent - -
lhost-qmail-14 bounce pseudo-local-part-of-google-gmail@gmail.com permanent 5.7.26 20240624085401.44481.qmail@nq.example.jp
lhost-qmail-20 bounce pseudo-local-part-of-each-esp@gmail.com permanent 5.7.26 20240626062058.58879.qmail@email.example.jp
lhost-sendmail-01 bounce userunknown@bouncehammer.jp permanent 5.1.1 E1C50F1B-1C83-4820-BC36-AC6FBFBE8568@example.org
lhost-sendmail-07 bounce kijitora@example.org permanent 5.0.0 FB1BB909-76BD-490F-8A86-98F3B89D92BF@example.ne.jp
lhost-sendmail-13 bounce kijitora@example.or.jp permanent 5.3.0 00000000000.00000000000@localhost.example.or.jp
lhost-sendmail-19 bounce kijitora@ntt.example.ne.jp permanent 5.2.0 20140429122334.00000000000000@mx1.example.jp
lhost-sendmail-26 bounce this-local-part-does-not-exist-on-the-system@gol.com permanent 5.1.1 0400551B-27D1-4BE9-BDC8-A7C65147AFC9@example.org
lhost-sendmail-32 bounce nyaaan@neko.example.jp permanent 5.1.1 4CB0AF09-E358-4D06-82B8-B8344B55CE02@example.co.jp
lhost-sendmail-38 bounce kijitora@example.com permanent 5.7.1 44E68417-7E14-4546-A844-73B37944BA13@example.jp
lhost-sendmail-44 bounce kijitora@rokujo.example.jp permanent 5.6.0 0F185696-F23C-4C53-8432-E1EE513F5D88@example.co.jp
lhost-sendmail-50 bounce otsu-sakaba-hunter-neko-nyaaaaaaan@ezweb.ne.jp permanent 5.2.0 EB892F31-5CBB-41C3-8365-0F71CBEF83BA@libsisimai.org
lhost-sendmail-56 bounce neko-nyaan@icloud.example.com permanent 5.5.0 201810310653.w9V6rKmd000970@neko.nyaan.jp
lhost-v5sendmail-02 bounce kijitora@neko.example.org permanent - -
rfc3464-01 bounce userunknown@bouncehammer.jp permanent 5.1.1 E1C50F1B-1C83-4820-BC36-AC6FBFBE8568@example.org
rfc3464-09 delay kijitora-cat@mx4.gr3.example.jp passing 4.3.0 00000000000000000000000000000000000000000@example.org
rfc3464-35 bounce kijitora@nyaan.example.com permanent 5.0.0 -
"""  # noqa: E501 - a table


def judged(found: Inbound) -> Judgement:
    return (
        str(found.kind),
        found.recipient,
        found.permanent,
        found.status,
        found.original_message_id,
    )


def expected() -> dict[str, Judgement]:
    table: dict[str, Judgement] = {}
    for line in TABLE.strip().splitlines():
        name, kind, recipient, lasting, status, original = line.split()
        table[name] = (
            kind,
            recipient,
            lasting == "permanent",
            None if status == "-" else status,
            None if original == "-" else f"<{original}>",
        )
    return table


def test_every_real_message_at_hand_is_read_as_a_person_reads_it() -> None:
    at_hand = {file.stem: judged(classify(file.read_bytes())) for file in REAL.glob("*.eml")}
    assert at_hand == (expected() if at_hand else {})


@pytest.mark.parametrize("name", MAILS)
def test_every_form_of_failure_is_read(name: str) -> None:
    raw, judgement = MAILS[name]
    found = classify(raw)
    assert judged(found) == judgement
    assert found.automatic


@pytest.mark.parametrize("name", MAILS)
def test_line_ends_make_no_difference(name: str) -> None:
    raw, judgement = MAILS[name]
    assert judged(classify(raw.replace(b"\n", b"\r\n"))) == judgement


def test_what_the_server_said_is_the_reason() -> None:
    assert classify(MAILS["unknown user"][0]).reason == "550 5.1.1 no such user"
    assert "Unrouteable address" in classify(MAILS["exim"][0]).reason
    assert "full" in classify(MAILS["headers only"][0]).reason


def test_the_envelope_id_names_our_delivery() -> None:
    raw = MAILS["unknown user"][0]
    assert classify(raw).envelope_id == "01890a5d-ac96-774b-bcce-b302099a8057"
    encoded = raw.replace(b"01890a5d-ac96-774b-bcce-b302099a8057", b"NTD-1+2Ba+3Db+20c")
    assert classify(encoded).envelope_id == "NTD-1+a=b c"


def test_a_forwarded_address_keeps_the_one_that_we_wrote_to() -> None:
    found = classify(
        report(
            "Original-Recipient: rfc822;abuse@provider.example\n"
            "Final-Recipient: rfc822;desk@elsewhere.example\nAction: failed\nStatus: 5.2.2"
        )
    )
    assert found.recipient == "desk@elsewhere.example"
    assert found.original_recipient == "abuse@provider.example"


def test_the_outer_report_counts_not_one_inside_the_copy() -> None:
    inner = MAILS["given up after days"][0].decode().replace("=_b", "=_c")
    raw = MAILS["unknown user"][0].decode().replace("Text of the notice.", inner)
    assert judged(classify(raw.encode())) == MAILS["unknown user"][1]


def test_a_receipt_of_a_reader_is_no_failure_and_names_our_message() -> None:
    raw = report(
        "Final-Recipient: rfc822; abuse@provider.example\n"
        f"Original-Message-ID: {ORIGINAL}\nDisposition: automatic-action; displayed",
        subject="Read: Notice",
        told="It was displayed; this is no proof that it was understood.",
        copy="text/plain",
        kind='multipart/report; report-type=disposition-notification; boundary="=_b"',
    ).replace(b"message/delivery-status", b"message/disposition-notification")
    found = classify(raw)
    assert (found.kind, found.original_message_id) == (Kind.AUTO_REPLY, ORIGINAL)
    assert found.permanent is None


def test_a_person_who_speaks_of_failures_is_a_person() -> None:
    raw = (
        b"From: Abuse <abuse@provider.example>\nTo: notices@hotline.example\n"
        b"Subject: Re: your message could not be delivered?\n\n"
        b"Your mail to sales@provider.example was undeliverable (550 5.1.1). Who are you?\n"
    )
    assert classify(raw).kind is Kind.HUMAN
