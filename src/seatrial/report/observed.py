"""One observation as a report shows it: its arms with faults, recoveries, steps and measurements."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seatrial.errors import SeatrialError
from seatrial.judge.logs import around_first_failure
from seatrial.judge.path import path_of
from seatrial.judge.phases import Phases, phases
from seatrial.judge.windows import failures
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.log import LogLine
from seatrial.model.measurement import INVARIANT, Measurement, MeasurementOutcome
from seatrial.model.observation import Arm, Observation, Record, observed
from seatrial.model.run import ObservationStarted, Run
from seatrial.model.step import StepRecord
from seatrial.model.timeline import Timeline
from seatrial.record.files import below
from seatrial.record.observations import Recorded, StreamRecord, read_observation

FOLDER = "observations"
"""Kind of the measurements that say whether an invariant holds."""


@dataclass(frozen=True)
class FaultView:
    """A fault with its number in the chart and its recovery."""

    number: int
    record: FaultRecord
    phases: Phases

    @property
    def available_after_seconds(self) -> float | None:
        """From the injection; None when it never became available again."""
        at = self.record.available_at
        return None if at is None else at - self.record.injected_at

    @property
    def longest_seconds(self) -> float:
        """The last thing that is known of its recovery."""
        times = [moment.seconds for _, moment in self.phases if moment is not None]
        return max([self.available_after_seconds or 0.0, *times])


@dataclass(frozen=True)
class Measured:
    """Measurements of one kind, counted."""

    kind: str
    outcomes: Counter[MeasurementOutcome]
    reason: str

    @property
    def total(self) -> int:
        return self.outcomes.total()


@dataclass(frozen=True)
class ArmView:
    """One course of a scenario, with all that its chart is drawn from.

    Attributes:
        exchanges: in the order of their planned times, what was sent to warm up among them.
        begin, end: monotonic seconds in which it went on; infinite where unknown.
        focus: roles of the workloads that it is about, or that the failed requests pass.
        logs: what pods on their path wrote around the first of them.
        epoch_offset_seconds: what to add for wall time.
        steady_from: what was planned before is warm-up; None without any.
    """

    name: str
    exchanges: tuple[Exchange, ...]
    faults: tuple[FaultView, ...] = ()
    timeline: Timeline | None = None
    begin: float = -math.inf
    end: float = math.inf
    focus: frozenset[str] = frozenset()
    objective_seconds: float | None = None
    epoch_offset_seconds: float = 0.0
    steady_from: float | None = None
    steps: tuple[StepRecord, ...] = ()
    invariants: tuple[Measurement, ...] = ()
    measured: tuple[Measured, ...] = ()
    logs: tuple[LogLine, ...] = ()

    @property
    def records(self) -> tuple[FaultRecord, ...]:
        """The faults without their recoveries."""
        return tuple(fault.record for fault in self.faults)

    @property
    def took_seconds(self) -> float | None:
        """From its first step to the end of its last; None when no step was recorded."""
        times = [at for step in self.steps for at in (step.began_at, step.ended_at) if at is not None]
        return max(times) - min(times) if times else None


@dataclass(frozen=True)
class ObservationView:
    """An observation, whatever state it was left in.

    Attributes:
        number: its place in the run, from 1.
        recorded: what was read back; None when nothing could be.
        damage: what could not be read, each with its place.
    """

    number: int
    started: ObservationStarted
    recorded: Recorded | None
    arms: tuple[ArmView, ...]
    damage: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.started.id

    @property
    def load(self) -> str | None:
        """What was sent in place of the scenario's own rates; None where that cannot be read."""
        return self.recorded.observation.load if self.recorded else None

    @property
    def folder(self) -> str:
        """Below the run directory."""
        return f"{FOLDER}/{self.id}"

    @property
    def anchor(self) -> str:
        return f"observation-{self.number}"

    @property
    def finished(self) -> bool:
        return self.recorded is not None and self.recorded.finished

    @property
    def failure(self) -> str:
        """Why it could not be carried out to its end; empty when it was."""
        verdict = self.recorded.observation.failure if self.recorded else None
        return verdict.observed if verdict else ""

    @property
    def missing(self) -> Mapping[Record, str]:
        """Records that were not kept, with the reason."""
        return self.recorded.observation.missing if self.recorded else {}

    @property
    def streams(self) -> tuple[StreamRecord, ...]:
        return () if self.recorded is None else self.recorded.streams

    @property
    def faults(self) -> tuple[FaultView, ...]:
        return tuple(fault for arm in self.arms for fault in arm.faults)

    @property
    def recovery_seconds(self) -> float:
        """The longest recovery: all of them are drawn on its scale."""
        return max((fault.longest_seconds for fault in self.faults), default=0.0)


