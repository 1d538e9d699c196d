"""Bank: money moves between accounts, and its total is the same in every snapshot.

Kinds: `transfer` (value: anything, e.g. {"from": "a", "to": "b", "amount": 5}), `read` (value: a mapping from
account to balance, read in one transaction) and, optionally first, `open` (value: the opening balances).
"""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.errors import BadInput
from seatrial.judge.consistency.finding import Finding, conclude
from seatrial.judge.consistency.history import FAILED, OK, History, Operation, check_kinds
from seatrial.judge.wording import plural
from seatrial.model.verdict import Verdict


def check_bank(history: History, *, total: float | None = None, negative_allowed: bool = False) -> Verdict:
    """Snapshots whose total differs, and balances below zero.

    Args:
        total: what every snapshot must sum to; by default what `open` says, else what the first read saw.
        negative_allowed: whether accounts may be overdrawn.

    Raises:
        BadInput: for an operation of another kind, or a snapshot that is no mapping to numbers.
    """
    check_kinds(history, ("transfer", "read", "open"), "bank")
    reads = sorted((o for o in history.operations if o.kind == "read" and o.outcome is OK), key=_by_time)
    opening = [o for o in history.operations if o.kind == "open" and o.outcome is OK]
    sums = {id(operation): _sum(operation) for operation in (*opening, *reads)}
    reference = next(iter(opening or reads), None)
    expected = sums[id(reference)] if total is None and reference is not None else total
    off = [read for read in reads if sums[id(read)] != expected]
    below = (
        []
        if negative_allowed
        else [read for read in reads if any(balance < 0 for balance in read.value.values())]
    )
    transfers = [o for o in history.operations if o.kind == "transfer"]
    wrong = []
    if off:
        wrong.append(f"{plural(len(off), 'snapshot')} with another total, first {sums[id(off[0])]:g}")
    if below:
        wrong.append(f"{plural(len(below), 'snapshot')} with a balance below zero")
    moved = sum(o.outcome is OK for o in transfers)
    finding = Finding(
        wrong=tuple(wrong),
        example=_example((off or below)[0], reads, opening, transfers) if wrong else (),
        doubts=() if moved and reads else ("no transfer was acknowledged, or no snapshot was read",),
    )
    return conclude(
        history,
        finding,
        allowed=f"a total of {expected:g} in every snapshot"
        if expected is not None
        else "one constant total",
        seen=f"{plural(moved, 'acknowledged transfer')}, {plural(len(reads), 'snapshot')}",
        remediation="Move money in one transaction that locks both accounts; read a snapshot in one, too.",
        numbers={"transfers": moved, "snapshots": len(reads), "off": len(off), "below_zero": len(below)},
    )


def _by_time(operation: Operation) -> float:
    return operation.invoked


def _sum(operation: Operation) -> float:
    value = operation.value
    if not isinstance(value, dict) or not all(_is_number(balance) for balance in value.values()):
        raise BadInput(f"a snapshot maps accounts to balances, unlike {value!r}")
    return sum(value.values())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _example(
    bad: Operation, reads: list[Operation], opening: Iterable[Operation], transfers: list[Operation]
) -> tuple[Operation, ...]:
    """The last snapshot before, the transfers that may lie between, and the bad snapshot."""
    before = [read for read in reads if read.end < bad.invoked]
    start = before[-1:] or list(opening)[:1]
    since = start[0].invoked if start else float("-inf")
    between = [t for t in transfers if t.outcome is not FAILED and t.invoked <= bad.end and t.end >= since]
    return (*start, *between[-(5 - len(start)) :], bad)
