"""Bank: money, or whatever else has a total, moves between accounts, and the total is always the same.

Kinds: `transfer` (value: anything that names it) and `read` (value: the total, asked at once).
"""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.errors import BadInput
from seatrial.judge.consistency.finding import Finding, conclude
from seatrial.judge.consistency.history import FAILED, OK, History, Operation, check_kinds
from seatrial.judge.wording import plural
from seatrial.model.verdict import Verdict


def check_bank(history: History) -> Verdict:
    """Reads whose total is not that of the first one.

    Raises:
        BadInput: for an operation of another kind, or a total that is no number.
    """
    check_kinds(history, ("transfer", "read"), "bank")
    transfers = [o for o in history.operations if o.kind == "transfer"]
    reads = sorted((o for o in history.operations if o.kind == "read" and o.outcome is OK), key=_by_time)
    for read in reads:
        if isinstance(read.value, bool) or not isinstance(read.value, int | float):
            raise BadInput(f"a total is a number, unlike {read.value!r}")
    off = [read for read in reads if read.value != reads[0].value]
    moved = sum(o.outcome is OK for o in transfers)
    finding = Finding(
        wrong=(f"{plural(len(off), 'time')} another total, first {off[0].value}",) if off else (),
        example=_example(off[0], reads, transfers) if off else (),
        doubts=() if moved and reads else ("no transfer was acknowledged, or no total was read",),
    )
    return conclude(
        history,
        finding,
        allowed=f"a total of {reads[0].value} at all times" if reads else "one constant total",
        seen=f"{plural(moved, 'acknowledged transfer')}, total read {plural(len(reads), 'time')}",
        remediation="Change both accounts in one transaction that locks them, durable before it is answered.",
        numbers={"transfers": moved, "totals_read": len(reads), "totals_off": len(off)},
    )


def _by_time(operation: Operation) -> float:
    return operation.invoked


def _example(
    bad: Operation, reads: Sequence[Operation], transfers: Sequence[Operation]
) -> tuple[Operation, ...]:
    """The last read before, the transfers that may lie between, and the bad read."""
    before = [read for read in reads if read.end < bad.invoked][-1:]
    since = before[0].invoked if before else float("-inf")
    between = [t for t in transfers if t.outcome is not FAILED and t.invoked <= bad.end and t.end >= since]
    return (*before, *between[-(5 - len(before)) :], bad)
