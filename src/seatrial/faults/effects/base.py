"""What every effect has in common: plain data that can be applied, and reverted from any process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Self, TypeVar

from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.registry import Registry, place_of


class Effect(ABC):
    """One change that a fault makes and that has to be reverted. A frozen dataclass of plain values.

    Applying and reverting are each safe to repeat: a process may be killed at any point between them.
    """

    kind: ClassVar[str]
    """Its name in the registry and in the journal; set by the decorator `effect`."""

    @abstractmethod
    def apply(self, kube: Kube) -> None:
        """Make the change.

        Raises:
            SeatrialError: it was not taken.
        """

    @abstractmethod
    def revert(self, kube: Kube) -> str:
        """Put things back, unless somebody else has changed them since; returns a sentence about it.

        Raises:
            SeatrialError: it could not be reverted; to be tried again.
        """

    @property
    @abstractmethod
    def touches(self) -> frozenset[str]:
        """What it changes, in words; two effects that share one of them cannot be in place together."""

    def payload(self) -> dict[str, Any]:
        """Its values as plain JSON."""
        return asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """The effect that `payload` describes. Raises TypeError for other values than its own."""
        return cls(**payload)


def same_object(current: Object | None, uid: str) -> Object | str:
    """The object that was changed, or why it is not there to be reverted, to stand behind its name."""
    if current is None:
        return "is gone"
    if current["metadata"]["uid"] != uid:
        return "was replaced by another object of that name, which is left as it is"
    return current


EFFECTS: Registry[type[Effect]] = Registry("effect", "seatrial.faults.effects")

Decorated = TypeVar("Decorated", bound=type[Effect])


def effect(kind: str) -> Callable[[Decorated], Decorated]:
    """Register an effect under the name that the journal uses."""

    def decorate(decorated: Decorated) -> Decorated:
        decorated.kind = kind
        EFFECTS.add(kind, decorated, place=place_of(decorated))
        return decorated

    return decorate


def encode(effects: Sequence[Effect]) -> list[dict[str, Any]]:
    """Effects as the journal holds them: `[{kind, payload}]`."""
    return [{"kind": item.kind, "payload": item.payload()} for item in effects]


def decode(content: Sequence[Mapping[str, Any]]) -> tuple[Effect, ...]:
    """The effects that the journal holds.

    Raises:
        BadInput: an effect of that kind is not registered.
        KeyError, TypeError: it is none.
    """
    return tuple(EFFECTS.get(item["kind"]).from_payload(item["payload"]) for item in content)
