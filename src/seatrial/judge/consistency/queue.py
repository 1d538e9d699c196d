"""Total queue: each accepted message comes out once, and messages of one key in their order.

Kinds: `enqueue` (key: the ordering key, value: a message, each sent once), `dequeue` (value: the message, or
null for an empty queue) and `drain` (value: the list of all that was left, taken at the end).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from seatrial.errors import BadInput
from seatrial.judge.consistency.finding import Finding, conclude
from seatrial.judge.consistency.history import FAILED, OK, History, Operation, check_kinds, hashables
from seatrial.judge.wording import plural
from seatrial.model.verdict import Verdict


@dataclass
class _Sorted:
    """The operations of a queue. Messages are hashable stand-ins of the values."""

    sent: dict[Hashable, Operation] = field(default_factory=dict)
    """Accepted or unknown."""
    refused: dict[Hashable, Operation] = field(default_factory=dict)
    taken: list[tuple[Hashable, Operation]] = field(default_factory=list)
    """Each message that came out, with the operation that took it."""
    emptied_at: float = -math.inf
    """The latest invocation that found the queue empty."""
    lost_takes: int = 0
    """Dequeues of unknown outcome: each may have taken one message."""


def check_queue(history: History, *, at_least_once: bool = False) -> Verdict:
    """Lost, duplicated, unexpected and reordered messages.

    A message is lost when its enqueue was acknowledged, a later operation found the queue empty, and it never
    came out; as many as there are dequeues of unknown outcome are excused. Two messages of a key are
    reordered when the first was acknowledged before the second was sent, and yet the second was out before
    anyone asked for the first. Without a look at the empty queue at the end the verdict is unknown.

    Args:
        at_least_once: duplicates are counted, not wrong, and order is judged by first deliveries.

    Raises:
        BadInput: for an operation of another kind, or a drain whose value is no list.
    """
    check_kinds(history, ("enqueue", "dequeue", "drain"), "queue")
    found = _sort(history.operations)
    first: dict[Hashable, Operation] = {}
    for message, taker in sorted(found.taken, key=lambda pair: (pair[1].end, pair[1].invoked)):
        first.setdefault(message, taker)
    accepted = {m: o for m, o in found.sent.items() if o.outcome is OK}
    absent = {m: o for m, o in accepted.items() if m not in first}
    missing = {m: o for m, o in absent.items() if o.end <= found.emptied_at}
    lost = max(len(missing) - found.lost_takes, 0)
    counts = Counter(message for message, _ in found.taken)
    doubled = [message for message, count in counts.items() if count > 1]
    strangers = [(m, o) for m, o in found.taken if m not in found.sent or found.sent[m].invoked > o.end]
    swapped = _reordered(found.sent, first)
    numbers = {
        "accepted": len(accepted),
        "taken": len(first),
        "lost": lost,
        "duplicated": len(doubled),
        "unexpected": len(strangers),
        "reordered": len(swapped),
    }
    wrong = [
        (lost, f"{lost} lost", [next(iter(missing.values()))] if lost else []),
        (len(strangers), f"{len(strangers)} unexpected", [o for _, o in strangers[:1]]),
        (len(swapped), f"{len(swapped)} reordered", list(swapped[0]) if swapped else []),
    ]
    if not at_least_once:
        takers = [o for m, o in found.taken if doubled and m == doubled[0]]
        sender = [found.sent[m] for m in doubled[:1] if m in found.sent]
        wrong.append((len(doubled), f"{len(doubled)} duplicated", [*sender, *takers]))
    return _conclude(history, found, absent, wrong, numbers)


def _conclude(
    history: History,
    found: _Sorted,
    absent: dict[Hashable, Operation],
    wrong: list[tuple[int, str, list[Operation]]],
    numbers: dict[str, int],
) -> Verdict:
    unavailable = len(absent) - numbers["lost"]
    doubts = []
    if math.isinf(found.emptied_at):
        doubts.append("nobody saw the queue empty at the end")
    elif unavailable:
        doubts.append(f"{plural(unavailable, 'accepted message')} neither taken nor surely lost")
    present = [item for item in wrong if item[0]]
    example = list(present[0][2]) if present else []
    if present and numbers["lost"] and present[0][1].endswith("lost"):
        example += [o for o in history.operations if o.invoked == found.emptied_at][:1]
    finding = Finding(tuple(text for _, text, _ in present), tuple(example), tuple(doubts))
    return conclude(
        history,
        finding,
        allowed="each accepted message out once, and in order for each key",
        seen=f"{plural(numbers['accepted'], 'accepted message')}, {numbers['taken']} taken",
        remediation="Publish in the transaction that accepts; acknowledge to the broker after the effect.",
        numbers=numbers,
    )


def _sort(operations: Iterable[Operation]) -> _Sorted:
    found = _Sorted()
    for operation in operations:
        if operation.kind == "enqueue":
            (message,) = hashables([operation.value])
            (found.refused if operation.outcome is FAILED else found.sent)[message] = operation
        elif operation.outcome is OK:
            values = [operation.value]
            if operation.kind == "drain":
                values = operation.value
                if not isinstance(values, list | tuple):
                    raise BadInput(f"a drain holds a list, not {values!r}")
            if operation.kind == "drain" or operation.value is None:
                found.emptied_at = max(found.emptied_at, operation.invoked)
            found.taken += [(m, operation) for m in hashables(values) if m is not None]
        elif operation.outcome is not FAILED:
            found.lost_takes += 1
    return found


def _reordered(
    sent: dict[Hashable, Operation], first: dict[Hashable, Operation]
) -> list[tuple[Operation, Operation, Operation, Operation]]:
    """Pairs of one key that came out the wrong way round: both enqueues and both takers.

    For each message, in the order of sending, the message that was acknowledged before and asked for last is
    compared: if that one is not the wrong way round, none is. O(n log n).
    """
    by_key: dict[str, list[tuple[Operation, Operation]]] = {}
    for message, enqueue in sent.items():
        if message in first and first[message].kind != "drain":
            by_key.setdefault(enqueue.key, []).append((enqueue, first[message]))
    result = []
    for pairs in by_key.values():
        acknowledged = sorted(pairs, key=lambda pair: pair[0].end)
        position = 0
        latest: tuple[Operation, Operation] | None = None
        for enqueue, taker in sorted(pairs, key=lambda pair: pair[0].invoked):
            while acknowledged[position][0].end < enqueue.invoked:  # ends at its own enqueue at the latest
                if latest is None or acknowledged[position][1].invoked > latest[1].invoked:
                    latest = acknowledged[position]
                position += 1
            if latest is not None and taker.end < latest[1].invoked:
                result.append((latest[0], enqueue, taker, latest[1]))
    return result
