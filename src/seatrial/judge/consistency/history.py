"""Histories: what clients asked, when, and what became of it. Times are seconds on one clock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.errors import BadInput
from seatrial.model.exchange import ExchangeOutcome

OK, FAILED, UNKNOWN = ExchangeOutcome.OK, ExchangeOutcome.FAILED, ExchangeOutcome.UNKNOWN


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one client.

    Attributes:
        kind: what was asked, e.g. `transfer` or `read`; each checker names its kinds.
        value: what was written, or what was read; None for a read without an answer.
        invoked: when the client sent it, seconds.
        completed: when the answer came; None when none came.
        outcome: OK surely happened between `invoked` and `completed`; FAILED surely never happened; UNKNOWN
            may have happened once, at any time after `invoked`.
        key: the object asked about; empty where there is only one.
    """

    kind: str
    value: Any
    invoked: float
    completed: float | None
    outcome: ExchangeOutcome = ExchangeOutcome.OK
    key: str = ""

    @property
    def end(self) -> float:
        """When it surely was over: infinite unless it is OK."""
        return (
            self.completed if self.completed is not None and self.outcome is ExchangeOutcome.OK else math.inf
        )


@dataclass(frozen=True)
class History:
    """Operations in any order."""

    operations: Sequence[Operation]


def check_kinds(history: History, kinds: Iterable[str], model: str) -> None:
    """Refuse a history of another model.

    Raises:
        BadInput: naming the first operation of a kind that the checker does not know.
    """
    known = frozenset(kinds)
    for number, operation in enumerate(history.operations, start=1):
        if operation.kind not in known:
            raise BadInput(
                f"operation {number} is of kind {operation.kind!r}",
                next_step=f"The model {model} knows: {', '.join(sorted(known))}.",
            )
