"""Counter: what is read lies between what must have been added by then and what may have been.

Kinds: `add` (value: a number, negative to take away) and `read` (value: the number seen). It starts at 0.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from seatrial.errors import BadInput
from seatrial.judge.consistency.finding import Finding, conclude
from seatrial.judge.consistency.history import FAILED, OK, History, Operation, check_kinds
from seatrial.judge.wording import plural
from seatrial.model.verdict import Verdict


@dataclass(frozen=True)
class _Sum:
    """Running sums over time: how much had been added up to a moment."""

    moments: list[float]
    sums: list[float]

    @classmethod
    def of(cls, steps: Iterable[tuple[float, float]]) -> _Sum:
        ordered = sorted(steps)
        sums = list(itertools.accumulate((amount for _, amount in ordered), initial=0))
        return cls([at for at, _ in ordered], sums)

    def before(self, moment: float) -> float:
        """The sum of all steps strictly before `moment`."""
        return self.sums[bisect.bisect_left(self.moments, moment)]

    def until(self, moment: float) -> float:
        """The sum of all steps at or before `moment`."""
        return self.sums[bisect.bisect_right(self.moments, moment)]


def check_counter(history: History) -> Verdict:
    """Reads outside of their bounds.

    The lower bound holds what was surely added before the read began and all that may have been taken away
    before it ended; the upper bound the other way round. An add beside the read, or unknown, may count or
    not.

    Raises:
        BadInput: for an operation of another kind, or a value that is no number.
    """
    check_kinds(history, ("add", "read"), "counter")
    adds = [o for o in history.operations if o.kind == "add" and o.outcome is not FAILED]
    reads = [o for o in history.operations if o.kind == "read" and o.outcome is OK]
    for operation in (*adds, *reads):
        if isinstance(operation.value, bool) or not isinstance(operation.value, int | float):
            raise BadInput(f"a counter holds numbers, not {operation.value!r}")
    sure_up = _Sum.of((a.end, max(a.value, 0)) for a in adds)
    sure_down = _Sum.of((a.end, min(a.value, 0)) for a in adds)
    maybe_up = _Sum.of((a.invoked, max(a.value, 0)) for a in adds)
    maybe_down = _Sum.of((a.invoked, min(a.value, 0)) for a in adds)
    wrong: list[tuple[Operation, float, float]] = []
    for read in reads:
        low = sure_up.before(read.invoked) + maybe_down.until(read.end)
        high = maybe_up.until(read.end) + sure_down.before(read.invoked)
        if not low <= read.value <= high:
            wrong.append((read, low, high))
    words = tuple(
        f"{read.value:g} read where {low:g} to {high:g} is possible" for read, low, high in wrong[:1]
    )
    more = (f"{len(wrong) - 1} more reads out of bounds",) if len(wrong) > 1 else ()
    finding = Finding(
        wrong=words + more,
        example=_example(wrong[0][0], adds) if wrong else (),
        doubts=() if reads and adds else ("a counter without adds or without reads tells nothing",),
    )
    return conclude(
        history,
        finding,
        allowed="each read between what was surely and what was possibly added by then",
        seen=f"{plural(len(adds), 'add')}, {plural(len(reads), 'read')}",
        remediation="Add in the store (`set n = n + 1`), not in the client; make a retried add one add.",
        numbers={"adds": len(adds), "reads": len(reads), "out_of_bounds": len(wrong)},
    )


def _example(read: Operation, adds: list[Operation]) -> tuple[Operation, ...]:
    """The read, and the adds nearest before its end."""
    nearest = sorted((a for a in adds if a.invoked <= read.end), key=lambda a: a.invoked)[-4:]
    return (*nearest, read)
