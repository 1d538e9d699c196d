"""How often a proxy was asked, apart for each thing that it did meanwhile, and by whom."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from seatrial.traffic.wrong import TURN_SECONDS, WRONG

MOST_CALLERS = 50
"""Addresses that are named; attempts of others stand in the sum only."""


@dataclass(frozen=True)
class Trouble:
    """What is done to connections.

    Attributes:
        kind: `none`, `down` (reset, those that exist and each new one), `slow` (answers come late), `wrong`
            (HTTP requests get answers of `traffic.wrong`; connections that exist are reset).
        delay_seconds: by how much.
    """

    kind: str = "none"
    delay_seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ("none", "down", "slow", "wrong"):
            raise ValueError(f"there is no such trouble: {self.kind}")

    @property
    def turn_seconds(self) -> float:
        """How long it does one thing before it does the next."""
        return TURN_SECONDS if self.kind == "wrong" else math.inf


@dataclass
class _Phase:
    """While one thing was done.

    Attributes:
        turn: of the wrong answers which, from 0.
        begun, turned: when the trouble began, and when this turn of it did.
    """

    trouble: Trouble
    turn: int
    begun: float
    turned: float
    connections: int = 0
    attempts: int = 0
    callers: Counter[str] = field(default_factory=Counter)


class Attempts:
    """What came to a proxy, by phase: one for each trouble that it makes, or for each turn of it.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        now = clock()
        self._phases = [_Phase(Trouble(), 0, now, now)]

    def begin(self, trouble: Trouble) -> None:
        """From now on this is done."""
        now = self._clock()
        self._at(now)
        self._phases.append(_Phase(trouble, 0, now, now))

    @property
    def turn(self) -> int:
        """Which turn it is, from 0."""
        return self._at(self._clock()).turn

    def connected(self) -> None:
        """A client has connected."""
        self._at(self._clock()).connections += 1

    def asked(self, address: str) -> None:
        """A client at this address has made one attempt."""
        phase = self._at(self._clock())
        phase.attempts += 1
        phase.callers[address] += 1

    def told(self) -> list[dict[str, Any]]:
        """The phases in their order, as `model.dependency.Phase` reads them."""
        now = self._clock()
        self._at(now)
        ends = [*(phase.turned for phase in self._phases[1:]), now]
        return [
            {
                "trouble": phase.trouble.kind, "turn": phase.turn,
                "after_seconds": phase.turned - phase.begun, "lasted_seconds": end - phase.turned,
                "connections": phase.connections, "attempts": phase.attempts,
                "callers": dict(phase.callers.most_common(MOST_CALLERS)),
            }
            for phase, end in zip(self._phases, ends, strict=True)
        ]  # fmt: skip

    def _at(self, now: float) -> _Phase:
        """The phase of now; a turn in which nothing came is one, too."""
        while (ends := (last := self._phases[-1]).turned + last.trouble.turn_seconds) <= now:
            self._phases.append(_Phase(last.trouble, (last.turn + 1) % len(WRONG), last.begun, ends))
        return self._phases[-1]
