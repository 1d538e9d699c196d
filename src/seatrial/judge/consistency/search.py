"""Any small object: search for an order of the operations that fits their times and the object's rules.

The search is Wing and Gong's (1993) with Lowe's memory of states already tried. It takes exponential time in
the number of operations at work together, so it has a budget of steps, and answers *unknown* when that is
spent. Steps are counted, not seconds: the same history gets the same answer on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.judge.consistency.finding import Finding, conclude
from seatrial.judge.consistency.history import FAILED, OK, History, Operation, check_kinds, hashables
from seatrial.judge.wording import plural
from seatrial.model.verdict import Verdict

STEPS = 500_000
"""Budget of a search: some seconds in CPython."""


class Impossible(Exception):
    """The object in this state cannot have answered so."""


@dataclass(frozen=True)
class Rules:
    """A sequential object.

    Attributes:
        kinds: the operations that it has.
        initial: its state before any operation; hashable.
        step: the state after an operation with this outcome; raises `Impossible`. An operation whose answer
            is not known has the value None where a read would have one.
    """

    name: str
    kinds: tuple[str, ...]
    initial: Hashable
    step: Callable[[Any, Operation], Hashable]


def _register_step(state: Any, operation: Operation) -> Hashable:
    value = hashables([operation.value])[0]
    if operation.kind == "read":
        if operation.outcome is OK and value != state:
            raise Impossible
        return state  # type: ignore[no-any-return]
    if operation.kind == "write":
        return value  # type: ignore[no-any-return]
    expected, new = hashables(list(operation.value))
    if expected != state:
        if operation.outcome is OK:
            raise Impossible
        return state  # type: ignore[no-any-return]
    return new  # type: ignore[no-any-return]


REGISTER = Rules("register", ("read", "write", "cas"), None, _register_step)
"""Kinds `read`, `write` and `cas` (value: [expected, new]; ok when it swapped); starts as null."""


def _queue_step(state: Any, operation: Operation) -> Hashable:
    value = hashables([operation.value])[0]
    if operation.kind == "enqueue":
        return (*state, value)
    if operation.outcome is not OK:
        return state[1:]  # type: ignore[no-any-return]
    if (state[0] if state else None) != value:
        raise Impossible
    return state[1:]  # type: ignore[no-any-return]


FIFO = Rules("fifo", ("enqueue", "dequeue"), (), _queue_step)
"""A strict first-in, first-out queue; `dequeue` of null found it empty."""


@dataclass
class Budget:
    """Steps that are left."""

    steps: int


def linearizable(operations: Sequence[Operation], rules: Rules, budget: Budget) -> bool | None:
    """Whether the operations of one object fit its rules; None when the budget was spent first.

    FAILED operations are left out; UNKNOWN ones may happen at any time after they were invoked, or never.
    """
    kept = sorted((o for o in operations if o.outcome is not FAILED), key=lambda o: (o.invoked, o.end))
    due = sum(1 << n for n, operation in enumerate(kept) if operation.outcome is OK)
    stack: list[tuple[int, Hashable]] = [(0, rules.initial)]
    tried: set[tuple[int, Hashable]] = {(0, rules.initial)}
    while stack:
        done, state = stack.pop()
        if done & due == due:
            return True
        if budget.steps <= 0:
            return None
        budget.steps -= 1
        earliest_end = min(o.end for n, o in enumerate(kept) if not done >> n & 1)
        for n, operation in enumerate(kept):
            if operation.invoked > earliest_end:
                break
            if done >> n & 1:
                continue
            try:
                following = (done | 1 << n, rules.step(state, operation))
            except Impossible:
                continue
            if following not in tried:
                tried.add(following)
                stack.append(following)
    return False


def check_search(history: History, rules: Rules = REGISTER, *, steps: int = STEPS) -> Verdict:
    """Whether each key is a linearizable object with these rules.

    Args:
        steps: budget for all keys together; spent means unknown.

    Raises:
        BadInput: for an operation of another kind.
    """
    check_kinds(history, rules.kinds, f"search ({rules.name})")
    by_key: dict[str, list[Operation]] = {}
    for operation in history.operations:
        by_key.setdefault(operation.key, []).append(operation)
    budget = Budget(steps)
    answers = {key: linearizable(by_key[key], rules, budget) for key in sorted(by_key)}
    bad = [key for key, answer in answers.items() if answer is False]
    undecided = [key for key, answer in answers.items() if answer is None]
    doubts = (f"{plural(len(undecided), 'key')} undecided after {steps} steps",) if undecided else ()
    if not any(o.outcome is OK and o.kind in ("read", "cas", "dequeue") for o in history.operations):
        doubts = (*doubts, "no answer that could be wrong was given")
    finding = Finding(
        wrong=(f"no order fits the operations on {bad[0] or 'the object'}",) if bad else (),
        example=tuple(core(by_key[bad[0]], rules)) if bad else (),
        doubts=doubts,
    )
    return conclude(
        history,
        finding,
        allowed=f"one order of all operations that fits their times and a {rules.name} (linearizable)",
        seen=f"{plural(len(history), 'operation')} on {plural(len(by_key), 'key')}",
        remediation="Serialise the operations of a key in the store: one transaction, one primary.",
        numbers={"keys": len(by_key), "not_linearizable": len(bad), "undecided": len(undecided)},
    )


def core(operations: Sequence[Operation], rules: Rules, *, steps: int = STEPS // 10) -> list[Operation]:
    """A part of `operations` that no order fits, and that no operation can be left out of.

    Reads are left out one by one; writes only with all that saw them, for a read without its write proves
    nothing about the whole.
    """
    kept = [o for o in operations if o.outcome is not FAILED]
    groups: list[list[Operation]] = [[o] for o in kept if o.kind == "read"]
    if {o.kind for o in kept} <= {"read", "write"}:
        values = hashables([o.value for o in kept])
        groups += [
            [o for o, v in zip(kept, values, strict=True) if v == value] for value in dict.fromkeys(values)
        ]
    for group in reversed(groups):
        rest = [o for o in kept if not any(o is member for member in group)]
        if linearizable(rest, rules, Budget(steps)) is False:
            kept = rest
    return kept
