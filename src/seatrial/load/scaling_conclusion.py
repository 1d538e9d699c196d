"""The verdict of a load step that Locust has offered: that of every check which judges one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from seatrial.judge.admissible import judge
from seatrial.load.outcome import Conclusion, LoadRun
from seatrial.load.summary import WorkerResult
from seatrial.model.check import CHECKS
from seatrial.model.exchange import GeneratorHealth
from seatrial.model.fault import Disruption
from seatrial.model.objectives import Objectives
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.step import StepRecord
from seatrial.model.verdict import Outcome, Verdict, merge
from seatrial.record.observations import StreamRecord, read_observation
from seatrial.traffic.record import pack

SCENARIO = "load-step"
"""What is offered here is what this scenario offers; the checks that name it judge both."""
SUBJECT = "subject"
"""The stream of the workload's own journey, beside the load."""


def judge_step(observation: Observation) -> Verdict:
    """What every check that judges a load step says of it; the worst wins, each by its name."""
    if observation.failure is not None:
        return observation.failure
    assert observation.system is not None
    verdicts = []
    for check in CHECKS.all().values():
        if check.scenario == SCENARIO and any(
            subject.role == observation.target for subject in check.subjects(observation.system)
        ):
            verdict = judge(check, observation)
            verdicts.append(replace(verdict, observed=f"{check.id}: {verdict.observed}"))
    return merge(verdicts)


class ScalingConclusion(Conclusion):
    """Judges replicas and requests of a load step, from what is kept of it."""

    requirement = (
        "Under a load step an autoscaled workload MUST grow in time and shrink again, as its algorithm says, "
        "without a request that is lost."
    )
    load_stream = "load"

    def describe(self, role: str, journey: str, objectives: Objectives) -> None:
        """What the step is about, known before it begins."""
        self._role, self._journey = role, journey
        self.system = self.system.model_copy(update={"objectives": objectives})

    def _head(self) -> Observation:
        return Observation(
            {TROUBLE: Arm()}, self.check, SCENARIO, self._role, Disruption.VOLUNTARY, self._journey,
            repetitions=0, system=self.system,
        )  # fmt: skip

    def conclude_step(
        self,
        run: LoadRun,
        streams: Sequence[StreamRecord],
        steps: Sequence[StepRecord],
        failure: Verdict | None,
        *,
        say: bool,
    ) -> None:
        """The step is over, and the timeline lies in the folder: keep the rest, judge what lies there."""
        assert run.observation is not None
        for stream in streams:
            run.observation.stream(stream)
        for step in steps:
            run.observation.step(step)
        if failure is not None and not failure.outcome.makes_red:
            failure = replace(failure, outcome=Outcome.ERROR)  # nothing was shown, and nobody may accept that
        run.observation.close(None, missing={}, failure=failure)
        run.kept = (run.observation.directory.name,)
        verdict = judge_step(read_observation(run.observation.directory).observation)
        data = {"scaling": self._role, "objectives": self.system.objectives.model_dump(exclude_none=True)}
        self.settle(run, data, verdict, say=say)


def stream_of(name: str, file: str, journeys: tuple[str, ...], health: GeneratorHealth) -> StreamRecord:
    """The record of a stream whose exchanges lie in `file`, which is packed."""
    return StreamRecord(TROUBLE, name, pack(Path(file)).name, journeys, health, -math.inf)


def load_streams(name: str, journey: str, results: Sequence[WorkerResult]) -> list[StreamRecord]:
    """Those of the load, one for each worker; the first has the name by which judges look for it."""
    return [
        stream_of(name if not number else f"{name}-{number}", result.exchanges, (journey,), result.health)
        for number, result in enumerate(results)
        if result.exchanges and Path(result.exchanges).exists()
    ]
