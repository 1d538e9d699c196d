"""What became of an alert, as the collector of metrics has kept it, as a measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from seatrial.model.measurement import Measurement, MeasurementOutcome

ALERT = "alert"


@dataclass(frozen=True)
class AlertRule:
    """The rule that raises it.

    Attributes:
        for_seconds: how long its expression must hold before it fires.
        interval_seconds: how often it is evaluated.
        problem: why the last evaluation failed; empty otherwise.
    """

    expression: str
    for_seconds: float
    interval_seconds: float
    problem: str = ""


@dataclass(frozen=True)
class AlertState:
    """When one instance of an alert was in one state.

    Attributes:
        labels: of the instance; `alertstate` is `pending` or `firing`.
        times: of the evaluations that found it so, monotonic seconds of this machine.
    """

    labels: Mapping[str, str]
    times: tuple[float, ...]

    @property
    def firing(self) -> bool:
        return self.labels.get("alertstate") == "firing"


@dataclass(frozen=True)
class AlertRead:
    """An alert over the last minutes.

    Attributes:
        rule: None when there is no rule of its name.
        states: all of its instances.
        scrape_seconds: how often metrics are collected.
        read_at: when it was read, monotonic seconds.
    """

    rule: AlertRule | None
    states: tuple[AlertState, ...]
    scrape_seconds: float
    read_at: float

    @property
    def quiet(self) -> bool:
        """Whether it has not fired in the last two evaluations."""
        interval = self.rule.interval_seconds if self.rule is not None else 0.0
        since = self.read_at - 2 * interval
        return not any(state.firing and state.times[-1] >= since for state in self.states if state.times)

    def measurement(self, name: str, began_at: float, ended_at: float) -> Measurement:
        """It as a measurement, for the record."""
        return Measurement(ALERT, name, began_at, ended_at, MeasurementOutcome.ANSWERED, asdict(self))

    @classmethod
    def of(cls, measurement: Measurement) -> AlertRead:
        """What an answered measurement of this kind recorded."""
        value = measurement.value
        states = tuple(
            AlertState(one["labels"], tuple(float(at) for at in one["times"])) for one in value["states"]
        )
        rule = None if value["rule"] is None else AlertRule(**value["rule"])
        return cls(rule, states, float(value["scrape_seconds"]), float(value["read_at"]))
