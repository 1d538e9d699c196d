"""Short ways to write histories by hand."""

from __future__ import annotations

from typing import Any

from seatrial.judge.consistency import History, Operation
from seatrial.model.exchange import ExchangeOutcome


def op(
    kind: str,
    value: Any,
    invoked: float,
    completed: float | None,
    key: str = "",
    outcome: ExchangeOutcome = ExchangeOutcome.OK,
) -> Operation:
    return Operation(
        kind, value, float(invoked), None if completed is None else float(completed), outcome, key
    )


def maybe(kind: str, value: Any, invoked: float, key: str = "") -> Operation:
    """An operation without an answer."""
    return op(kind, value, invoked, None, key, ExchangeOutcome.UNKNOWN)


def refused(kind: str, value: Any, invoked: float, completed: float, key: str = "") -> Operation:
    return op(kind, value, invoked, completed, key, ExchangeOutcome.FAILED)


def history(*operations: Operation) -> History:
    return History(operations)
