"""How a registry is let alone: its pace, its pauses, its silence, and nobody else's."""

from takedown.hosts.limits import AT_ONCE, LONGEST_PAUSE_S, Limits


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def asked(limits: Limits, registry: str = "a") -> bool:
    return limits.take(registry) == 0


def test_no_more_is_under_way_at_one_registry_than_it_bears() -> None:
    limits = Limits(clock=Clock())
    assert [asked(limits) for _ in range(AT_ONCE + 1)] == [True] * AT_ONCE + [False]
    assert asked(limits, "b"), "another registry has its own places"
    limits.answered("a")
    assert asked(limits)


def test_a_pace_is_kept_and_no_arrears_are_made_up_for() -> None:
    clock = Clock()
    limits = Limits(rate=10, clock=clock)
    assert asked(limits)
    assert 0.09 < limits.take("a") <= 0.1
    clock.now += 0.1001
    assert asked(limits)
    clock.now += 60
    assert asked(limits)
    assert not asked(limits), "a quiet minute allows no rush"


def test_a_registry_that_asks_for_a_pause_gets_it() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    assert asked(limits)
    limits.busy("a", 30)
    assert limits.take("a") == limits.pause("a") == 30
    assert asked(limits, "b")
    clock.now += 30
    assert asked(limits)
    limits.busy("a", 86_400.0)
    assert limits.pause("a") == LONGEST_PAUSE_S


def test_one_that_does_not_say_for_how_long_is_let_alone_ever_longer() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    pauses = []
    for _ in range(4):
        clock.now += limits.pause("a")
        assert asked(limits)
        limits.busy("a", None)
        pauses.append(limits.pause("a"))
    assert pauses == [1, 2, 4, 8]
    clock.now += 8
    assert asked(limits)
    limits.answered("a")
    assert asked(limits)
    limits.busy("a", None)
    assert limits.pause("a") == 1


def test_a_silent_registry_is_given_up_for_a_while_then_tried_with_one_question() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    for silences in range(1, 3):
        assert not limits.given_up("a"), silences
        assert asked(limits)
        limits.silent("a")
    assert limits.given_up("a") and limits.take("a") == 60 and not limits.alive("a")
    clock.now += 60
    assert [asked(limits), asked(limits)] == [True, False]
    limits.silent("a")
    assert limits.take("a") == 120
    clock.now += 120
    assert asked(limits)
    limits.answered("a")
    assert not limits.given_up("a") and limits.alive("a")
    assert [asked(limits), asked(limits)] == [True, True]


def test_a_registry_that_has_answered_lately_is_worth_coming_back_to() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    assert not limits.alive("a")
    assert asked(limits)
    limits.answered("a")
    clock.now += 599
    assert limits.alive("a")
    clock.now += 2
    assert not limits.alive("a")
