"""The experiment of this `chaos run`: its parts, one for each workload, from its begin to its verdicts."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

from seatrial.chaos.generate import is_unedited
from seatrial.chaos.journal import CUT_SHORT, journal_verdict
from seatrial.chaos.method import expand, of_role, steps_of
from seatrial.chaos.order import Order, experiment_id, subjects_of
from seatrial.chaos.part import NEVER_BEGUN, Part
from seatrial.chaos.verdicts import RECORD, checks_of, experiment_verdict
from seatrial.cluster.progress import PlainProgress
from seatrial.errors import SeatrialError
from seatrial.harness.edge import capacities_of, edge_of
from seatrial.harness.execution import Execution
from seatrial.harness.observe import more_than_reads, no_consent
from seatrial.harness.rights import uses_of_plan
from seatrial.harness.session import Session, open_session
from seatrial.kube.snapshot import Snapshot
from seatrial.model.edge import Edge
from seatrial.model.failure import require, verdict_of
from seatrial.model.fault import Disruption
from seatrial.model.plan import LoadSize
from seatrial.model.scenario import Subject
from seatrial.model.step import Step, StepRecord, Traffic
from seatrial.model.verdict import CheckResult, Outcome, Verdict, merge
from seatrial.record.writer import RunWriter
from seatrial.report.html import build_report
from seatrial.settings import Settings, load_system, settings_from
from seatrial.versions import versions

SYSTEM = "system"
"""Stands for the workload in the result of an experiment that knew none."""


class Experiment:
    """Opens the system, carries the parts out one after the other, and judges each at the end."""

    def __init__(
        self, order: Order, title: str, settings: Settings, context: MutableMapping[str, Any] | None = None
    ) -> None:
        self.order = order
        self.scenario = order.the_scenario()
        self.requirement = title
        self.settings = settings
        self.context = context if context is not None else {}
        self.unedited = self.scenario is not None and is_unedited(self.context, self.scenario)
        self.id = (
            f"experiment.{self.scenario.id}" if self.scenario and self.unedited else experiment_id(title)
        )
        self.joined = settings.run_directory is not None
        self.started_at = time.monotonic()
        self.run = self._open_run()
        self.roles: list[str] = []
        self.parts: dict[str, Part] = {}
        self.current: Part | None = None
        self._subjects: dict[str, Subject] = {}
        self._session: Session | None = None
        self._edge: Edge | None = None
        self._changed: list[str] = []
        self._resources = contextlib.ExitStack()

    def _open_run(self) -> RunWriter:
        if self.settings.run_directory is not None:
            return RunWriter(self.settings.run_directory, "chaos")
        return RunWriter.open_or_create("chaos", reports=self.settings.reports_directory, environment={})

    @property
    def execution(self) -> Execution | None:
        """What is being carried out now."""
        return None if self.current is None else self.current.execution

    def begin(self) -> None:
        """Bring the system up, check consent, and begin; traffic is judged steady before any fault.

        Raises:
            SeatrialError, NotPassed: nothing may be injected, and why.
        """
        self.run.tool_started(argv=sys.argv, versions=versions(), seed=self.settings.seed)
        try:
            system = load_system(self.settings)
            self._subjects = {each.role: each for each in subjects_of(self.order, system, self.settings)}
        finally:
            self.roles = list(self._subjects) or [self.order.role or SYSTEM]
            for role in self.roles:
                self.run.check_started(self.id, role, self.requirement)
        at_edge = self.settings.load is LoadSize.EDGE
        measured = capacities_of(system, self.settings.reports_directory) if at_edge else []
        disruption = Disruption.VOLUNTARY if self.scenario is None else self.scenario.disruption
        session = open_session(self.settings, system, PlainProgress(), self.run)
        self._session = self._resources.enter_context(session)
        self._require_consent(session, disruption)
        for subject in self._subjects.values():
            as_it_is = self.scenario if self.unedited else None
            plan = steps_of(self.context, subject) if as_it_is is None else as_it_is.plan(subject)
            if more_than_reads(plan):
                self._require_consent(session, Disruption.VOLUNTARY)
            session.require_rights(uses_of_plan(plan, disruption, subject))
        session.hold()
        session.revert_left_overs()
        session.require_answer()
        self._edge = edge_of(measured, system, session.kube) if measured else None
        before = session.snapshot()
        self._resources.callback(lambda: self._compare(session, before))
        if self.scenario is None:
            self.begin_part(self.order.role)
        else:
            expand(self.context, self.scenario, list(self._subjects.values()), unedited=self.unedited)

    def _require_consent(self, session: Session, disruption: Disruption) -> None:
        if verdict := no_consent(session, disruption):
            require(Verdict(Outcome.ERROR, verdict.observed, verdict.expected, verdict.next_step))

    def _compare(self, session: Session, before: Snapshot) -> None:
        """After everything was reverted: what the method and the rollbacks have left behind."""
        carried_out = [part.execution for part in self.parts.values() if part.execution is not None]
        faults = [fault for execution in carried_out for fault in execution.faults]
        self._changed = session.changed_since(before, faults)
        self.run.changed_objects(self._changed)

    def begin_part(self, role: str) -> None:
        """End the part before, and begin the one of this workload.

        Raises:
            SeatrialError, NotPassed: it cannot be begun, and why.
        """
        self.end_part(None)
        if self._session is None or role not in self._subjects:
            raise SeatrialError(f"the experiment is not carried out on {role!r}")
        part = Part(
            self.id, self._subjects[role], self.scenario, unedited=self.unedited,
            repetitions=self.order.at_least(), journey=self.order.journey, edge=self._edge,
        )  # fmt: skip
        self.parts[role] = self.current = part
        own = None
        if self.scenario is None:
            own = Traffic(part.observation.journey, self.order.per_second)
        try:
            part.begin(self._session, self.run, own)
        except Exception as error:
            part.problem = verdict_of(error)
            raise

    def end_part(self, failure: BaseException | None) -> None:
        """End the part that is being carried out, if there is one."""
        if self.current is not None:
            self.current.end(self._session, self.run, failure)
            self.current = None

    def do(self, step: Step) -> StepRecord:
        """Carry out one step of the method or of the rollbacks. Raises as `Part.do`."""
        return self.part().do(step)

    def part(self) -> Part:
        """The part that is being carried out. Raises SeatrialError: there is none."""
        if self.current is None:
            raise SeatrialError("the experiment could not be begun")
        return self.current

    def answers(self) -> bool:
        """Whether the system answers its first journey now."""
        if self._session is None:
            return False
        try:
            self._session.require_answer()
        except SeatrialError:
            return False
        return True

    def end(self, state: MutableMapping[str, Any], failure: BaseException | None) -> list[CheckResult]:
        """Stop the traffic, judge, write the results; returns one for each workload."""
        problem: Verdict | None = None
        # Somebody wants it to end: what traffic would still have shown is not waited for.
        cut_short = KeyboardInterrupt() if state.get("status") in CUT_SHORT else None
        try:
            self.end_part(failure or cut_short)
        finally:  # also when that is interrupted: a fault may still be in place
            try:
                self._resources.close()
            except Exception as error:
                problem = verdict_of(error)
        if self._changed:
            text = f"objects differ after the experiment: {'; '.join(self._changed[:3])}"
            changed = Verdict(Outcome.ERROR, text, "every object as before", "Put it back by hand.")
            problem = merge([item for item in (problem, changed) if item is not None])
        judges = self._judges()
        state[RECORD] = {"checks": judges}
        results = [self._result(role, state, failure, problem, judges.get(role, [])) for role in self.roles]
        self._write(state, results)
        return results

    def _judges(self) -> dict[str, list[str]]:
        """By role, the ids of the checks that judge it."""
        if self.scenario is None or not self.unedited:
            return {role: list(self.order.checks) for role in self.roles}
        return {role: checks_of(self.scenario, subject) for role, subject in self._subjects.items()}

    def _result(
        self, role: str, state: Mapping[str, Any], failure: BaseException | None, problem: Verdict | None,
        checks: list[str],
    ) -> CheckResult:  # fmt: skip
        part = self.parts.get(role)
        verdicts = [] if problem is None else [problem]
        if failure is not None:
            verdicts.append(verdict_of(failure))
        elif part is not None and part.execution is not None:
            verdicts.append(experiment_verdict(part.observation, checks, state, self.roles))
        else:
            verdicts += [NEVER_BEGUN, journal_verdict(of_role(state, role, self.roles))]
        observed = (part.folder,) if part is not None and part.folder else ()
        began_at = self.started_at if part is None else part.started_at
        return CheckResult(
            self.id, role, self.requirement, merge(verdicts), "chaos", began_at, time.monotonic(),
            observations=observed,
        )  # fmt: skip

    def _write(self, state: Mapping[str, Any], results: list[CheckResult]) -> None:
        for result in results:
            self.run.check_finished(result)
        folder = self.run.directory / "chaos"
        folder.mkdir(exist_ok=True)
        journal = json.dumps(state, indent=2, default=str)
        (folder / f"{self.id}.json").write_text(journal, encoding="utf-8")
        self.run.tool_finished(0 if all(result.verdict.passed for result in results) else 1)
        self.run.close()
        if not self.joined:
            build_report(self.run.directory)


_current: Experiment | None = None


def begin_experiment(order: Order, title: str, context: MutableMapping[str, Any] | None = None) -> Experiment:
    """Begin the experiment of this process; `current_experiment` finds it even when that fails.

    Args:
        context: the experiment as Chaos Toolkit will carry it out; a scenario is written into its method.

    Raises:
        SeatrialError, NotPassed: it cannot be begun, and why.
    """
    global _current  # noqa: PLW0603 - Chaos Toolkit hands no state from a control to an activity
    if _current is not None:
        raise SeatrialError("the verdict control is listed twice", next_step="List it once.")
    _current = Experiment(order, title, settings_from({}), context)
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
