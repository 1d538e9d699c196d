"""The only two ways to wait: until something holds, and while something keeps holding."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from seatrial.errors import SeatrialError, WaitExpired

Value = TypeVar("Value")


@dataclass(frozen=True)
class Ready(Generic[Value]):
    """The awaited thing is there; `value` is what was found."""

    value: Value


@dataclass(frozen=True)
class NotYet:
    """Not there yet, and why, in words that stand in the message when the wait expires."""

    reason: str


class Hopeless(SeatrialError):
    """Waiting longer cannot help. Raised by a probe to end the wait at once."""


Probe = Callable[[], Ready[Value] | NotYet]


def eventually(
    probe: Probe[Value],
    *,
    within_seconds: float,
    what: str,
    every_seconds: float = 0.1,
    in_a_row: int = 1,
    next_step: str = "",
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Value:
    """Ask `probe` until it answers `Ready` `in_a_row` times, and return the last value.

    Args:
        probe: answers `Ready(value)` or `NotYet(reason)`, or raises `Hopeless` to stop at once.
        within_seconds: the bound; the probe is asked at least once.
        what: names the awaited state; stands in the error.
        every_seconds: pause between two questions.
        in_a_row: how many `Ready` answers must follow each other.
        next_step: what a reader can do when the wait expires.
        clock, pause: replaced in tests.

    Raises:
        WaitExpired: with elapsed time, number of attempts and the last reason.
    """
    started = clock()
    attempts = 0
    streak = 0
    while True:
        attempts += 1
        answer = probe()
        if isinstance(answer, Ready):
            streak += 1
            if streak >= in_a_row:
                return answer.value
            reason = f"held {streak} of {in_a_row} times in a row"
        else:
            streak = 0
            reason = answer.reason
        elapsed = clock() - started
        if elapsed + every_seconds > within_seconds:
            raise WaitExpired(
                f"{what}: not within {within_seconds:g} s (waited {elapsed:.1f} s, asked {attempts} times)",
                where=f"last answer: {reason}",
                next_step=next_step,
            )
        pause(every_seconds)


def consistently(
    probe: Probe[Value],
    *,
    for_seconds: float,
    what: str,
    every_seconds: float = 0.1,
    next_step: str = "",
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Value:
    """Check that `probe` answers `Ready` each time for `for_seconds`, and return the last value.

    Raises:
        WaitExpired: at the first `NotYet`, with its reason and how long the state had held.
    """
    started = clock()
    attempts = 0
    while True:
        attempts += 1
        answer = probe()
        elapsed = clock() - started
        if isinstance(answer, NotYet):
            raise WaitExpired(
                f"{what}: held only {elapsed:.1f} s of {for_seconds:g} s",
                where=f"then: {answer.reason}",
                next_step=next_step,
            )
        if elapsed >= for_seconds:
            return answer.value
        pause(min(every_seconds, max(for_seconds - elapsed, 0.0)))