def read_observations(run: Run) -> tuple[ObservationView, ...]:
    """All observations that the run began, in that order."""
    return tuple(_read(run, number, started) for number, started in enumerate(run.observations, 1))


def _read(run: Run, number: int, started: ObservationStarted) -> ObservationView:
    damage: list[str] = []
    folder = below(Path(run.directory) / FOLDER, started.id, damage)
    try:
        recorded = read_observation(folder) if folder else None
    except SeatrialError as error:
        recorded = None
        damage.append(f"{started.id}: {error.what}")
    arms: list[ArmView] = []
    if recorded is not None:
        damage += recorded.damage
        seen = recorded.observation.without_bystanders()
        arms = [
            _arm(run, started, seen, name, _drawable(arm, damage, f"{started.id}/{name}"))
            for name, arm in seen.arms.items()
        ]
    return ObservationView(
        number, started, recorded, tuple(arms), tuple(f"{FOLDER}/{line}" for line in damage)
    )


def _drawable(arm: Arm, damage: list[str], place: str) -> Arm:
    """The arm without faults and steps whose times are no times."""
    faults = tuple(fault for fault in arm.faults if math.isfinite(fault.injected_at))
    steps = tuple(step for step in arm.steps if math.isfinite(step.began_at + (step.ended_at or 0.0)))
    if len(faults) + len(steps) < len(arm.faults) + len(arm.steps):
        damage.append(f"{place}: a time is not finite")
    return Arm(**{**vars(arm), "faults": faults, "steps": steps})


def _arm(run: Run, started: ObservationStarted, seen: Observation, name: str, arm: Arm) -> ArmView:
    offset = float(run.extra.get("epoch_offset_seconds", 0.0))
    begin, end = _span(arm) if len(seen.arms) > 1 else (-math.inf, math.inf)
    failed = failures(arm.exchanges)
    path = path_of(seen, failed)
    return ArmView(
        name,
        tuple(sorted((*arm.warm_up, *arm.exchanges), key=lambda exchange: exchange.planned_at)),
        tuple(
            FaultView(number, fault, Phases() if fault.impossible else phases(observed(arm), fault))
            for number, fault in enumerate(arm.faults, 1)
        ),
        arm.timeline,
        begin,
        end,
        frozenset({started.target, *(path.roles if failed else ())} - {""}),
        _objective_seconds(run),
        arm.timeline.clock.epoch_offset_seconds if arm.timeline else offset,
        max((exchange.planned_at for exchange in arm.warm_up), default=None),
        arm.steps,
        tuple(arm.measured(INVARIANT)),
        tuple(_counted(arm)),
        tuple(around_first_failure(arm.logs, arm.timeline, path, failed)),
    )


def _span(arm: Arm) -> tuple[float, float]:
    """When the arm went on: several share one timeline."""
    times = [exchange.planned_at for exchange in (*arm.warm_up, *arm.exchanges)]
    times += [at for step in arm.steps for at in (step.began_at, step.ended_at) if at is not None]
    return min(times, default=-math.inf), max(times, default=math.inf)


def _objective_seconds(run: Run) -> float | None:
    objectives = run.system.get("objectives")
    value = objectives.get("latency_p99_ms") if isinstance(objectives, Mapping) else None
    return value / 1000 if isinstance(value, int | float) and 0 < value < math.inf else None


def _counted(arm: Arm) -> Iterator[Measured]:
    for kind in dict.fromkeys(measurement.kind for measurement in arm.measurements):
        mine = arm.measured(kind)
        reason = next((measurement.reason for measurement in mine if measurement.reason), "")
        yield Measured(kind, Counter(measurement.outcome for measurement in mine), reason)
