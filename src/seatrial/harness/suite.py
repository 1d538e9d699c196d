"""The checks of one run: each scenario is carried out once, and judged by each check that names it.

Where the settings say so (`repeats`), one whose evidence was too weak to be judged is carried out again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from seatrial.cluster.progress import Progress
from seatrial.errors import SeatrialError
from seatrial.harness.observe import observe
from seatrial.harness.session import Session, open_session
from seatrial.judge.admissible import judge_all
from seatrial.kube.evidence import collect_evidence
from seatrial.kube.snapshot import Snapshot
from seatrial.model.check import Check, Every
from seatrial.model.observation import Observation
from seatrial.model.plan import Profile
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
        self._made: dict[tuple[str, str], list[Observation]] = {}
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
        observations = self.observations(scenario, subject)
        while self._is_weak(verdict := judge_all(check, observations), observations):
            observations = self._observed_again(scenario, subject, why=verdict.observed)
        return verdict, ids_of(observations)

    def observations(self, scenario: Scenario, subject: Subject) -> list[Observation]:
        """The observations of a scenario on a subject; the first is made when it is first asked for."""
        key = (scenario.id, subject.role)
        return self._made.get(key) or self._observed_again(scenario, subject)

    def _is_weak(self, verdict: Verdict, observations: Sequence[Observation]) -> bool:
        """Whether a verdict asks for an observation more, and there may be one."""
        return verdict.outcome is Outcome.INCONCLUSIVE and len(observations) <= self._settings.repeats

    def _observed_again(self, scenario: Scenario, subject: Subject, *, why: str = "") -> list[Observation]:
        session = self.session()
        again = ", again" if why else ""
        with self._progress.stage(f"scenario {scenario.id} on {subject}{again}") as stage:
            if why:
                stage.note(f"inconclusive: {why}")
            made = observe(session, self.run, scenario, subject, note=stage.note)
        kept = self._made.setdefault((scenario.id, subject.role), [])
        kept.append(made)
        return kept

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


def unsupported(check: Check) -> Verdict:
    """What a check says of a system that has nothing for it."""
    needs = check.all_needs()
    return Verdict(
        Outcome.UNSUPPORTED,
        f"no workload of the system file has what the check needs: {', '.join(map(str, needs))}",
        f"at least one workload that is {'; '.join(item.text for item in needs)}",
        "Declare it in the system file if the system has it; docs/your-system.md says how.",
    )
