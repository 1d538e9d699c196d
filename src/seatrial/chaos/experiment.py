"""The experiment of this `chaos run`: one execution under traffic, from before the method to after it."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.chaos.journal import journal_verdict
from seatrial.cluster.progress import PlainProgress
from seatrial.errors import BadInput, SeatrialError
from seatrial.harness.execution import Execution
from seatrial.harness.observe import no_consent
from seatrial.harness.session import Session, open_session
from seatrial.judge.disruption import by_disruption
from seatrial.kube.evidence import collect_evidence
from seatrial.model.failure import require, verdict_of
from seatrial.model.fault import Disruption
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.scenario import Subject
from seatrial.model.step import Bound, Step, StepRecord, Traffic
from seatrial.model.system import System
from seatrial.model.verdict import CheckResult, Outcome, Verdict, merge
from seatrial.record.observations import read_observation
from seatrial.record.writer import RunWriter
from seatrial.report.html import build_report
from seatrial.settings import Settings, load_system, settings_from
from seatrial.versions import versions

LEAST_REPETITIONS = 1
"""Fewer verified faults than this are no evidence at all."""


@dataclass(frozen=True)
class Order:
    """What an experiment asks of the verdict control; its arguments.

    Attributes:
        role: of the workload in the system file.
        journey: name of the journey to send, or empty for the one of the workload.
        per_second: arrivals per second.
        repetitions: how many faults must be verified for a verdict.
    """

    role: str
    journey: str = ""
    per_second: float = 100.0
    repetitions: int = 3

    def faults(self) -> list[str]:
        """What is wrong with the arguments, each a sentence."""
        found = []
        whole = isinstance(self.repetitions, int) and not isinstance(self.repetitions, bool)
        if not whole or self.repetitions < LEAST_REPETITIONS:
            found.append(f"repetitions is {self.repetitions!r}: at least 1 fault must be verified")
        if not isinstance(self.per_second, int | float) or not 0 < self.per_second <= 2000:
            found.append(f"per_second is {self.per_second!r}: more than 0 and at most 2000 are possible")
        if not isinstance(self.role, str) or not self.role:
            found.append("role is missing: it names a workload of the system file")
        return found


def experiment_id(title: str) -> str:
    """The id in reports, from an experiment's title: `experiment.pods-are-replaced`."""
    return "experiment." + (re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "untitled")


def subject_of(order: Order, system: System, settings: Settings) -> Subject:
    """The workload that an experiment is about.

    Raises:
        BadInput: the system file does not have it.
    """
    if order.role not in system.workloads:
        raise BadInput(
            f"the experiment names a workload that the system file does not have: {order.role}",
            where=str(settings.system_path), next_step=f"It has {', '.join(system.workloads)}.",
        )  # fmt: skip
    return Subject(order.role, system)


