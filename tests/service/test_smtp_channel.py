"""Handing over to real mail servers on loopback: good ones, slow ones, ones that lie."""

import time

import pytest
from patience import eventually, within
from smtp_servers import (
    CLOSE,
    DRIP,
    HANG,
    MESSAGE,
    SENDER,
    TO,
    Accepting,
    aiosmtpd,
    channel,
    hand_over,
    serving,
)

from notices.channels.base import Ambiguous, Receipt, SendError
from notices.errors import BadFacts, UnsafeMessage


def test_what_leaves_arrives_byte_for_byte() -> None:
    handler = Accepting()
    with aiosmtpd(handler) as endpoint:
        receipt = hand_over(endpoint)
    assert receipt == Receipt("relay", "250 2.0.0 Ok: queued as ABC123", "ABC123")
    (envelope,) = handler.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [TO])
    assert envelope.content == MESSAGE


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        ("451 4.7.1 greylisted, come back", False),
        ("450 4.2.1 busy", False),
        ("452 4.2.2 full", False),
        ("550 5.1.1 no such user", True),
        ("554 5.7.1 refused", True),
    ],
)
def test_a_refused_recipient_is_temporary_or_permanent_and_never_armed(
    answer: str, permanent: bool
) -> None:
    armed: list[bool] = []
    with aiosmtpd(Accepting(rcpt=answer)) as endpoint, pytest.raises(SendError) as refused:
        hand_over(endpoint, arm=lambda: bool(armed.append(True)))
    error = refused.value
    assert (error.phase, error.code, error.permanent) == ("rcpt", int(answer[:3]), permanent)
    assert not error.channel_down
    assert not armed
    assert not isinstance(error, Ambiguous)


@pytest.mark.parametrize(("answer", "permanent"), [("451 later", False), ("554 spam", True)])
def test_a_refusal_after_the_dot_is_sure(answer: str, permanent: bool) -> None:
    with aiosmtpd(Accepting(dot=answer)) as endpoint, pytest.raises(SendError) as refused:
        hand_over(endpoint)
    assert (refused.value.phase, refused.value.permanent) == ("dot", permanent)
    assert not isinstance(refused.value, Ambiguous)


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        ("421 4.3.2 closing", False),
        ("450 4.7.1 slow down", False),
        ("452 4.3.1 no room", False),
        ("530 5.7.0 who are you?", False),
        ("550 5.7.1 not from you", False),
        ("552 5.3.4 too large", True),
    ],
)
def test_a_refusal_at_mail_is_about_us_unless_the_message_is_too_large(
    answer: str, permanent: bool
) -> None:
    with serving(MAIL=answer) as server, pytest.raises(SendError) as refused:
        hand_over(server)
    error = refused.value
    assert (error.phase, error.permanent, error.channel_down) == ("mail", permanent, not permanent)


@pytest.mark.parametrize("how", [HANG, DRIP, CLOSE])
@pytest.mark.parametrize(
    ("verb", "phase", "down"),
    [
        ("GREETING", "connect", True),
        ("EHLO", "ehlo", True),
        ("MAIL", "mail", True),
        ("RCPT", "rcpt", False),
        ("DATA", "data", False),
    ],
)
def test_a_server_that_stops_at_a_verb_is_left_in_time_with_nothing_sent(
    verb: str, phase: str, down: bool, how: str
) -> None:
    armed: list[bool] = []
    with (
        serving(**{verb: how}) as server,
        within(1.5),
        pytest.raises(SendError) as stopped,
    ):
        hand_over(server, deadline_s=0.3, arm=lambda: bool(armed.append(True)))
    error = stopped.value
    assert (error.phase, error.channel_down, error.permanent) == (phase, down, False)
    assert not isinstance(error, Ambiguous)
    assert not armed
    assert not server.messages


@pytest.mark.parametrize("how", [HANG, DRIP, CLOSE, "late 1 250 ok", "hello?", "354 more"])
def test_a_server_that_stops_after_the_dot_leaves_the_outcome_unknown(how: str) -> None:
    with serving(DOT=how) as server, within(1.5), pytest.raises(Ambiguous) as stopped:
        hand_over(server, deadline_s=0.3)
    assert stopped.value.phase == "dot"
    assert not stopped.value.permanent
    assert len(server.messages) == 1


def test_a_late_250_within_the_deadline_is_a_receipt() -> None:
    with serving(DOT="late 0.3 250 2.0.0 Ok: queued as LATE99") as server:
        assert hand_over(server, deadline_s=5).queue_id == "LATE99"


