"""Unique ids: no two requests may be answered with the same id.

Kind: `generate` (value: the id that was answered).
"""

from __future__ import annotations

from collections import Counter

from seatrial.judge.consistency.finding import Finding, conclude
from seatrial.judge.consistency.history import OK, History, check_kinds, hashables
from seatrial.judge.wording import plural
from seatrial.model.verdict import Verdict


def check_unique_ids(history: History) -> Verdict:
    """Ids that were answered more than once. Requests without an ok answer tell nothing.

    Raises:
        BadInput: for an operation of another kind.
    """
    check_kinds(history, ("generate",), "unique-ids")
    answered = [operation for operation in history.operations if operation.outcome is OK]
    ids = hashables([operation.value for operation in answered])
    counts = Counter(ids) if len(set(ids)) < len(ids) else {}
    repeated = {name for name, count in counts.items() if count > 1}
    pairs = zip(answered, ids, strict=True)
    first = next((name for name in ids if name in repeated), None)
    example = tuple(operation for operation, name in pairs if first is not None and name == first)
    finding = Finding(
        wrong=(f"{plural(len(repeated), 'id')} given more than once",) if repeated else (),
        example=example,
        doubts=() if len(ids) > 1 else ("fewer than two ids were answered",),
    )
    return conclude(
        history,
        finding,
        allowed="each id answered to one request only",
        seen=f"{plural(len(ids), 'id')} answered",
        remediation="Let one authority make the ids, or make them random and long enough.",
        numbers={"ids": len(ids), "repeated": len(repeated)},
    )
