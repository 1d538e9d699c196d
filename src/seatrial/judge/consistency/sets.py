"""Set: what was added must be in every later read, once, and nothing else may be.

Kinds: `add` (value: an element, each added once) and `read` (value: the list of all elements).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from seatrial.errors import BadInput
from seatrial.judge.consistency.finding import Finding, conclude
from seatrial.judge.consistency.history import FAILED, OK, UNKNOWN, History, Operation, check_kinds, hashables
from seatrial.judge.wording import plural
from seatrial.model.exchange import ExchangeOutcome
from seatrial.model.verdict import Verdict

ALLOWED = "every acknowledged element in every final read, once, and no element that was never added"


@dataclass(frozen=True)
class _Read:
    """One ok read, with its elements as they are counted."""

    operation: Operation
    content: list[Any]
    present: frozenset[Any]

    def repeated(self) -> list[Hashable]:
        if len(self.present) == len(self.content):
            return []
        return [element for element, count in Counter(self.content).items() if count > 1]


@dataclass(frozen=True)
class _Sorted:
    """The operations of a set, sorted. Elements are hashable stand-ins of the values."""

    acknowledged: dict[Hashable, Operation]
    unknown: dict[Hashable, Operation]
    refused: dict[Hashable, Operation]
    reads: list[_Read]

    @property
    def answered_at(self) -> float:
        """When the last acknowledged add was answered."""
        return max(map(attrgetter("completed"), self.acknowledged.values()), default=-math.inf)

    @property
    def final(self) -> list[_Read]:
        """The reads begun after the last acknowledged answer, else the last read."""
        answered_at = self.answered_at
        late = [read for read in self.reads if read.operation.invoked >= answered_at]
        return late or sorted(self.reads, key=lambda read: read.operation.invoked)[-1:]


def check_set(history: History) -> Verdict:
    """Lost, unexpected and duplicated elements; recovered ones are counted.

    Judged are the final reads: those begun after the last acknowledged add was answered (several when every
    replica is asked), or else the last read. An element whose add was answered only after that read began was
    never read: the verdict is then unknown.

    Raises:
        BadInput: for an operation of another kind, or a read whose value is no list.
    """
    check_kinds(history, ("add", "read"), "set")
    found = _sort(history.operations)
    final = found.final
    due = _due(found, final)
    lost = {element: read.operation for read in final for element in due if element not in read.present}
    unexpected = _unexpected(found)
    doubled = {element: read.operation for read in found.reads for element in read.repeated()}
    never_read = len(found.acknowledged) - len(due)
    recovered = sum(any(element in read.present for read in final) for element in found.unknown)
    numbers = {
        "acknowledged": len(found.acknowledged),
        "unknown": len(found.unknown),
        "recovered": recovered,
        "lost": len(lost),
        "unexpected": len(unexpected),
        "duplicated": len(doubled),
        "never_read": never_read,
    }
    finding = Finding(
        wrong=tuple(f"{numbers[w]} {w}" for w in ("lost", "unexpected", "duplicated") if numbers[w]),
        example=_example(found, lost or unexpected or doubled),
        doubts=(f"{plural(never_read, 'acknowledged element')} never read",)
        if never_read or not final
        else (),
    )
    seen = (
        f"{plural(len(found.acknowledged), 'acknowledged element')}, {recovered} of "
        f"{len(found.unknown)} unknown recovered, {plural(len(final), 'final read')}"
    )
    remediation = "Acknowledge only after the commit, and make a retried add one add."
    return conclude(history, finding, allowed=ALLOWED, seen=seen, remediation=remediation, numbers=numbers)


def _sort(operations: Sequence[Operation]) -> _Sorted:
    reads: list[_Read] = []
    for operation in operations:
        if operation.kind == "read" and operation.outcome is OK:
            if not isinstance(operation.value, list | tuple):
                raise BadInput(f"a read of a set is a list, not {operation.value!r}")
            content = hashables(operation.value)
            reads.append(_Read(operation, content, frozenset(content)))
    adds = [operation for operation in operations if operation.kind == "add"]
    return _Sorted(
        acknowledged=_by_element(adds, OK),
        unknown=_by_element(adds, UNKNOWN),
        refused=_by_element(adds, FAILED),
        reads=reads,
    )


def _by_element(adds: Sequence[Operation], outcome: ExchangeOutcome) -> dict[Hashable, Operation]:
    """The adds with this outcome. No object is made for each: a million would keep the collector busy."""
    chosen = [add for add in adds if add.outcome is outcome]
    return dict(zip(hashables([add.value for add in chosen]), chosen, strict=True))


def _due(found: _Sorted, final: Sequence[_Read]) -> Collection[Hashable]:
    """The acknowledged elements whose add was answered before every final read began."""
    if not final:
        return ()
    began = min(read.operation.invoked for read in final)
    if found.answered_at <= began:
        return found.acknowledged
    return [element for element, add in found.acknowledged.items() if add.end <= began]


def _unexpected(found: _Sorted) -> dict[Hashable, Operation]:
    """Elements of any read that no add can explain: never added, refused, or added only after the read."""
    result: dict[Hashable, Operation] = {}
    attempts = (found.acknowledged, found.unknown)
    invoked = attrgetter("invoked")
    latest = max(
        (max(map(invoked, adds.values()), default=-math.inf) for adds in attempts), default=-math.inf
    )
    for read in found.reads:
        strangers = [e for e in read.present if e not in found.acknowledged and e not in found.unknown]
        result.update(dict.fromkeys(strangers, read.operation))
        end = read.operation.end
        if end < latest:
            early = {e for adds in attempts for e in adds.keys() & read.present if adds[e].invoked > end}
            result.update(dict.fromkeys(early, read.operation))
    return result


def _example(found: _Sorted, wrong: dict[Hashable, Operation]) -> tuple[Operation, ...]:
    """The add and the read of the first wrong element."""
    if not wrong:
        return ()
    element = min(wrong, key=lambda e: (wrong[e].invoked, str(e)))
    adds = (found.acknowledged.get(element), found.unknown.get(element), found.refused.get(element))
    read = wrong[element]
    shown = Operation(
        "read", _shortened(read.value, element), read.invoked, read.completed, read.outcome, read.key
    )
    return (*(add for add in adds if add is not None), shown)


def _shortened(value: Sequence[Any], element: Hashable) -> str:
    count = hashables(value).count(element)
    return f"{element!r} {plural(count, 'time')} among {plural(len(value), 'element')}"