def test_a_server_that_stops_reading_is_left_in_time() -> None:
    large = b"Subject: x\r\n\r\n" + b"a" * 70 + b"\r\n" * 4_000_000
    with serving(TEXT=HANG) as server, within(3), pytest.raises(SendError) as stopped:
        hand_over(server, large, deadline_s=0.5)
    assert stopped.value.phase == "text"


@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL", "DOT"])
def test_an_answer_without_end_is_cut(verb: str) -> None:
    endless = "\r\n".join(["250-on and on"] * 5000) + "\r\n250 done"
    with serving(**{verb: endless}) as server, pytest.raises(SendError):
        hand_over(server)
    with serving(**{verb: "250-" + "x" * 100_000}) as server, pytest.raises(SendError):
        hand_over(server)


def test_arming_comes_after_the_whole_text_and_before_the_dot() -> None:
    seen: list[tuple[bytes, int]] = []
    with serving() as server:

        def arm() -> bool:
            eventually(lambda: server.unfinished == [MESSAGE])
            seen.append((server.unfinished[0], len(server.messages)))
            return True

        hand_over(server, arm=arm)
        server.settled()
    assert seen == [(MESSAGE, 0)]
    assert server.messages == [MESSAGE]


def test_a_lost_lease_sends_nothing_and_closes() -> None:
    with serving() as server, channel(server.endpoint) as way:
        with pytest.raises(SendError) as lost:
            way.send(MESSAGE, SENDER, TO, arm=lambda: False, deadline_s=5)
        server.settled()
        assert (lost.value.phase, lost.value.permanent) == ("arm", False)
        assert not lost.value.channel_down
        assert server.messages == []


def test_a_caller_that_breaks_while_arming_sends_nothing_and_closes() -> None:
    def arm() -> bool:
        raise KeyError("the database went away")

    with serving() as server, channel(server.endpoint) as way:
        with pytest.raises(KeyError, match="database"):
            way.send(MESSAGE, SENDER, TO, arm=arm, deadline_s=5)
        server.settled()
        assert server.messages == []


def test_arming_past_the_deadline_sends_no_dot_and_is_sure_of_it() -> None:
    passed = [0.0]

    def arm() -> bool:
        passed[0] += 30
        return True

    with serving() as server, pytest.raises(SendError) as late:
        hand_over(server, arm=arm, clock=lambda: time.monotonic() + passed[0])
    assert late.value.phase == "arm"
    assert not isinstance(late.value, Ambiguous)
    assert server.messages == []


def test_a_refused_connection_is_the_channels_fault() -> None:
    with serving() as server:
        gone = server.endpoint
    with pytest.raises(SendError) as refused:
        hand_over(gone)
    assert (refused.value.phase, refused.value.channel_down) == ("connect", True)
    assert not refused.value.permanent


@pytest.mark.parametrize("answer", ["421 4.3.2 shutting down", "554 5.3.2 go away"])
def test_an_unfriendly_greeting_is_the_channels_fault(answer: str) -> None:
    with serving(GREETING=answer) as server, pytest.raises(SendError) as refused:
        hand_over(server)
    assert (refused.value.code, refused.value.channel_down) == (int(answer[:3]), True)
    assert not refused.value.permanent


def test_a_421_closes_the_connection_and_the_next_send_opens_another() -> None:
    with serving(RCPT="421 4.3.2 closing") as server, channel(server.endpoint) as way:
        with pytest.raises(SendError) as closing:
            way.send(MESSAGE, SENDER, TO, arm=lambda: True, deadline_s=5)
        assert (closing.value.permanent, closing.value.channel_down) == (False, False)
        server.script["RCPT"] = "250 ok"
        way.send(MESSAGE, SENDER, TO, arm=lambda: True, deadline_s=5)
    assert server.connections == 2


def test_one_connection_serves_many_sends_refusals_among_them() -> None:
    with serving() as server:
        with channel(server.endpoint) as way:
            way.send(MESSAGE, SENDER, TO, arm=lambda: True, deadline_s=5)
            server.script["RCPT"] = "550 no"
            with pytest.raises(SendError):
                way.send(MESSAGE, SENDER, TO, arm=lambda: True, deadline_s=5)
            server.script["RCPT"] = "250 ok"
            way.send(MESSAGE, SENDER, TO, arm=lambda: True, deadline_s=5)
        server.settled()
    assert server.connections == 1
    assert " ".join(server.verbs()) == (
        "EHLO MAIL RCPT DATA RSET MAIL RCPT RSET MAIL RCPT DATA QUIT"
    )
    assert server.messages == [MESSAGE, MESSAGE]


