"""One line of what `seatrial doctor` says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How good a finding is."""

    OK = "ok"
    """As it should be."""
    NOTE = "note"
    """Something cannot be tested, or cannot be told; the rest can."""
    BAD = "bad"
    """A run would end red for it."""


@dataclass(frozen=True)
class Finding:
    """What was found about one thing.

    Attributes:
        about: the thing, in one word.
        next_step: what to do about it.
    """

    about: str
    state: State
    text: str
    next_step: str = ""


def ok(about: str, text: str) -> Finding:
    """As it should be."""
    return Finding(about, State.OK, text)


def note(about: str, text: str, next_step: str = "") -> Finding:
    """Something cannot be tested or told."""
    return Finding(about, State.NOTE, text, next_step)


def bad(about: str, text: str, next_step: str = "") -> Finding:
    """A run would end red for it."""
    return Finding(about, State.BAD, text, next_step)
