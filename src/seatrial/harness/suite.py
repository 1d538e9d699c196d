"""The checks of one run: each scenario is carried out once, and judged by each check that names it.

Where the settings say so, one whose evidence was too weak to be judged is carried out again (`repeats`), and
each that can be also at the edge of the measured capacity (`load`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from seatrial.cluster.progress import Progress
from seatrial.errors import SeatrialError
from seatrial.harness.edge import capacities_of, edge_of
from seatrial.harness.observe import observe
from seatrial.harness.session import Session, open_session
from seatrial.judge.admissible import judge_all
from seatrial.kube.evidence import collect_evidence
from seatrial.kube.snapshot import Snapshot
from seatrial.model.check import Check, Every
from seatrial.model.edge import Edge, takes_edge
from seatrial.model.observation import Observation
from seatrial.model.plan import LoadSize, Profile
from seatrial.model.profile import carried_on
from seatrial.model.scenario import SCENARIOS, Scenario, Subject
from seatrial.model.system import System
from seatrial.model.verdict import Outcome, Verdict
from seatrial.record.writer import RunWriter
from seatrial.settings import Settings


class Suite:
    """The system under test, brought up when the first check needs it, with the observations made so far."""

    def __init__(
        self,
        settings: Settings,
        system: System,
        progress: Progress,
        run: RunWriter,
        profile: Profile = Profile.FULL,
    ) -> None:
        self.system = system
        self.profile = profile
        self.run = run
        self._settings = settings
        self._progress = progress
        self._session: Session | None = None
        self._refusal: SeatrialError | None = None
        self._before: Snapshot | None = None
        self._made: dict[tuple[str, str, bool], list[Observation]] = {}
        at_edge = settings.load is LoadSize.EDGE
        self._measured = capacities_of(system, settings.reports_directory) if at_edge else []
        self._edge: Edge | None = None
        self._resources = contextlib.ExitStack()

    def session(self) -> Session:
        """The system, up and answering.

        Raises:
            SeatrialError: it cannot be had; says what to do. The next check is told so at once.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._session is None:
            try:
                self._session = self._open()
            except SeatrialError as error:
                self._refusal = error
                raise
        return self._session

    def _open(self) -> Session:
        session = open_session(self._settings, self.system, self._progress, self.run)
        self._resources.enter_context(session)
        session.revert_left_overs()
        session.require_answer()
        self._before = session.snapshot()
        return session

    def verdict(self, check: Check, role: str) -> tuple[Verdict, tuple[str, ...]]:
        """The verdict of a check on a workload, and the ids of the observations that it judged.

        Args:
            role: of the workload; empty when the system has none that the check applies to.
        """
        if isinstance(check.scenario, Every):
            observations = [
                observation
                for scenario in check.scenarios()
                for subject in carried_on(self.profile, scenario, self.system)
                for observation in self.observations(scenario, subject)
            ]
            return judge_all(check, observations), ids_of(observations)
        if not role:
            return unsupported(check), ()
        scenario, subject = SCENARIOS.get(check.scenario), Subject(role, self.system)
        for edge in self._loads(scenario, subject):
            made = self._observed(scenario, subject, edge)
            while len(made) <= self._settings.repeats and (why := weakness(judge_all(check, made))):
                self._observe(scenario, subject, edge, made, why=why)
        observations = self.observations(scenario, subject)
        return judge_all(check, observations), ids_of(observations)

    def observations(self, scenario: Scenario, subject: Subject) -> list[Observation]:
        """The observations of a scenario on a subject; the first is made when it is first asked for."""
        loads = self._loads(scenario, subject)
        return [each for edge in loads for each in self._observed(scenario, subject, edge)]

    def _loads(self, scenario: Scenario, subject: Subject) -> list[Edge | None]:
        """The scenario's own rates, and the edge where that was asked for and it can be."""
        with contextlib.suppress(SeatrialError):  # no plan, or no session: the observation says why
            if self._measured and takes_edge(scenario.plan(subject)):
                self._edge = self._edge or edge_of(self._measured, self.system, self.session().kube)
                return [None, self._edge]
        return [None]

    def _observed(self, scenario: Scenario, subject: Subject, edge: Edge | None) -> list[Observation]:
        made = self._made.setdefault((scenario.id, subject.role, edge is not None), [])
        if not made:
            self._observe(scenario, subject, edge, made)
        return made

    def _observe(
        self, scenario: Scenario, subject: Subject, edge: Edge | None, made: list[Observation], why: str = ""
    ) -> None:
        session = self.session()
        load, again = f" at {edge}" if edge else "", ", again" if why else ""
        with self._progress.stage(f"scenario {scenario.id} on {subject}{load}{again}") as stage:
            if why:
                stage.note(f"inconclusive: {why}")
            made.append(observe(session, self.run, scenario, subject, edge=edge, note=stage.note))

    def collect_evidence(self, check: str, subject: str) -> str:
        """Keep what explains a failure: events, pods, logs, endpoints, autoscalers. Never raises.

        Returns:
            Its folder in the run directory; empty when nothing was kept.
        """
        if self._session is None:
            return ""
        with contextlib.suppress(Exception):
            folder = self.run.evidence_directory(check, subject)
            collect_evidence(self._session.kube, folder)
            return self.run.relative(folder)
        return ""

    def close(self) -> list[str]:
        """Compare the system with what it was before, and let go of it; returns what differs."""
        changed: list[str] = []
        if self._session is not None and self._before is not None:
            faults = [fault for made in self._made.values() for each in made for fault in each.faults]
            changed = self._session.changed_since(self._before, faults)
            self.run.changed_objects(changed)
        self._resources.close()
        return changed


def ids_of(observations: Sequence[Observation]) -> tuple[str, ...]:
    """The ids of those observations that were begun, and so have a folder."""
    return tuple(item.id for item in observations if item.id)


def weakness(verdict: Verdict) -> str:
    """Why the evidence of a verdict is too weak; empty when it is not."""
    return verdict.observed if verdict.outcome is Outcome.INCONCLUSIVE else ""


def unsupported(check: Check) -> Verdict:
    """What a check says of a system that has nothing for it."""
    needs = check.all_needs()
    return Verdict(
        Outcome.UNSUPPORTED,
        f"no workload of the system file has what the check needs: {', '.join(map(str, needs))}",
        f"at least one workload that is {'; '.join(item.text for item in needs)}",
        "Declare it in the system file if the system has it; docs/your-system.md says how.",
    )
