"""A small store in simulated time, correct or with one planted bug, and clients that record what they saw.

Messages are delayed, answers get lost, and requests are delivered twice. The correct store survives all that.
"""

from __future__ import annotations

import copy
import heapq
import itertools
import random
from collections.abc import Callable
from typing import Any

from toy_state import (
    ACCOUNTS,
    APPLY,
    KEYS,
    READS,
    TAKING,
    UNSAFE,
    Add,
    BankRead,
    CounterRead,
    Refused,
    RegisterRead,
    SetRead,
    State,
)

from seatrial.judge.consistency import History, Operation
from seatrial.model.exchange import ExchangeOutcome

BUGS = ("lost-update", "stale-read", "double-apply", "ack-before-commit")
MODELS = ("set", "unique-ids", "counter", "bank", "queue", "register", "search", "idempotency")


class Simulation:
    """Simulated time and the store's moods.

    Args:
        seed: same seed, same history.
        bug: one of `BUGS`, or empty for the correct store.
    """

    def __init__(self, seed: int, bug: str = "") -> None:
        self.chance = random.Random(seed)
        self.bug = bug
        self.now = 0.0
        self.state = State(forgetful=bug == "double-apply")
        self.replica = State()
        self.disk = State()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._epoch = 0
        self.operations: list[Operation] = []

    def later(self, delay: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + delay, next(self._numbers), action))

    def run(self) -> None:
        while self._events:
            self.now, _, action = heapq.heappop(self._events)
            action()

    def crash(self) -> None:
        """Memory is lost; what was on disk is not."""
        self._epoch += 1
        if self.bug == "ack-before-commit":
            self.state = copy.deepcopy(self.disk)

    def _changed(self) -> None:
        if self.bug == "stale-read":
            copied = copy.deepcopy(self.state)
            self.later(self.chance.uniform(2, 6), lambda: setattr(self, "replica", copied))
        if self.bug == "ack-before-commit":
            copied, epoch = copy.deepcopy(self.state), self._epoch
            delay = self.chance.uniform(1, 3)
            self.later(delay, lambda: setattr(self, "disk", copied) if epoch == self._epoch else None)

    def call(self, kind: str, value: Any, key: str = "", done: Callable[[], None] = lambda: None) -> None:
        """Send one request; record its outcome; then `done`."""
        invoked, number = self.now, next(self._numbers)
        open_answers = [True]

        def answer(result: Any, outcome: ExchangeOutcome = ExchangeOutcome.OK) -> None:
            if open_answers and open_answers.pop():
                lost = outcome is ExchangeOutcome.OK and kind not in TAKING and self.chance.random() < 0.08
                completed = None if lost else self.now
                outcome = ExchangeOutcome.UNKNOWN if lost else outcome
                self.operations.append(Operation(kind, result, invoked, completed, outcome, key))
                done()

        copies = 2 if self.chance.random() < 0.25 else 1
        for _ in range(copies):
            delay = self.chance.uniform(0.1, 2) if self.chance.random() < 0.9 else self.chance.uniform(2, 9)
            self.later(delay, lambda: self._arrive(number, kind, value, key, answer))

    def _arrive(self, number: int, kind: str, value: Any, key: str, answer: Callable[..., None]) -> None:
        if number in self.state.answered and self.bug != "double-apply":
            result = self.state.answered[number]
            self.later(self.chance.uniform(0.1, 1), lambda: answer(result))
            return
        if number in self.state.refused:
            return
        if self.bug == "stale-read" and kind == "read" and self.chance.random() < 0.5:
            result = READS[type(value)](self.replica, value, key)
            self.later(self.chance.uniform(0.1, 1), lambda: answer(result))
            return
        if self.bug == "lost-update" and kind in UNSAFE:
            before = copy.deepcopy(self.state)
            self.later(
                self.chance.uniform(0.5, 2), lambda: self._apply(number, kind, value, key, answer, before)
            )
            return
        self._apply(number, kind, value, key, answer, self.state)

    def _apply(
        self, number: int, kind: str, value: Any, key: str, answer: Callable[..., None], before: State
    ) -> None:
        try:
            result = APPLY[kind](self.state, before, value, key)
        except Refused:
            self.state.refused.add(number)
            self.later(self.chance.uniform(0.1, 1), lambda: answer(value, ExchangeOutcome.FAILED))
            return
        self.state.answered[number] = result
        self._changed()
        self.later(self.chance.uniform(0.1, 1), lambda: answer(result))


