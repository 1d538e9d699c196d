"""Register with unique values: linearizable, decided in O(n log n) by zones.

Kinds: `write` (value: never written twice to the same key) and `read` (value: what was seen; null is the
value before any write). Each key is a register of its own.

The rule is P. Gibbons and E. Korach's ("Testing shared memories", SIAM J. Comput. 26, 1997). All operations
of one value form a cluster, which must stand together in any sequential order. Let `first_end` be the
earliest end in it and `last_begin` the latest begin. Cluster A must stand before cluster B when `A.first_end
< B.last_begin`. The history is linearizable unless a value is read that was not written by then, or two
clusters must each stand before the other. Longer circles always hold such a pair.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seatrial.judge.consistency.finding import Finding, conclude
from seatrial.judge.consistency.history import FAILED, OK, History, Operation, check_kinds, hashables
from seatrial.judge.wording import plural
from seatrial.model.verdict import Verdict

ALLOWED = (
    "one order of all operations that fits their times, in which each read sees the last write (linearizable)"
)


@dataclass(slots=True)
class _Cluster:
    """The write of a value and all reads that saw it."""

    key: str
    write: Operation | None
    first_end: float
    last_begin: float
    ends_first: Operation | None
    begins_last: Operation | None


def check_register(history: History) -> Verdict:
    """Whether each key is a linearizable register.

    An unknown write has no end, so that one that nobody read stands in nobody's way.
    Values that were written twice make the verdict unknown: use the model `search`.

    Raises:
        BadInput: for an operation of another kind.
    """
    check_kinds(history, ("read", "write"), "register")
    clusters, repeated = _writes(history.operations)
    strangers = _reads(history.operations, clusters)
    by_key: dict[str, list[_Cluster]] = {}
    for cluster in clusters.values():
        by_key.setdefault(cluster.key, []).append(cluster)
    wrong: tuple[str, ...] = ()
    example: tuple[Operation, ...] = ()
    if strangers:
        wrong, example = _stranger(strangers[0], clusters)
    else:
        pair = next((pair for key in sorted(by_key) if (pair := _conflict(by_key[key]))), None)
        if pair is not None:
            wrong, example = (_words(*pair),), _operations(pair)
    writes = sum(operation.kind == "write" for operation in history.operations)
    reads = sum(o.kind == "read" and o.outcome is OK for o in history.operations)
    doubts = [f"{plural(len(repeated), 'value')} written more than once, or null"] if repeated else []
    if not reads or not writes:
        doubts.append("a register without writes or without reads tells nothing")
    if repeated:
        wrong, example = (), ()
    return conclude(
        history,
        Finding(wrong, example, tuple(doubts)),
        allowed=ALLOWED,
        seen=f"{plural(writes, 'write')} and {plural(reads, 'read')} of {plural(len(by_key), 'key')}",
        remediation="Read from the primary, or a replica that has caught up; answer from no stale cache.",
        numbers={"writes": writes, "reads": reads, "keys": len(by_key), "not_linearizable": int(bool(wrong))},
    )


def _writes(operations: Iterable[Operation]) -> tuple[dict[tuple[str, Any], _Cluster], list[Operation]]:
    """A cluster for each value that may have been written, and the writes of a value already seen."""
    clusters: dict[tuple[str, Any], _Cluster] = {}
    repeated: list[Operation] = []
    for operation in operations:
        if operation.kind != "write" or operation.outcome is FAILED:
            continue
        place = (operation.key, _value(operation))
        if place in clusters or operation.value is None:
            repeated.append(operation)
            continue
        end = operation.end
        clusters[place] = _Cluster(operation.key, operation, end, operation.invoked, operation, operation)
    return clusters, repeated


def _reads(operations: Iterable[Operation], clusters: dict[tuple[str, Any], _Cluster]) -> list[Operation]:
    """Add each read to the cluster of its value; give back those of values that were not written by then."""
    strangers: list[Operation] = []
    for operation in operations:
        if operation.kind != "read" or operation.outcome is not OK:
            continue
        place = (operation.key, None if operation.value is None else _value(operation))
        cluster = clusters.get(place)
        if cluster is None:
            if operation.value is not None:
                strangers.append(operation)
                continue
            cluster = clusters[place] = _Cluster(operation.key, None, -math.inf, -math.inf, None, None)
        end = operation.end
        if cluster.write is not None and end < cluster.write.invoked:
            strangers.append(operation)
        if end < cluster.first_end:
            cluster.first_end, cluster.ends_first = end, operation
        if operation.invoked > cluster.last_begin:
            cluster.last_begin, cluster.begins_last = operation.invoked, operation
    return strangers


def _value(operation: Operation) -> Any:
    value = operation.value
    return hashables([value])[0] if isinstance(value, list | dict) else value


def _conflict(clusters: list[_Cluster]) -> tuple[_Cluster, _Cluster] | None:
    """Two clusters of one key that must each stand before the other, or None."""
    forward = sorted((c for c in clusters if c.first_end < c.last_begin), key=lambda c: c.first_end)
    for before, after in itertools.pairwise(forward):
        if after.first_end < before.last_begin:
            return before, after
    backward = sorted((c for c in clusters if c.first_end >= c.last_begin), key=lambda c: c.last_begin)
    position = -1
    for cluster in backward:
        while position + 1 < len(forward) and forward[position + 1].first_end < cluster.last_begin:
            position += 1
        if position >= 0 and cluster.first_end < forward[position].last_begin:
            return forward[position], cluster
    return None


def _stranger(
    read: Operation, clusters: dict[tuple[str, Any], _Cluster]
) -> tuple[tuple[str, ...], tuple[Operation, ...]]:
    cluster = clusters.get((read.key, _value(read)))
    if cluster is None or cluster.write is None:
        return (f"a read saw {read.value!r}, which nobody can have written",), (read,)
    return (f"a read saw {read.value!r} before it was written",), (read, cluster.write)


def _words(one: _Cluster, other: _Cluster) -> str:
    return (
        f"a read saw an old value: {_name(one)} and {_name(other)} would each have to be older than the other"
    )


def _name(cluster: _Cluster) -> str:
    subject = f"{cluster.key} " if cluster.key else ""
    return f"{subject}{None if cluster.write is None else cluster.write.value!r}"


def _operations(pair: tuple[_Cluster, _Cluster]) -> tuple[Operation, ...]:
    shown = [o for c in pair for o in (c.write, c.ends_first, c.begins_last)]
    return tuple(operation for operation in shown if operation is not None)
