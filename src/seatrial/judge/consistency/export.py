"""Histories for other checkers: Elle (through elle-cli) and Porcupine. docs/judges.md has the mapping."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Iterator
from typing import Any

from seatrial.errors import BadInput
from seatrial.judge.consistency.history import FAILED, OK, History, Operation

_ELLE_TYPES = {OK: "ok", FAILED: "fail"}
_ELLE_MODELS = ("set", "counter", "bank", "register")


def to_elle(history: History, model: str) -> str:
    """A Jepsen history as one JSON array, for `elle-cli --model ...`.

    Each operation is an `invoke` and a completion (`ok`, `fail` or `info`) of one process, in the order of
    time. Processes are assigned so that each does one thing at a time and none goes on after an `info`.

    Args:
        model: `set`, `counter` and `bank` keep their operations; `register` becomes `rw-register`:
            transactions of one read or write, e.g. `[["w", "x", 1]]`.

    Raises:
        BadInput: for a model that Elle does not have.
    """
    if model not in _ELLE_MODELS:
        raise BadInput(f"no Elle model for {model}", next_step=f"Elle has: {', '.join(_ELLE_MODELS)}.")
    events: list[tuple[float, int, dict[str, Any]]] = []
    for number, (process, operation) in enumerate(_processes(history)):
        function, asked, answered = _elle_value(operation, model)
        common = {"process": process, "f": function}
        events.append((operation.invoked, number, {"type": "invoke", **common, "value": asked}))
        kind = _ELLE_TYPES.get(operation.outcome, "info")
        at = math.inf if operation.completed is None else operation.completed
        events.append((at, number, {"type": kind, **common, "value": answered}))
    # What is answered as another is asked was asked before it, so it has the lower number and comes first.
    events.sort(key=lambda event: event[:2])
    last = max((at for at, *_ in events if not math.isinf(at)), default=0.0)
    rows = [
        {"index": index, "time": _nanoseconds(min(at, last)), **event}
        for index, (at, _, event) in enumerate(events)
    ]
    return json.dumps(rows)


def _elle_value(operation: Operation, model: str) -> tuple[str, Any, Any]:
    """Function, value at the invocation, value at the completion."""
    answered = operation.value if operation.outcome is OK else None
    if model == "register":
        letter = "w" if operation.kind == "write" else "r"
        asked = operation.value if letter == "w" else None
        done = operation.value if letter == "w" else answered
        return "txn", [[letter, operation.key, asked]], [[letter, operation.key, done]]
    if operation.kind == "read":
        return "read", None, answered
    return operation.kind, operation.value, operation.value


def to_porcupine(history: History) -> str:
    """A JSON array of `porcupine.Operation`s: ClientId, Input, Call, Output, Return (times in nanoseconds).

    `Input` is {kind, key, value}, without the value of a read; `Output` is the value of an ok operation, else
    null. FAILED operations are left out. UNKNOWN ones return after the end of the history, for Porcupine has
    no open operations; its model must let an operation without output have any answer.
    """
    last = max((o.completed for o in history.operations if o.completed is not None), default=0.0)
    rows = []
    for process, operation in _processes(history):
        if operation.outcome is FAILED:
            continue
        asked = None if operation.kind in ("read", "dequeue") else operation.value
        end = last + 1.0 if math.isinf(operation.end) else operation.end
        rows.append(
            {
                "ClientId": process,
                "Input": {"kind": operation.kind, "key": operation.key, "value": asked},
                "Call": _nanoseconds(operation.invoked),
                "Output": operation.value if operation.outcome is OK else None,
                "Return": _nanoseconds(end),
            }
        )
    return json.dumps(rows)


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1_000_000_000)


def _processes(history: History) -> Iterator[tuple[int, Operation]]:
    """Each operation with a process that is free then; a process with an open end is never free again."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    count = 0
    for operation in sorted(history.operations, key=lambda o: o.invoked):
        while busy and busy[0][0] < operation.invoked:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            process = heapq.heappop(free)
        else:
            process, count = count, count + 1
        yield process, operation
        if operation.completed is not None and operation.outcome in (OK, FAILED):
            heapq.heappush(busy, (operation.completed, process))