class Experiment:
    """Opens the system, keeps traffic flowing, and judges at the end."""

    def __init__(self, order: Order, title: str, settings: Settings) -> None:
        self.order = order
        self.id = experiment_id(title)
        self.requirement = title
        self.settings = settings
        self.joined = settings.run_directory is not None
        self.started_at = time.monotonic()
        self.run = self._open_run()
        self.execution: Execution | None = None
        self._session: Session | None = None
        self._steps = 0
        self._observation = Observation({TROUBLE: Arm()}, self.id)
        self._resources = contextlib.ExitStack()

    def _open_run(self) -> RunWriter:
        if self.settings.run_directory is not None:
            return RunWriter(self.settings.run_directory, "chaos")
        return RunWriter.open_or_create("chaos", reports=self.settings.reports_directory, environment={})

    def begin(self) -> None:
        """Bring the system up, check consent, and send traffic until it is judged steady.

        Raises:
            SeatrialError, NotPassed: nothing may be injected, and why.
        """
        self.run.tool_started(argv=sys.argv, versions=versions(), seed=self.settings.seed)
        self.run.check_started(self.id, self.order.role, self.requirement)
        system = load_system(self.settings)
        subject = subject_of(self.order, system, self.settings)
        session = open_session(self.settings, system, PlainProgress(), self.run)
        self._session = self._resources.enter_context(session)
        if verdict := no_consent(session, Disruption.VOLUNTARY):
            require(Verdict(Outcome.ERROR, verdict.observed, verdict.expected, verdict.next_step))
        session.revert_left_overs()
        session.require_answer()
        traffic = Traffic(self.order.journey or subject.journey, self.order.per_second)
        self._observation = Observation(
            {TROUBLE: Arm()}, f"{self.id}.{subject.role}", "", subject.role, Disruption.VOLUNTARY,
            traffic.journey, self.order.repetitions, system,
        )  # fmt: skip
        writer = self.run.observation(self._observation, plan=[traffic], bound=Bound(0.0, 0.0))
        self.execution = Execution(session, self._observation, writer)
        self._resources.enter_context(self.execution)
        self.execution.begin()
        self.execution.do(traffic, "begin")

    def do(self, step: Step) -> StepRecord:
        """Carry out one step of the method or of the rollbacks.

        Raises:
            SeatrialError, NotPassed: it could not be carried out, and why.
        """
        if self.execution is None:
            raise SeatrialError("the experiment could not be begun")
        self._steps += 1
        return self.execution.do(step, f"method.{self._steps}")

    def end(self, state: Mapping[str, Any], failure: BaseException | None) -> Verdict:
        """Stop the traffic, judge, write the result; returns the verdict."""
        verdicts = []
        if failure is not None:
            verdicts.append(verdict_of(failure))
        verdicts += self._observed(failure)
        if failure is None:
            verdicts.append(journal_verdict(state))
        verdict = merge(verdicts)
        self._write(state, verdict)
        return verdict

    def _observed(self, failure: BaseException | None) -> list[Verdict]:
        """End the execution and judge what lies on disk of it."""
        if self.execution is None:
            return [] if failure is not None else [Verdict(Outcome.ERROR, "no traffic was sent", "traffic")]
        problem = None if failure is None else verdict_of(failure)
        try:
            if failure is None:
                self.execution.conclude()
        except Exception as error:
            problem = verdict_of(error)
        evidence = self._session if problem is not None else None
        if evidence is not None:
            self._collect_evidence(evidence)
        try:
            self._resources.close()
        except Exception as error:
            problem = merge([item for item in (problem, verdict_of(error)) if item is not None])
        self.execution.close(problem)
        if problem is not None:
            return [problem]
        self._observation = read_observation(self.execution.writer.directory).observation
        return [self._observation.failure or by_disruption(self._observation)]

    def _collect_evidence(self, session: Session) -> None:
        with contextlib.suppress(Exception):
            collect_evidence(session.kube, self.run.evidence_directory(self.id, self.order.role))

    def _write(self, state: Mapping[str, Any], verdict: Verdict) -> None:
        made = () if self.execution is None else (self.execution.writer.directory.name,)
        self.run.check_finished(
            CheckResult(
                self.id,
                self.order.role,
                self.requirement,
                verdict,
                "chaos",
                self.started_at,
                time.monotonic(),
                observations=made,
            )
        )
        folder = self.run.directory / "chaos"
        folder.mkdir(exist_ok=True)
        journal = json.dumps(state, indent=2, default=str)
        (folder / f"{self.id}.json").write_text(journal, encoding="utf-8")
        self.run.tool_finished(0 if verdict.passed else 1)
        self.run.close()
        if not self.joined:
            build_report(self.run.directory)


_current: Experiment | None = None


def begin_experiment(order: Order, title: str) -> Experiment:
    """Begin the experiment of this process; `current_experiment` finds it even when that fails.

    Raises:
        SeatrialError, NotPassed: it cannot be begun, and why.
    """
    global _current  # noqa: PLW0603 - Chaos Toolkit hands no state from a control to an activity
    if _current is not None:
        raise SeatrialError("the verdict control is listed twice", next_step="List it once.")
    _current = Experiment(order, title, settings_from({}))
    _current.begin()
    return _current


def current_experiment() -> Experiment:
    """The experiment that is running.

    Raises:
        SeatrialError: there is none: the experiment does not list the verdict control.
    """
    if _current is None:
        raise SeatrialError(
            "the experiment does not list Seatrial's verdict control, so nothing would judge it",
            next_step="Add `controls: [{name: seatrial-verdict, provider: {type: python, module: "
            "seatrial.chaos.control, arguments: {role: ...}}}]`.",
        )
    return _current


def drop_experiment() -> Experiment | None:
    """Forget the experiment of this process and return it."""
    global _current
    found, _current = _current, None
    return found
