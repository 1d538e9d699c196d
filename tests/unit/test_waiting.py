"""The two ways to wait: bounded, and with a reason when the wait runs out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from seatrial.errors import WaitExpired
from seatrial.waiting import Hopeless, NotYet, Ready, consistently, eventually


class Clock:
    """A clock that moves only when something pauses, or when a probe takes its time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


Answer = Ready[int] | NotYet


def answers(*given: Answer) -> Callable[[], Answer]:
    """A probe that gives these answers, then the last one for ever."""

    def stream() -> Iterator[Answer]:
        yield from given
        while True:
            yield given[-1]

    iterator = stream()
    return lambda: next(iterator)


def test_the_first_ready_answer_is_returned_without_a_pause() -> None:
    clock = Clock()
    value = eventually(answers(Ready(7)), within_seconds=5, what="x", clock=clock, pause=clock.pause)
    assert (value, clock.now) == (7, 1000.0)


def test_it_asks_again_until_ready() -> None:
    clock = Clock()
    probe = answers(NotYet("a"), NotYet("b"), Ready(3))
    assert eventually(probe, within_seconds=5, what="x", every_seconds=1, clock=clock, pause=clock.pause) == 3
    assert clock.now == 1002.0


def test_an_expired_wait_names_time_attempts_and_the_last_reason() -> None:
    clock = Clock()
    probe = answers(NotYet("first"), NotYet("0 of 2 ready"))
    with pytest.raises(WaitExpired) as caught:
        eventually(
            probe,
            within_seconds=3,
            what="orders ready",
            every_seconds=1,
            next_step="Read the events.",
            clock=clock,
            pause=clock.pause,
        )
    text = str(caught.value)
    assert "orders ready: not within 3 s (waited 3.0 s, asked 4 times)" in text
    assert "last answer: 0 of 2 ready" in text
    assert "Read the events." in text
    assert clock.now == 1003.0, "it must not pause when there is no time left to ask again"


def test_the_probe_is_asked_once_even_without_time() -> None:
    clock = Clock()
    assert eventually(answers(Ready(1)), within_seconds=0, what="x", clock=clock, pause=clock.pause) == 1
    with pytest.raises(WaitExpired, match="asked 1 times"):
        eventually(answers(NotYet("no")), within_seconds=0, what="x", clock=clock, pause=clock.pause)


def test_a_slow_probe_uses_up_the_time() -> None:
    clock = Clock()

    def slow() -> Answer:
        clock.pause(10)
        return NotYet("still")

    with pytest.raises(WaitExpired, match="asked 1 times"):
        eventually(slow, within_seconds=5, what="x", clock=clock, pause=clock.pause)


def test_ready_in_a_row_starts_again_after_each_not_yet() -> None:
    clock = Clock()
    probe = answers(Ready(1), Ready(2), NotYet("flap"), Ready(4), Ready(5), Ready(6))
    value = eventually(
        probe, within_seconds=60, what="x", every_seconds=1, in_a_row=3, clock=clock, pause=clock.pause
    )
    assert (value, clock.now) == (6, 1005.0)


def test_a_streak_that_is_too_short_is_the_reason() -> None:
    clock = Clock()
    with pytest.raises(WaitExpired) as caught:
        eventually(
            answers(Ready(1)),
            within_seconds=1,
            what="x",
            every_seconds=1,
            in_a_row=9,
            clock=clock,
            pause=clock.pause,
        )
    assert "held 2 of 9 times in a row" in caught.value.where


def test_hopeless_ends_the_wait_at_once() -> None:
    clock = Clock()

    def gone() -> Answer:
        raise Hopeless("the namespace was deleted")

    with pytest.raises(Hopeless, match="deleted"):
        eventually(gone, within_seconds=60, what="x", clock=clock, pause=clock.pause)
    assert clock.now == 1000.0


def test_consistently_lasts_the_whole_time_and_returns_the_last_value() -> None:
    clock = Clock()
    probe = answers(Ready(1), Ready(2), Ready(3), Ready(4))
    value = consistently(probe, for_seconds=2.5, what="x", every_seconds=1, clock=clock, pause=clock.pause)
    assert (value, clock.now) == (4, 1002.5)


def test_consistently_fails_at_the_first_not_yet() -> None:
    clock = Clock()
    probe = answers(Ready(1), Ready(2), NotYet("1 of 2"), Ready(4))
    with pytest.raises(WaitExpired) as caught:
        consistently(
            probe,
            for_seconds=60,
            what="two ready",
            every_seconds=1,
            next_step="Look.",
            clock=clock,
            pause=clock.pause,
        )
    assert "two ready: held only 2.0 s of 60 s" in str(caught.value)
    assert "then: 1 of 2" in str(caught.value)


def test_consistently_for_no_time_asks_once() -> None:
    clock = Clock()
    assert consistently(answers(Ready(5)), for_seconds=0, what="x", clock=clock, pause=clock.pause) == 5
    with pytest.raises(WaitExpired):
        consistently(answers(NotYet("no")), for_seconds=0, what="x", clock=clock, pause=clock.pause)
