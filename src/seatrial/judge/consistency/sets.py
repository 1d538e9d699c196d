"""Set: what was added must be in every later read, once, and nothing else may be.

Kinds: `add` (value: an element, each added once) and `read` (value: the list of all elements).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from seatrial.errors import BadInput
from seatrial.judge.consistency.finding import Finding, conclude
from seatrial.judge.consistency.history import FAILED, OK, History, Operation, check_kinds, hashables
from seatrial.judge.wording import plural
from seatrial.model.verdict import Verdict

ALLOWED = "every acknowledged element in every final read, once, and no element that was never added"


@dataclass
class _Sorted:
    """The operations of a set, sorted. Elements are hashable stand-ins of the values."""

    acknowledged: dict[Hashable, Operation] = field(default_factory=dict)
    unknown: dict[Hashable, Operation] = field(default_factory=dict)
    refused: dict[Hashable, Operation] = field(default_factory=dict)
    reads: list[tuple[Operation, list[Any]]] = field(default_factory=list)

    @property
    def final(self) -> list[tuple[Operation, list[Any]]]:
        """The reads begun after the last acknowledged answer, else the last read."""
        answered = max((add.end for add in self.acknowledged.values()), default=-math.inf)
        late = [read for read in self.reads if read[0].invoked >= answered]
        return late or sorted(self.reads, key=lambda read: read[0].invoked)[-1:]


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
    began = min((read.invoked for read, _ in final), default=-math.inf)
    due = {element for element, add in found.acknowledged.items() if add.end <= began}
    lost = {element: read for read, content in final for element in due.difference(content)}
    unexpected = _unexpected(found)
    doubled = {element: read for read, content in found.reads for element in _repeated(content)}
    never_read = len(found.acknowledged) - len(due)
    recovered = found.unknown.keys() & {element for _, content in final for element in content}
    numbers = {
        "acknowledged": len(found.acknowledged),
        "unknown": len(found.unknown),
        "recovered": len(recovered),
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
        f"{plural(len(found.acknowledged), 'acknowledged element')}, {len(recovered)} of "
        f"{len(found.unknown)} unknown recovered, {plural(len(final), 'final read')}"
    )
    remedy = "Acknowledge only after the commit, and make a retried add one add."
    return conclude(history, finding, allowed=ALLOWED, seen=seen, remedy=remedy, numbers=numbers)


def _sort(operations: Iterable[Operation]) -> _Sorted:
    found = _Sorted()
    adds: list[Operation] = []
    for operation in operations:
        if operation.kind == "add":
            adds.append(operation)
        elif operation.outcome is OK:
            if not isinstance(operation.value, list | tuple):
                raise BadInput(f"a read of a set is a list, not {operation.value!r}")
            found.reads.append((operation, hashables(operation.value)))
    acknowledged, unknown, refused = found.acknowledged, found.unknown, found.refused
    for add, element in zip(adds, hashables([add.value for add in adds]), strict=True):
        if add.outcome is OK:
            acknowledged[element] = add
        elif add.outcome is FAILED:
            refused[element] = add
        else:
            unknown[element] = add
    return found


def _unexpected(found: _Sorted) -> dict[Hashable, Operation]:
    """Elements of any read that no add can explain: never added, refused, or added only after the read."""
    result: dict[Hashable, Operation] = {}
    attempts = (found.acknowledged, found.unknown)
    latest = max((add.invoked for adds in attempts for add in adds.values()), default=-math.inf)
    for read, content in found.reads:
        strangers = set(content).difference(*attempts)
        result.update(dict.fromkeys(strangers, read))
        if read.end < latest:
            early = {e for adds in attempts for e in adds.keys() & set(content) if adds[e].invoked > read.end}
            result.update(dict.fromkeys(early, read))
    return result


def _repeated(content: Sequence[Hashable]) -> set[Hashable]:
    if len(set(content)) == len(content):
        return set()
    return {element for element, count in Counter(content).items() if count > 1}


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
