"""The role `metrics`: collects series from targets, evaluates rules and raises alerts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from seatrial.adapters import filling
from seatrial.errors import BadInput
from seatrial.kube.client import Kube
from seatrial.model.system import System


@dataclass(frozen=True)
class Series:
    """Values of one series over time.

    Attributes:
        labels: of the series, its name among them as `__name__`.
        points: pairs of epoch seconds and value, oldest first; one pair when one moment was asked for.
    """

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]

    @property
    def value(self) -> float:
        """The newest value."""
        return self.points[-1][1]


@dataclass(frozen=True)
class ScrapeTarget:
    """Something that metrics are collected from.

    Attributes:
        job: what the configuration calls its kind.
        address: where it is asked.
        up: whether the last collection succeeded; None when there was none yet.
        reason: why it did not; empty otherwise.
        interval_seconds: how often it is asked.
        labels: what its series carry.
    """

    job: str
    address: str
    up: bool | None
    reason: str
    interval_seconds: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A rule that is evaluated again and again.

    Attributes:
        name: of the alert, or of the series that it records.
        alerting: whether it raises an alert.
        expression: what is evaluated.
        for_seconds: how long the expression must hold before the alert fires.
        interval_seconds: how often it is evaluated.
        healthy: whether the last evaluation succeeded; None when there was none yet.
        reason: why it did not; empty otherwise.
    """

    name: str
    alerting: bool
    expression: str
    for_seconds: float
    interval_seconds: float
    healthy: bool | None
    reason: str = ""


@dataclass(frozen=True)
class Alert:
    """An alert whose expression holds.

    Attributes:
        firing: False while it waits for its `for_seconds`.
        active_at: since when the expression holds, epoch seconds.
    """

    name: str
    firing: bool
    labels: Mapping[str, str]
    active_at: float
    text: str = ""


class Metrics(ABC):
    """What the role must do.

    Each method raises `Refused` when the product answers that it will not, `CouldNotTry` if it was not asked.
    """

    @abstractmethod
    def query(self, expression: str, *, at: float | None = None) -> list[Series]:
        """Evaluate an expression at one moment: epoch seconds, now when None."""

    @abstractmethod
    def query_range(self, expression: str, *, begin: float, end: float, step_seconds: float) -> list[Series]:
        """Evaluate an expression from `begin` to `end`, epoch seconds, once each `step_seconds`."""

    @abstractmethod
    def targets(self) -> list[ScrapeTarget]:
        """What metrics are collected from, by job and address."""

    @abstractmethod
    def rules(self) -> list[Rule]:
        """The rules that are evaluated, in their order."""

    @abstractmethod
    def alerts(self) -> list[Alert]:
        """The alerts whose expression holds now."""


def metrics_of(system: System, kube: Kube, capability: str = "metrics") -> Metrics:
    """The product behind a capability of the system file.

    Raises:
        BadInput: no such capability or product, wrong arguments, or a product in another role.
    """
    made = filling(system, kube, capability)
    if not isinstance(made, Metrics):
        raise BadInput(f"capability {capability} collects no metrics")
    return made
