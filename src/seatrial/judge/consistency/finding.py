"""How the checkers of histories say what they found: valid, invalid with a counter-example, or unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.judge.consistency.history import History, Operation
from seatrial.model.verdict import Outcome, Verdict

LONGEST_EXAMPLE = 6
LONGEST_VALUE = 60


@dataclass(frozen=True)
class Finding:
    """What a checker found in a history, before it is worded.

    Attributes:
        wrong: one phrase for each kind of violation, with its count; none when there is no violation.
        example: the operations that together cannot be; three to six.
        doubts: why the absence of violations may mean nothing.
    """

    wrong: tuple[str, ...] = ()
    example: tuple[Operation, ...] = ()
    doubts: tuple[str, ...] = ()


def conclude(
    history: History,
    finding: Finding,
    *,
    allowed: str,
    seen: str,
    remediation: str,
    numbers: Mapping[str, Any],
) -> Verdict:
    """The verdict: FAILED when something is wrong, else INCONCLUSIVE when there are doubts, else PASSED."""
    lines = example_lines(finding.example)
    if finding.wrong:
        wrong = ", ".join(finding.wrong)
        return Verdict(Outcome.FAILED, f"{seen}: {wrong}", allowed, remediation, dict(numbers), lines)
    doubts = list(finding.doubts) if history.operations else ["the history is empty"]
    if doubts:
        return Verdict(
            Outcome.INCONCLUSIVE,
            f"{seen}; {'; '.join(doubts)}",
            allowed,
            "Record a history that can tell: more operations, and reads after the last of them.",
            dict(numbers),
        )
    return Verdict(Outcome.PASSED, seen, allowed, numbers=dict(numbers))


def example_lines(operations: Iterable[Operation]) -> tuple[str, ...]:
    """One line an operation, in the order of invocation: from, to, what, what came of it."""
    distinct = {id(operation): operation for operation in operations}
    ordered = sorted(distinct.values(), key=lambda o: (o.invoked, o.end))[:LONGEST_EXAMPLE]
    return tuple(_line(operation) for operation in ordered)


def _line(operation: Operation) -> str:
    end = "         -" if operation.completed is None else f"{operation.completed:10.3f}"
    subject = f" {operation.key}" if operation.key else ""
    value = repr(operation.value)
    if len(value) > LONGEST_VALUE:
        value = f"{value[: LONGEST_VALUE - 3]}..."
    return f"{operation.invoked:10.3f} s to {end} s  {operation.kind}{subject} {value}: {operation.outcome}"
