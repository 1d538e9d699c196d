"""The role `store`: keeps data in databases, on one server or on a primary with replicas."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.adapters import CouldNotTry, filling
from seatrial.errors import BadInput
from seatrial.kube.client import Kube
from seatrial.model.system import System

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Replica:
    """A pod that follows the primary.

    Attributes:
        pod: its name.
        state: how the primary says that it is fed, e.g. "streaming"; empty when the primary does not feed it.
        synchronous: whether the primary waits for it before it acknowledges a commit.
        behind_bytes: how much of the log it has not applied yet; None when the primary does not say.
    """

    pod: str
    state: str = ""
    synchronous: bool = False
    behind_bytes: int | None = None


@dataclass(frozen=True)
class Activity:
    """What a store did since it began to count; it may begin anew when the store is started.

    Attributes:
        commits: transactions that it committed, those that only read included.
        rows: rows that it inserted, changed or deleted.
    """

    commits: int
    rows: int


class Store(ABC):
    """What the role must do.

    Each method raises `Refused` when the store answers that it will not, `CouldNotTry` if it was not asked.
    """

    @abstractmethod
    def primary(self) -> str:
        """Name of the only pod that takes writes, asked from each pod. Raises Refused for none or several."""

    @abstractmethod
    def replicas(self) -> list[Replica]:
        """The pods that follow the primary, by name."""

    def activity(self) -> Activity:
        """What the primary did in all its databases; its counters may be a second late."""
        raise CouldNotTry("its adapter does not count commits")

    @abstractmethod
    def query(self, statement: str, *, database: str, at_most_rows: int = 100) -> list[Row]:
        """The first rows of a query's answer, by column.

        It runs where nothing can be written, and its time is bounded by the adapter's `timeout_seconds`.
        """

    @abstractmethod
    def write_witness(self, key: str, *, database: str) -> None:
        """Write a row with this key into a table of our own; returns when its commit is acknowledged."""

    @abstractmethod
    def read_witness(self, key: str, *, database: str) -> bool:
        """Whether the row with this key is there."""

    @abstractmethod
    def remove_witnesses(self, *, database: str) -> None:
        """Remove the table of our own and all that is in it; no error when it is not there."""


def store_of(system: System, kube: Kube, capability: str = "store") -> Store:
    """The store behind a capability of the system file.

    Raises:
        BadInput: no such capability or product, wrong arguments, or a product in another role.
    """
    made = filling(system, kube, capability)
    if not isinstance(made, Store):
        raise BadInput(f"capability {capability} is no store, it cannot be asked by SQL")
    return made
