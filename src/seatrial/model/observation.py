"""What was seen of one scenario, frozen: everything that a judge may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from seatrial.model.exchange import Exchange, GeneratorHealth
from seatrial.model.fault import Disruption, FaultRecord
from seatrial.model.log import LogLine
from seatrial.model.measurement import Measurement
from seatrial.model.objectives import Objectives
from seatrial.model.step import StepRecord
from seatrial.model.system import System
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Verdict

TROUBLE = "trouble"
"""The arm in which the faults happen."""
CONTROL = "control"
"""The same rest, seed and schedule without them."""
BEFORE, AFTER = "before", "after"
"""Paths of the steps that the harness makes by itself, before and after those of the scenario."""
NO_TRAFFIC = GeneratorHealth(0, 0, 0, 0, 0.010, 0.0, 0.0)


class Record(StrEnum):
    """What an observation keeps and a check may need."""

    EXCHANGES = "exchanges"
    TIMELINE = "timeline"
    READ_BACK = "read-back"
    INVARIANTS = "invariants"


EXCHANGES, TIMELINE, READ_BACK, INVARIANTS = Record


@dataclass(frozen=True)
class Arm:
    """One course of a scenario.

    Attributes:
        exchanges: from the moment on when the traffic was steady, in the order of their planned times,
            including dropped ones.
        generator: how well the schedules were kept.
        faults: in the order of injection.
        timeline: what the cluster did; None when only traffic was observed.
        warm_up: what was sent before. A system may warm up, so its failures charge no fault and spoil no
            control; they are counted and said, and a write acknowledged then must survive like any other.
        measurements: in the order in which they were made.
        steps: what was carried out, in order.
        streams: health of each generator by the name of its traffic.
        logs: what the pods wrote around the failed requests; empty when none failed, None when not recorded.
    """

    exchanges: tuple[Exchange, ...] = ()
    generator: GeneratorHealth = NO_TRAFFIC
    faults: tuple[FaultRecord, ...] = ()
    timeline: Timeline | None = None
    warm_up: tuple[Exchange, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    streams: Mapping[str, GeneratorHealth] = field(default_factory=dict)
    logs: tuple[LogLine, ...] | None = None

    def step(self, kind: str, name: str) -> StepRecord | None:
        """The first step of that kind and name, or None."""
        return next((item for item in self.steps if item.kind == kind and item.name == name), None)

    def measured(self, kind: str, step: str = "") -> list[Measurement]:
        """The measurements of one kind, of one step when its path is given."""
        return [item for item in self.measurements if item.kind == kind and step in ("", item.step)]


@dataclass(frozen=True)
class Observation:
    """One scenario on one target. Most judges look at the arm with the faults; its parts stand here as well.

    Attributes:
        arms: by name; see `TROUBLE` and `CONTROL`.
        id: unique in its run; names its folder. Empty when it was never begun.
        scenario: id of the scenario; empty for an experiment of somebody's own.
        target: what it was carried out on, e.g. a workload's role.
        disruption: the kind that the scenario makes.
        journey: name of the subject's journey; empty when all traffic is the subject's.
        repetitions: how many verified faults a verdict needs.
        system: the system file as it was then.
        missing: records that were not kept, with the reason.
        load: what was sent in place of the scenario's own rates, in words; empty for these.
        failure: why the scenario could not be carried out to its end; then nothing else is judged.
    """

    arms: Mapping[str, Arm]
    id: str = ""
    scenario: str = ""
    target: str = ""
    disruption: Disruption = Disruption.VOLUNTARY
    journey: str = ""
    repetitions: int = 3
    system: System | None = None
    missing: Mapping[Record, str] = field(default_factory=dict)
    failure: Verdict | None = None
    load: str = ""

    def narrowed(self, keep: Callable[[Exchange], bool]) -> Observation:
        """The same observation with only those exchanges of its main arm that `keep` takes."""
        arm = self.trouble
        kept = replace(
            arm, exchanges=tuple(filter(keep, arm.exchanges)), warm_up=tuple(filter(keep, arm.warm_up))
        )
        return replace(self, arms={**self.arms, TROUBLE: kept})

    @property
    def objectives(self) -> Objectives:
        """The objectives of the subject's journey as the recorded system file has them; else the defaults."""
        return Objectives() if self.system is None else self.system.objectives_of(self.journey)

    def without_bystanders(self) -> Observation:
        """The same observation without the journeys that were sent beside the subject's and its load."""
        beside = self.system.bystanders_of(self.journey) if self.system is not None and self.journey else []
        arms = {
            name: replace(
                arm,
                exchanges=tuple(e for e in arm.exchanges if e.journey not in beside),
                warm_up=tuple(e for e in arm.warm_up if e.journey not in beside),
            )
            for name, arm in self.arms.items()
        }
        return replace(self, arms=arms) if beside else self

    @property
    def trouble(self) -> Arm:
        return self.arms[TROUBLE]

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return self.trouble.exchanges

    @property
    def generator(self) -> GeneratorHealth:
        return self.trouble.generator

    @property
    def faults(self) -> tuple[FaultRecord, ...]:
        return self.trouble.faults

    @property
    def timeline(self) -> Timeline | None:
        return self.trouble.timeline

    @property
    def warm_up(self) -> tuple[Exchange, ...]:
        return self.trouble.warm_up


def observed(arm: Arm) -> Observation:
    """An observation of one arm."""
    return Observation({TROUBLE: arm})
