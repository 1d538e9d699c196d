"""Histories: what clients asked, when, and what became of it. Stored as NDJSON, one operation a line.

    {"kind": "write", "key": "x", "value": 1, "invoked": 0.10, "completed": 0.12, "outcome": "ok"}
    {"kind": "read", "key": "x", "value": 1, "invoked": 0.20, "completed": 0.21, "outcome": "ok"}
    {"end": true, "operations": 2}

Times are seconds on one clock, the same for all clients. `completed` is null when no answer came. The last
line says that nothing is missing: a history without it may have been cut off and is never valid.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.errors import BadInput
from seatrial.model.exchange import ExchangeOutcome

OK, FAILED, UNKNOWN = ExchangeOutcome.OK, ExchangeOutcome.FAILED, ExchangeOutcome.UNKNOWN


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one client.

    Attributes:
        kind: what was asked, e.g. `add`, `read`, `write`; each checker names its kinds.
        value: what was written, or what was read; None for a read without an answer.
        invoked: when the client sent it, seconds.
        completed: when the answer came; None when none came.
        outcome: OK surely happened between `invoked` and `completed`; FAILED surely never happened; UNKNOWN
            may have happened once, at any time after `invoked`.
        key: the object asked about; empty where there is only one.
        process: who asked; empty when not recorded. Only the exports use it.
    """

    kind: str
    value: Any
    invoked: float
    completed: float | None
    outcome: ExchangeOutcome = ExchangeOutcome.OK
    key: str = ""
    process: str = ""

    @property
    def end(self) -> float:
        """When it surely was over: infinite unless it is OK."""
        return (
            self.completed if self.completed is not None and self.outcome is ExchangeOutcome.OK else math.inf
        )


@dataclass(frozen=True)
class History:
    """Operations in any order.

    Attributes:
        complete: whether nothing is missing at its end.
    """

    operations: Sequence[Operation]
    complete: bool = True

    def __len__(self) -> int:
        return len(self.operations)


_KEYS = {"kind", "key", "value", "invoked", "completed", "outcome", "process"}
_OUTCOMES = {outcome.value: outcome for outcome in ExchangeOutcome}
_HELP = "docs/judges.md describes the lines of a history."


def parse_history(lines: Iterable[str], *, source: str) -> History:
    """Read a history.

    Args:
        lines: of the NDJSON text; blank ones are passed over.
        source: name of the file, for messages.

    Raises:
        BadInput: naming file and line of the first line that is no operation.
    """
    operations: list[Operation] = []
    ended_at: int | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{source}:{number}"
        if ended_at is not None:
            raise BadInput(f"something follows the end of the history (line {ended_at})", where=where)
        data = _object(line, where)
        if "end" in data:
            _check_end(data, len(operations), where)
            ended_at = number
        else:
            operations.append(_operation(data, where))
    return History(operations, complete=ended_at is not None)


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON: {error}", where=where, next_step=_HELP) from None
    if not isinstance(data, dict):
        raise BadInput("not a JSON object", where=where, next_step=_HELP)
    return data


def _check_end(data: dict[str, Any], count: int, where: str) -> None:
    if data.get("end") is not True or set(data) - {"end", "operations"}:
        raise BadInput('the end is written {"end": true, "operations": N}', where=where, next_step=_HELP)
    if data.get("operations", count) != count:
        raise BadInput(f"the end counts {data['operations']} operations, {count} are there", where=where)


def _operation(data: dict[str, Any], where: str) -> Operation:
    if unknown := sorted(set(data) - _KEYS):
        raise BadInput(f"unknown key `{unknown[0]}`", where=where, next_step=_HELP)
    missing = [key for key in ("kind", "invoked", "outcome") if key not in data]
    if missing:
        raise BadInput(f"`{missing[0]}` is missing", where=where, next_step=_HELP)
    invoked = _time(data, "invoked", where)
    completed = None if data.get("completed") is None else _time(data, "completed", where)
    outcome = _OUTCOMES.get(data["outcome"]) if isinstance(data["outcome"], str) else None
    if outcome is None:
        raise BadInput(f"`outcome` is ok, failed or unknown, not {data['outcome']!r}", where=where)
    if completed is not None and completed < invoked:
        raise BadInput(f"completed at {completed:g}, before it was invoked at {invoked:g}", where=where)
    if completed is None and outcome is ExchangeOutcome.OK:
        raise BadInput("an ok operation needs `completed`", where=where)
    texts = {key: data.get(key, "") for key in ("kind", "key", "process")}
    for key, text in texts.items():
        if not isinstance(text, str):
            raise BadInput(f"`{key}` is not text: {text!r}", where=where)
    return Operation(
        texts["kind"], data.get("value"), invoked, completed, outcome, texts["key"], texts["process"]
    )


def _time(data: dict[str, Any], key: str, where: str) -> float:
    value = data[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput(f"`{key}` is no number of seconds: {value!r}", where=where)
    return float(value)


def format_history(history: History) -> Iterator[str]:
    """The lines of the NDJSON text, each with its newline; `parse_history` reads them back."""
    for operation in history.operations:
        data: dict[str, Any] = {"kind": operation.kind}
        if operation.key:
            data["key"] = operation.key
        data["value"] = operation.value
        data["invoked"] = operation.invoked
        data["completed"] = operation.completed
        data["outcome"] = operation.outcome.value
        if operation.process:
            data["process"] = operation.process
        yield json.dumps(data, separators=(",", ":")) + "\n"
    if history.complete:
        yield json.dumps({"end": True, "operations": len(history)}) + "\n"


def check_kinds(history: History, kinds: Iterable[str], model: str) -> None:
    """Refuse a history of another model.

    Raises:
        BadInput: naming the first operation of a kind that the checker does not know.
    """
    known = frozenset(kinds)
    if {operation.kind for operation in history.operations} <= known:
        return
    for number, operation in enumerate(history.operations, start=1):
        if operation.kind not in known:
            raise BadInput(
                f"operation {number} is of kind {operation.kind!r}",
                next_step=f"The model {model} knows: {', '.join(sorted(known))}.",
            )


def hashables(values: Sequence[Any]) -> list[Any]:
    """The values, each in a form that can be a key of a dict; lists and mappings as their JSON text."""
    if {list, tuple, dict}.isdisjoint(set(map(type, values))):
        return values if isinstance(values, list) else list(values)
    return [_hashable(value) for value in values]


def _hashable(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | tuple | dict) else value