def simulate(model: str, seed: int, bug: str = "", *, operations: int = 60, clients: int = 5) -> History:
    """The history that some clients recorded while they used the store, ending with a look at all of it."""
    world = Simulation(seed, bug)
    fresh = itertools.count(1)
    left = [operations]

    def step() -> None:
        if left[0] > 0:
            left[0] -= 1
            kind, value, key = _next(model, world.chance, next(fresh))
            world.later(world.chance.uniform(0.0, 0.5), lambda: world.call(kind, value, key, step))

    for _ in range(clients):
        step()
    if bug == "ack-before-commit":
        for at in (15.0, 30.0, 45.0):
            world.later(at, world.crash)
    world.run()
    _look(world, model)
    recorded = [_worded(operation, model) for operation in world.operations]
    return History(recorded)


def _look(world: Simulation, model: str) -> None:
    """At rest, ask until an answer comes: an unknown read tells nothing."""
    last: dict[str, tuple[str, Any, list[str]]] = {
        "set": ("read", SetRead(), [""]),
        "counter": ("read", CounterRead(), [""]),
        "bank": ("read", BankRead(), [""]),
        "queue": ("drain", None, [""]),
        "register": ("read", RegisterRead(), list(KEYS)),
        "search": ("read", RegisterRead(), list(KEYS)),
        "idempotency": ("effects", None, sorted({o.key for o in world.operations})),
    }
    if model not in last:
        return
    kind, value, keys = last[model]
    for key in keys:
        for _ in range(20):
            world.now += 10.0
            before = len(world.operations)
            world.call(kind, value, key)
            world.run()
            if world.operations[before].outcome is ExchangeOutcome.OK:
                break


def _next(model: str, chance: random.Random, fresh: int) -> tuple[str, Any, str]:
    """What a client asks next: kind, value, key."""
    key = chance.choice(KEYS)
    source, target = chance.sample(ACCOUNTS, 2)
    transfer = {"from": source, "to": target, "amount": chance.randint(1, 30)}
    swap = [chance.choice([None, *range(1, fresh)]), fresh]
    reads: dict[str, tuple[str, Any, str]] = {
        "set": ("read", SetRead(), ""),
        "counter": ("read", CounterRead(), ""),
        "bank": ("read", BankRead(), ""),
        "queue": ("dequeue", None, ""),
        "register": ("read", RegisterRead(), key),
        "search": ("read", RegisterRead(), key),
    }
    writes: dict[str, tuple[str, Any, str]] = {
        "set": ("add", fresh, ""),
        "unique-ids": ("generate", None, ""),
        "counter": ("add", Add(chance.choice([1, 2, 5, -1, -3])), ""),
        "bank": ("transfer", transfer, ""),
        "queue": ("enqueue", fresh, key),
        "register": ("write", fresh, key),
        "search": ("cas", swap, key) if chance.random() < 0.5 else ("write", fresh, key),
        "idempotency": (
            "call",
            {"body": chance.choice(["pay 5"] * 4 + ["pay 6"])},
            f"k{chance.randint(1, 12)}",
        ),
    }
    return reads[model] if model in reads and chance.random() < 0.4 else writes[model]


def _worded(operation: Operation, model: str) -> Operation:
    """Values as a client would record them."""
    value = operation.value
    if isinstance(value, Add):
        value = value.amount
    if operation.kind in ("read", "dequeue", "generate") and operation.outcome is not ExchangeOutcome.OK:
        value = None
    return Operation(
        operation.kind, value, operation.invoked, operation.completed, operation.outcome, operation.key
    )