def test_a_connection_that_died_between_two_sends_is_opened_again() -> None:
    with serving(RSET=CLOSE) as server:
        with channel(server.endpoint) as way:
            way.send(MESSAGE, SENDER, TO, arm=lambda: True, deadline_s=5)
            way.send(MESSAGE, SENDER, TO, arm=lambda: True, deadline_s=5)
        assert server.connections == 2
        assert len(server.messages) == 2


def test_goodbye_is_said_after_the_receipt_and_not_waited_for() -> None:
    with serving(QUIT=HANG) as server, within(4):
        assert hand_over(server).queue_id == "4XyZ12AbCd"
    assert server.verbs()[-1] == "QUIT"


def test_a_report_is_asked_for_where_the_server_offers_it() -> None:
    with serving(EHLO="250-relay.example\r\n250-SIZE 99999\r\n250 DSN") as server:
        hand_over(server, envid="NTD-1+a=b c")
    mail, rcpt = server.commands[1:3]
    assert mail == f"MAIL FROM:<{SENDER}> SIZE={len(MESSAGE)} RET=HDRS ENVID=NTD-1+2Ba+3Db+20c"
    assert rcpt == f"RCPT TO:<{TO}> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{TO}"


def test_nothing_is_asked_for_that_is_not_offered() -> None:
    with serving() as server:
        hand_over(server, envid="NTD-1")
    assert server.commands[1:3] == [f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{TO}>"]


def test_a_server_of_the_old_kind_is_greeted_by_helo() -> None:
    with serving(EHLO="502 what?", HELO="250 hi") as server:
        hand_over(server)
    assert server.verbs()[:2] == ["EHLO", "HELO"]


def test_a_message_above_the_servers_size_is_refused_for_good_before_it_leaves() -> None:
    small = "250-relay.example\r\n250 SIZE 20"
    with serving(EHLO=small) as server, pytest.raises(SendError) as refused:
        hand_over(server)
    assert refused.value.permanent
    assert "MAIL" not in server.verbs()


def test_addresses_beyond_ascii_need_smtputf8_and_others_never_ask_for_it() -> None:
    abroad = "missbräuche@host.example"
    handler = Accepting()
    with aiosmtpd(handler, enable_SMTPUTF8=True) as endpoint:
        hand_over(endpoint, to=abroad)
    assert (handler.envelopes[0].rcpt_tos, handler.envelopes[0].smtp_utf8) == ([abroad], True)
    with serving() as server, pytest.raises(SendError, match="mail") as refused:
        hand_over(server, to=abroad)
    assert refused.value.permanent
    with serving(EHLO="250-relay.example\r\n250 SMTPUTF8") as server:
        hand_over(server)
    assert "SMTPUTF8" not in server.commands[1]


def test_eight_bits_are_declared_or_not_sent() -> None:
    with serving() as server:
        hand_over(server, "Subject: x\r\n\r\né\r\n".encode())
        assert server.commands[1].endswith(" BODY=8BITMIME")
    with serving(EHLO="250 relay.example") as server, pytest.raises(SendError) as refused:
        hand_over(server, "Subject: x\r\n\r\né\r\n".encode())
    assert refused.value.permanent


def test_a_servers_words_are_kept_harmless_and_out_of_the_exceptions_text() -> None:
    said = "550 5.7.1 \x1b[31mhttps://media.example.test/ \u00e9\x07" + "x" * 2000
    with serving(RCPT=said) as server, pytest.raises(SendError) as refused:
        hand_over(server)
    assert refused.value.response.startswith("5.7.1 [31mhttps://media.example.test/ x")
    assert len(refused.value.response) <= 300
    assert refused.value.response.isprintable()
    assert str(refused.value) == "rcpt: 550 (permanent)"
    assert "example.test" not in repr(refused.value)


@pytest.mark.parametrize(
    "message",
    [b"Subject: x\n\nhello\r\n", b"a\r\n.\n.\r\n", b"a\rb\r\n", b"a\0b\r\n", b"no end", b""],
)
def test_bytes_that_could_smuggle_a_second_message_are_refused(message: bytes) -> None:
    with serving() as server, pytest.raises(UnsafeMessage):
        hand_over(server, message)
    assert server.connections == 0


@pytest.mark.parametrize(
    "to", ["a@b.example\r\nDATA", "a@b.example> X", "a b@c.example", "", "\0@b.c"]
)
def test_an_address_that_could_smuggle_a_command_is_refused(to: str) -> None:
    with serving() as server, pytest.raises(BadFacts):
        hand_over(server, to=to)
    assert server.connections == 0
