"""When a channel is left alone for the rest of a run."""

from notices.channels.base import Ambiguous, SendError
from takedown.outbox.ways import Ways


def test_a_channel_that_is_down_is_left_alone_and_the_others_go_on() -> None:
    ways = Ways(["email", "api"])
    assert not ways.went("email", SendError("connect", channel_down=True))
    assert ways.open == ["api"]


def test_three_without_any_answer_in_a_row_are_enough() -> None:
    ways = Ways(["email"])
    for error in (SendError("rcpt"), Ambiguous("dot")):
        assert ways.went("email", error)
    assert not ways.went("email", SendError("data"))
    assert ways.open == []


def test_any_answer_starts_the_count_anew() -> None:
    ways = Ways(["email", "api"])
    answers = (None, SendError("rcpt", code=550, permanent=True), SendError("rcpt", code=450))
    for answer in answers:
        assert ways.went("email", SendError("rcpt"))
        assert ways.went("email", SendError("rcpt"))
        assert ways.went("api", Ambiguous("answer")) or answer is answers[-1]
        assert ways.went("email", answer)
    assert ways.open == ["email"], "each channel is counted by itself"


def test_what_is_decided_without_a_word_from_the_server_is_no_silence() -> None:
    ways = Ways(["email"])
    for error in (SendError("arm"), SendError("rate", retry_after_s=5.0)) * 3:
        assert ways.went("email", error)
    for _ in range(3):
        assert ways.went("email", SendError("mail", "too large", permanent=True))
