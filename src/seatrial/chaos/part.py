"""One workload's part of an experiment: an execution from its begin to its verdict."""

from __future__ import annotations

import contextlib
import time

from seatrial.chaos.method import completed
from seatrial.errors import SeatrialError
from seatrial.harness.execution import Execution
from seatrial.harness.observe import bound, head_of
from seatrial.harness.session import Session
from seatrial.kube.evidence import collect_evidence
from seatrial.model.edge import Edge, at_edge, takes_edge
from seatrial.model.failure import verdict_of
from seatrial.model.fault import Disruption
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.scenario import Scenario, Subject
from seatrial.model.step import Bound, Step, StepRecord, Steps, Traffic, unrolled
from seatrial.model.verdict import Outcome, Verdict, merge
from seatrial.record.observations import read_observation
from seatrial.record.writer import RunWriter


class Part:
    """What an experiment does on one workload.

    Args:
        id: of the experiment.
        scenario: None for an experiment that describes all by itself.
        unedited: whether exactly the scenario's plan is carried out.
        repetitions: how many faults must be verified.
        journey: what its own traffic sends; empty for the workload's.
        edge: sent in place of the scenario's own rates, where its plan is unedited and can take it.
    """

    def __init__(
        self,
        id: str,  # noqa: A002
        subject: Subject,
        scenario: Scenario | None,
        *,
        unedited: bool = False,
        repetitions: int,
        journey: str = "",
        edge: Edge | None = None,
    ) -> None:
        self.subject = subject
        self.scenario = scenario
        self.unedited = unedited
        self.started_at = time.monotonic()
        self.problem: Verdict | None = None
        self.execution: Execution | None = None
        self._plan: Steps = ()
        self._edge: Edge | None = None
        if unedited and scenario is not None:
            own = scenario.plan(subject)
            self._edge = edge if takes_edge(own) else None
            self._plan = own if self._edge is None else at_edge(own, self._edge)
        self.observation = self._head(id, repetitions, journey)
        self._number = 0
        self._resources = contextlib.ExitStack()

    def _head(self, id: str, repetitions: int, journey: str) -> Observation:  # noqa: A002
        subject, name = self.subject, f"{id}.{self.subject.role}"
        if self.unedited and self.scenario is not None:
            known = head_of(self.scenario, subject, self._edge)
            return Observation(
                known.arms, name, known.scenario, known.target, known.disruption, known.journey,
                known.repetitions, known.system, load=known.load,
            )  # fmt: skip
        disruption = Disruption.VOLUNTARY if self.scenario is None else self.scenario.disruption
        return Observation(
            {TROUBLE: Arm()}, name, "", subject.role, disruption, journey or subject.journey, repetitions,
            subject.system,
        )  # fmt: skip

    def begin(self, session: Session, run: RunWriter, own_traffic: Traffic | None = None) -> None:
        """Begin the execution, and the traffic of an experiment that describes all by itself.

        Raises:
            SeatrialError, NotPassed: nothing may be injected, and why.
        """
        plan: Steps = self._plan or ((own_traffic,) if own_traffic else ())
        limit = bound(self._plan) if self._plan else Bound(0.0, 0.0)
        writer = run.observation(self.observation, plan=plan, bound=limit)
        self.execution = Execution(session, self.observation, writer)
        self._resources.enter_context(self.execution)
        self.execution.begin()
        if own_traffic is not None:
            self.execution.do(own_traffic, "begin")

    def do_planned(self, path: str) -> StepRecord:
        """Carry out the step of the scenario's plan at that path. Raises as `do`."""
        step = dict(unrolled(self._plan)).get(path)
        if step is None:
            raise SeatrialError(f"the scenario's plan has no step {path!r}")
        return self._do(step, path)

    def do(self, step: Step) -> StepRecord:
        """Carry out a step of the method or of the rollbacks, completed as the scenario says.

        Raises:
            SeatrialError, NotPassed: it could not be carried out, or one before it could not.
        """
        self._number += 1
        return self._do(completed(step, self.scenario, self.subject), f"method.{self._number}")

    def _do(self, step: Step, path: str) -> StepRecord:
        if self.execution is None:
            raise SeatrialError("the experiment could not be begun")
        if self.problem is not None and self.scenario is not None:
            raise SeatrialError(f"not carried out, for an earlier step failed: {self.problem.observed}")
        try:
            return self.execution.do(step, path)
        except Exception as error:
            self.problem = self.problem or verdict_of(error)
            raise

    def end(self, session: Session | None, run: RunWriter, failure: BaseException | None) -> None:
        """End the execution; afterwards the observation is what lies on disk, or has the failure.

        Args:
            failure: why the experiment was not begun, or why it ended.
        """
        if self.execution is None:
            return
        problem = None if failure is None else verdict_of(failure)
        if self.scenario is not None:
            problem = problem or self.problem
        try:
            if problem is None:
                self.execution.conclude()
        except Exception as error:
            problem = verdict_of(error)
        if problem is not None and session is not None:
            with contextlib.suppress(Exception):
                name = self.observation.id.rpartition(".")[0]
                collect_evidence(session.kube, run.evidence_directory(name, self.subject.role))
        try:
            self._resources.close()
        except Exception as error:
            problem = merge([item for item in (problem, verdict_of(error)) if item is not None])
        self.execution.close(problem)
        self.observation = read_observation(self.execution.writer.directory).observation

    @property
    def folder(self) -> str:
        """The name of its observation's folder; empty when it was never begun."""
        return "" if self.execution is None else self.execution.writer.directory.name


NEVER_BEGUN = Verdict(
    Outcome.ERROR, "its part of the experiment was never begun", "every part is carried out",
    "See why the experiment ended in the lines above.",
)  # fmt: skip
