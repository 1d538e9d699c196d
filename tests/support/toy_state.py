"""What a toy store keeps, and its operations on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ACCOUNTS = ("a", "b", "c", "d")
KEYS = ("x", "y")


class Refused(Exception):
    """The store says no: surely not applied."""


@dataclass
class State:
    """All that the store keeps."""

    elements: list[int] = field(default_factory=list)
    number: int = 0
    balances: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ACCOUNTS, 100))
    messages: list[Any] = field(default_factory=list)
    registers: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(KEYS))
    effects: dict[str, int] = field(default_factory=dict)
    bodies: dict[str, Any] = field(default_factory=dict)
    answered: dict[int, Any] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    forgetful: bool = False
    """Whether a repeated idempotency key is taken for a new one."""


@dataclass(frozen=True)
class SetRead:
    """Marks which `read` is meant; the type picks the reader."""


@dataclass(frozen=True)
class CounterRead:
    pass


@dataclass(frozen=True)
class BankRead:
    pass


@dataclass(frozen=True)
class RegisterRead:
    pass


@dataclass(frozen=True)
class Add:
    amount: int


READS: dict[type, Callable[[State, Any, str], Any]] = {
    SetRead: lambda state, value, key: list(state.elements),
    CounterRead: lambda state, value, key: state.number,
    BankRead: lambda state, value, key: dict(state.balances),
    RegisterRead: lambda state, value, key: state.registers[key],
}
TAKING = ("dequeue", "drain")
"""Their answers are not lost: what an unanswered dequeue took would be nowhere."""
UNSAFE = ("add", "generate", "transfer", "cas", "call")


def _add(state: State, before: State, value: Any, key: str) -> Any:
    if isinstance(value, Add):
        state.number = before.number + value.amount
        return value.amount
    state.elements = [*before.elements, value]
    return value


def _generate(state: State, before: State, value: Any, key: str) -> Any:
    state.number = before.number + 1
    return state.number


def _transfer(state: State, before: State, value: Any, key: str) -> Any:
    source, target, amount = value["from"], value["to"], value["amount"]
    if before.balances[source] < amount:
        raise Refused
    state.balances[source] = before.balances[source] - amount
    state.balances[target] = before.balances[target] + amount
    return value


def _enqueue(state: State, before: State, value: Any, key: str) -> Any:
    state.messages.append(value)
    return value


def _dequeue(state: State, before: State, value: Any, key: str) -> Any:
    return state.messages.pop(0) if state.messages else None


def _drain(state: State, before: State, value: Any, key: str) -> Any:
    left, state.messages = state.messages, []
    return left


def _write(state: State, before: State, value: Any, key: str) -> Any:
    state.registers[key] = value
    return value


def _cas(state: State, before: State, value: Any, key: str) -> Any:
    expected, new = value
    if before.registers[key] != expected:
        raise Refused
    state.registers[key] = new
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
    "add": _add,
    "generate": _generate,
    "transfer": _transfer,
    "enqueue": _enqueue,
    "dequeue": _dequeue,
    "drain": _drain,
    "write": _write,
    "cas": _cas,
    "call": _call,
    "effects": lambda state, before, value, key: state.effects.get(key, 0),
    "read": lambda state, before, value, key: READS[type(value)](state, value, key),
}
