"""The drill of this `chaos run`: one bench under traffic, from before the experiment to after it."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.chaos.journal import journal_verdict
from seatrial.cluster.progress import PlainProgress
from seatrial.errors import BadInput, FaultRefused, SeatrialError
from seatrial.judge import availability, recovery
from seatrial.model.fault import Disruption
from seatrial.model.verdict import CheckResult, Outcome, Verdict, merge
from seatrial.outcomes import verdict_of
from seatrial.record.writer import RUN_VARIABLE, RunWriter
from seatrial.report.html import build_report
from seatrial.settings import Settings, load_system, settings_from
from seatrial.traffic.stream import Stream
from seatrial.trial.bench import Bench
from seatrial.trial.session import Session, open_session
from seatrial.versions import versions


@dataclass(frozen=True)
class Order:
    """What an experiment asks of its drill; the arguments of its verdict control.

    Attributes:
        check: id of the drill in reports, e.g. `drill.kill-one-pod`.
        workload: role of the workload in the system file.
        journey: name of the journey to send, or empty for the one of the workload.
        per_second: arrivals per second.
        repetitions: how many faults must be proven for a verdict.
        requests: how many requests must have begun inside the disruptions.
    """

    check: str
    workload: str
    journey: str = ""
    per_second: float = 100.0
    repetitions: int = 3
    requests: int = 200


class ExperimentRun:
    """Opens the system, keeps traffic flowing, and judges at the end."""

    def __init__(self, order: Order, requirement: str, settings: Settings) -> None:
        self.order = order
        self.requirement = requirement
        self.settings = settings
        self.joined = settings.run_directory is not None
        self.started_at = time.monotonic()
        self.run = self._open_run()
        self.bench: Bench | None = None
        self.stream: Stream | None = None
        self._resources = contextlib.ExitStack()
        self._traffic: contextlib.AbstractContextManager[Stream] | None = None

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
        self.run.check_started(self.order.check, self.order.workload, self.requirement)
        system = load_system(self.settings)
        if self.order.workload not in system.workloads:
            raise BadInput(
                f"the experiment names a workload that the system file does not have: {self.order.workload}",
                where=str(self.settings.system_path), next_step=f"It has {', '.join(system.workloads)}.",
            )  # fmt: skip
        session = open_session(self.settings, system, PlainProgress(), self.run)
        self._resources.enter_context(session)
        self._require_consent(session)
        session.revert_left_overs()
        session.require_answer()
        self.bench = self._resources.enter_context(Bench(session, self.order.check, self.order.workload))
        journey = self.order.journey or system.journey_of(self.order.workload)
        self._traffic = self.bench.traffic(journey, per_second=self.order.per_second)
        self.stream = self._traffic.__enter__()

    @staticmethod
    def _require_consent(session: Session) -> None:
        gap = session.consent_gap()
        if gap:
            raise FaultRefused(
                f"nothing was touched: {gap}",
                where=f"context {session.context}, namespace {session.namespace}",
                next_step="Set `consent` in the system file where disruption is welcome.",
            )  # fmt: skip

    def end(self, state: Mapping[str, Any], failure: BaseException | None) -> Verdict:
        """Stop the traffic, judge, write the result; returns the verdict."""
        verdicts = []
        try:
            if failure is not None:
                verdicts.append(verdict_of(failure))
            else:
                verdicts += [self._stop_and_judge(), journal_verdict(state)]
        except Exception as error:
            verdicts.append(verdict_of(error))
        verdict = merge(verdicts)
        if not verdict.passed and self.bench is not None:
            self.bench.collect_evidence()
        try:
            self._resources.close()
        except Exception as error:
            verdict = merge([verdict, verdict_of(error)])
        self._write(state, verdict)
        return verdict

    def _stop_and_judge(self) -> Verdict:
        if self.bench is None or self._traffic is None:
            return Verdict(Outcome.ERROR, "no traffic was sent", "traffic around the fault")
        self._traffic.__exit__(None, None, None)
        if not self.bench.faults:
            return Verdict(
                Outcome.ERROR, "no fault was injected and proven", "at least one proven fault",
                "Look at the journal: an action that refuses or fails leaves the system untouched.",
            )  # fmt: skip
        observation = self.bench.observation()
        if all(fault.disruption is Disruption.VOLUNTARY for fault in observation.faults):
            return availability.voluntary_disruption(
                observation, minimum_repetitions=self.order.repetitions, minimum_requests=self.order.requests
            )
        objectives = self.bench.session.system.objectives
        return merge(
            [
                availability.involuntary_disruption(observation, objectives),
                recovery.recovery(observation, objectives),
            ]
        )

    def _write(self, state: Mapping[str, Any], verdict: Verdict) -> None:
        order = self.order
        self.run.check_finished(
            CheckResult(
                order.check,
                order.workload,
                self.requirement,
                verdict,
                "chaos",
                self.started_at,
                time.monotonic(),
                f"evidence/{order.check}/{order.workload}",
            )
        )
        folder = self.run.directory / "chaos"
        folder.mkdir(exist_ok=True)
        journal = json.dumps(state, indent=2, default=str)
        (folder / f"{order.check}.json").write_text(journal, encoding="utf-8")
        self.run.tool_finished(0 if verdict.passed else 1)
        self.run.close()
        if not self.joined:
            build_report(self.run.directory)


_current: ExperimentRun | None = None


def begin_experiment(order: Order, requirement: str) -> ExperimentRun:
    """Begin the drill of this process. Raises SeatrialError, after which `current_experiment` still finds it."""
    global _current  # noqa: PLW0603 - Chaos Toolkit hands no state from a control to an activity
    if _current is not None:
        raise SeatrialError("the verdict control is listed twice", next_step="List it once.")
    _current = ExperimentRun(order, requirement, settings_from({}))
    _current.begin()
    return _current


def current_experiment() -> ExperimentRun:
    """The drill that is running.

    Raises:
        SeatrialError: there is none: the experiment does not list the verdict control.
    """
    if _current is None:
        raise SeatrialError(
            "the experiment does not list Seatrial's verdict control, so nothing would judge it",
            next_step="Add `controls: [{name: seatrial-verdict, provider: {type: python, module: "
            "seatrial.chaos.control, arguments: {check: ..., workload: ...}}}]`.",
        )
    return _current


def drop_experiment() -> ExperimentRun | None:
    """Forget the drill of this process and return it."""
    global _current
    found, _current = _current, None
    return found


__all__ = [
    "RUN_VARIABLE",
    "ExperimentRun",
    "Order",
    "begin_experiment",
    "current_experiment",
    "drop_experiment",
]
