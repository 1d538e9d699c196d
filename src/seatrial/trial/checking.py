"""What a check's few lines call: the workload, its faults, its load, and the judges."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.catalogue import Check
from seatrial.faults.crash_pod import CrashPod
from seatrial.faults.delete_pod import DeletePod
from seatrial.judge import availability, consistency, recovery, scaling
from seatrial.model.exchange import GeneratorHealth
from seatrial.model.fault import FaultRecord
from seatrial.model.system import Journey, System, Workload
from seatrial.model.verdict import Outcome, Verdict, merge
from seatrial.outcomes import CheckSkipped, require
from seatrial.traffic.http import Http
from seatrial.trial.bench import Bench
from seatrial.trial.session import ANSWER_SECONDS, Session


@dataclass(frozen=True)
class WorkloadUnderTest:
    """One workload of the system file, with the journey that exercises it."""

    role: str
    spec: Workload
    journey_name: str
    journey: Journey

    @classmethod
    def of(cls, system: System, role: str) -> WorkloadUnderTest:
        name = system.journey_of(role)
        return cls(role, system.workloads[role], name, system.journeys[name])

    def __str__(self) -> str:
        return self.role


@dataclass(frozen=True)
class LoadStepTaken:
    """A load step that was offered. Times are monotonic seconds."""

    workload: WorkloadUnderTest
    began_at: float
    ended_at: float
    wanted_replicas: int
    generator: GeneratorHealth


def require_consent(session: Session, check: Check) -> None:
    """End a disruptive check as skipped, with the reason, where nobody consented."""
    gap = session.consent_gap() if check.disruptive else ""
    if gap:
        raise CheckSkipped(
            Verdict(
                Outcome.SKIPPED,
                f"nothing was touched: {gap}",
                "consent for exactly this context and namespace",
                "Set `consent` in the system file where disruption is welcome; see SECURITY.md.",
            )
        )


class Faults:
    """The faults a check may inject. Each call returns when the fault was proven and has settled."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._seed = bench.session.settings.seed

    def delete_pod(self, workload: WorkloadUnderTest) -> FaultRecord:
        """Delete one pod with its grace period (a planned disruption)."""
        return self._bench.inject(DeletePod(workload.role, seed=self._seed))

    def crash_pod(self, workload: WorkloadUnderTest) -> FaultRecord:
        """SIGKILL every process of one pod's containers (a crash)."""
        return self._bench.inject(CrashPod(workload.role, seed=self._seed))

    def rest(self, workload: WorkloadUnderTest) -> None:
        """Replace pods that kubelet would hold back after a crash, and wait until clients are answered.

        A container that ends again within ten minutes is started only after 10 s, 20 s, 40 s ...; after an
        earlier crash of ours that delay would be measured, not the recovery of the system
        (kubernetes.io, pod lifecycle, container restarts).
        """
        pods = self._bench.pods(workload.role)
        restarted = [pod.name for pod in pods if self._bench.ended_lately(pod.name)]
        for name in restarted:
            self._bench.prepare(DeletePod(workload.role, pod=name, allow_last=True))
        if restarted:
            session = self._bench.session
            with Http(session.base_url) as http:
                http.wait_for_journey(
                    workload.journey_name, workload.journey, within_seconds=ANSWER_SECONDS, in_a_row=5
                )


class Judging:
    """The judges, on what the bench observed. Each keeps its verdict and raises anything but a pass."""

    def __init__(self, bench: Bench, verdicts: list[Verdict]) -> None:
        self._bench = bench
        self._verdicts = verdicts

    def _require(self, verdict: Verdict) -> Verdict:
        self._verdicts.append(verdict)
        return require(merge(self._verdicts))

    def voluntary_disruption(self) -> Verdict:
        """No request may fail in a planned disruption."""
        return self._require(availability.voluntary_disruption(self._bench.observation()))

    def crash(self) -> Verdict:
        """A crash is charged to the error budget and must be over within the recovery objective."""
        observation = self._bench.observation()
        objectives = self._bench.session.system.objectives
        return self._require(
            merge(
                [
                    availability.involuntary_disruption(observation, objectives),
                    recovery.recovery(observation, objectives),
                ]
            )
        )

    def lost_writes(self, journey_name: str) -> Verdict:
        """Every acknowledged write must be readable afterwards."""
        observation = self._bench.observation()
        journey = self._bench.session.system.journeys[journey_name]
        with Http(self._bench.session.base_url) as http:
            writes = observation.warm_up + observation.exchanges
            reads = http.read_back(writes, journey_name, journey)
        return self._require(consistency.lost_writes(writes, reads, observation.faults))

    def follows_load(self, step: LoadStepTaken) -> Verdict:
        """Replicas rise within the objective and fall again, and scale-in fails no request."""
        observation = self._bench.observation()
        assert observation.timeline is not None
        return self._require(
            scaling.follows_load(
                observation.timeline,
                workload=step.workload.role,
                autoscaler=step.workload.spec.autoscaled or "",
                load_began_at=step.began_at,
                load_ended_at=step.ended_at,
                wanted_replicas=step.wanted_replicas,
                objectives=self._bench.session.system.objectives,
                exchanges=observation.exchanges,
                generator=step.generator,
            )
        )
