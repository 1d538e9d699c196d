"""Linearizability by trying every order: slow, and simple enough to be believed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence

from seatrial.judge.consistency import History, Operation
from seatrial.model.exchange import ExchangeOutcome


def linearizable_by_force(operations: Iterable[Operation]) -> bool:
    """Whether any order of the ok operations, with any part of the unknown ones, is a register's.

    Each key stands for itself. Only `read` and `write`.
    """
    by_key: dict[str, list[Operation]] = {}
    for operation in operations:
        by_key.setdefault(operation.key, []).append(operation)
    return all(_one_key(operations) for operations in by_key.values())


def _one_key(operations: Sequence[Operation]) -> bool:
    sure = [o for o in operations if o.outcome is ExchangeOutcome.OK]
    unsure = [o for o in operations if o.outcome is ExchangeOutcome.UNKNOWN and o.kind == "write"]
    for count in range(len(unsure) + 1):
        for happened in itertools.combinations(unsure, count):
            if any(_fits(order) for order in itertools.permutations([*sure, *happened])):
                return True
    return False


def _fits(order: Sequence[Operation]) -> bool:
    state = None
    for number, operation in enumerate(order):
        for later in order[number + 1 :]:
            if (
                later.outcome is ExchangeOutcome.OK
                and later.completed is not None
                and later.completed < operation.invoked
            ):
                return False
        if operation.kind == "write":
            state = operation.value
        elif operation.value != state:
            return False
    return True


def random_history(chance: random.Random, *, longest: int) -> History:
    """A small register history with unique values; about half of them are linearizable.

    Times are whole numbers, so that operations often begin and end at the same moment.
    """
    count = chance.randint(2, longest)
    keys = ["x"] if chance.random() < 0.8 else ["x", "y"]
    span = chance.choice([6, 10, 20])
    operations: list[Operation] = []
    written: dict[str, list[int]] = {key: [] for key in keys}
    for number in range(1, count + 1):
        key = chance.choice(keys)
        invoked = chance.randint(0, span)
        completed: float | None = invoked + chance.choice([0, 1, 1, 2, 3, 8])
        outcome = chance.choices(
            [ExchangeOutcome.OK, ExchangeOutcome.UNKNOWN, ExchangeOutcome.FAILED], [8, 1, 1]
        )[0]
        if outcome is ExchangeOutcome.UNKNOWN and chance.random() < 0.7:
            completed = None
        if chance.random() < 0.45:
            written[key].append(number)
            operations.append(Operation("write", number, invoked, completed, outcome, key))
        else:
            operations.append(Operation("read", None, invoked, completed, outcome, key))
    finished = [
        Operation(
            "read", _guess(chance, o, written[o.key], operations), o.invoked, o.completed, o.outcome, o.key
        )
        if o.kind == "read"
        else o
        for o in operations
    ]
    chance.shuffle(finished)
    return History(finished)


def _guess(
    chance: random.Random, read: Operation, values: Sequence[int], operations: Sequence[Operation]
) -> int | None:
    """Mostly a value that was plausible at the time; sometimes any, none, or one that nobody wrote."""
    if chance.random() < 0.05:
        return 99
    begun = [
        o.value
        for o in operations
        if o.kind == "write" and o.key == read.key and o.invoked <= read.invoked + 2
    ]
    if chance.random() < 0.75 and begun:
        return chance.choice(begun[-2:])
    return chance.choice([None, *values])
