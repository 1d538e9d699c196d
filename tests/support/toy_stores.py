"""A small store in simulated time, correct or with one planted bug, and clients that record what they saw.

Messages are delayed, answers get lost, and requests are delivered twice. The correct store survives all that.
"""

from __future__ import annotations

import copy
import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from seatrial.judge.consistency import History, Operation
from seatrial.model.exchange import ExchangeOutcome

BUGS = ("lost-update", "double-apply")
MODELS = ("bank", "idempotency")
ACCOUNTS = ("a", "b", "c", "d")


class Refused(Exception):
    """The store says no: surely not applied."""


@dataclass
class State:
    """All that the store keeps."""

    balances: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ACCOUNTS, 100))
    effects: dict[str, int] = field(default_factory=dict)
    bodies: dict[str, Any] = field(default_factory=dict)
    answered: dict[int, Any] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    forgetful: bool = False
    """Whether a repeated idempotency key is taken for a new one."""


def _transfer(state: State, before: State, value: Any, key: str) -> Any:
    source, target, amount = value["from"], value["to"], value["amount"]
    if before.balances[source] < amount:
        raise Refused
    state.balances[source] = before.balances[source] - amount
    state.balances[target] = before.balances[target] + amount
    return value


def _call(state: State, before: State, value: Any, key: str) -> Any:
    if key in before.bodies:
        if before.bodies[key] != value["body"]:
            raise Refused
        if not state.forgetful:
            return {**value, "answer": f"order of {key}"}
    state.bodies[key] = value["body"]
    state.effects[key] = state.effects.get(key, 0) + 1
    return {**value, "answer": f"order of {key}"}


APPLY: dict[str, Callable[[State, State, Any, str], Any]] = {
    "transfer": _transfer,
    "call": _call,
    "effects": lambda state, before, value, key: state.effects.get(key, 0),
    "read": lambda state, before, value, key: sum(state.balances.values()),
}
UNSAFE = ("transfer", "call")


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
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self.operations: list[Operation] = []

    def later(self, delay: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + delay, next(self._numbers), action))

    def run(self) -> None:
        while self._events:
            self.now, _, action = heapq.heappop(self._events)
            action()

    def call(self, kind: str, value: Any, key: str = "", done: Callable[[], None] = lambda: None) -> None:
        """Send one request; record its outcome; then `done`."""
        invoked, number = self.now, next(self._numbers)
        open_answers = [True]

        def answer(result: Any, outcome: ExchangeOutcome = ExchangeOutcome.OK) -> None:
            if open_answers and open_answers.pop():
                lost = outcome is ExchangeOutcome.OK and self.chance.random() < 0.08
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
        elif number not in self.state.refused:
            late = self.bug == "lost-update" and kind in UNSAFE
            before = copy.deepcopy(self.state) if late else self.state
            delay = self.chance.uniform(0.5, 2) if late else 0.0
            self.later(delay, lambda: self._apply(number, kind, value, key, answer, before))

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
        self.later(self.chance.uniform(0.1, 1), lambda: answer(result))


def simulate(model: str, seed: int, bug: str = "", *, operations: int = 60, clients: int = 5) -> History:
    """The history that some clients recorded while they used the store, ending with a look at all of it."""
    world = Simulation(seed, bug)
    left = [operations]

    def step() -> None:
        if left[0] > 0:
            left[0] -= 1
            kind, value, key = _next(model, world.chance)
            world.later(world.chance.uniform(0.0, 0.5), lambda: world.call(kind, value, key, step))

    if model == "bank":
        _ask(world, "read", "")
    for _ in range(clients):
        step()
    world.run()
    for key in sorted({one.key for one in world.operations}):
        _ask(world, "read" if model == "bank" else "effects", key)
    return History(world.operations)


def _ask(world: Simulation, kind: str, key: str) -> None:
    """At rest, ask until an answer comes: an unknown read tells nothing."""
    for _ in range(20):
        world.now += 10.0
        before = len(world.operations)
        world.call(kind, None, key)
        world.run()
        if world.operations[before].outcome is ExchangeOutcome.OK:
            break


def _next(model: str, chance: random.Random) -> tuple[str, Any, str]:
    """What a client asks next: kind, value, key."""
    if model == "bank":
        source, target = chance.sample(ACCOUNTS, 2)
        return "transfer", {"from": source, "to": target, "amount": chance.randint(1, 30)}, ""
    return "call", {"body": chance.choice(["pay 5"] * 4 + ["pay 6"])}, f"k{chance.randint(1, 12)}"
