"""The load step of `scaling.follows-load`: arrivals through Locust until enough replicas are ready."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from seatrial.errors import SeatrialError, WaitExpired
from seatrial.kube.timeline import pods_now, workload_now
from seatrial.load.run import LocustRun
from seatrial.model.timeline import AutoscalerSeen, Timeline
from seatrial.trial.bench import Bench
from seatrial.trial.checking import LoadStepTaken, WorkloadUnderTest
from seatrial.waiting import NotYet, Ready

REST_SECONDS = 180.0
"""How long the workload may take to be at its minimum before the step."""
HELD_SECONDS = 5.0
"""How long the load goes on after enough replicas are ready, so that they are seen to serve it."""
SLACK_SECONDS = 10.0
"""Waited beyond an objective, so that the judge sees that it was missed and not merely that nobody looked."""


class Load:
    """Load for a check's bench, sent by Locust from `loadtests/quote.py`."""

    def __init__(self, bench: Bench, locustfile: Path) -> None:
        self._bench = bench
        self._locustfile = locustfile

    def step_until_scaled(self, workload: WorkloadUnderTest) -> LoadStepTaken:
        """Offer the workload's `load_step` until its replicas are ready, end it, and wait for the minimum.

        Neither wait raises when it expires: what came of it is the judge's to say.

        Raises:
            SeatrialError: the workload is not at rest before, the autoscaler sees nothing, or Locust fails.
        """
        step = workload.spec.load_step
        assert step is not None
        objectives = self._bench.session.system.objectives
        self._bench.recorder.wait(
            lambda timeline: _at_rest(timeline, workload), within_seconds=REST_SECONDS,
            what=f"{workload.role} is at rest before the load step",
        )  # fmt: skip
        run = self._locust(workload)
        began_at = time.monotonic()
        try:
            with run:
                # Locust takes seconds to start; the step begins with its first arrival.
                began_at = run.exchanges()[0].planned_at
                with contextlib.suppress(WaitExpired):
                    self._bench.recorder.wait(
                        lambda timeline: _enough(timeline, workload, step.replicas),
                        within_seconds=objectives.scale_up_seconds + SLACK_SECONDS,
                        what=f"{step.replicas} replicas of {workload.role} are ready",
                    )
                    held = len(run.exchanges()) + int(step.per_second * HELD_SECONDS)
                    run.wait_for_requests(held, within_seconds=HELD_SECONDS * 6)
                run.stop()
        finally:
            self._bench.keep(step.journey, run)
        ended_at = time.monotonic()
        with contextlib.suppress(WaitExpired):
            self._bench.recorder.wait(
                lambda timeline: _shrunk(timeline, workload),
                within_seconds=objectives.scale_down_seconds + SLACK_SECONDS,
                what=f"{workload.role} is back at its minimum",
            )
        return LoadStepTaken(workload, began_at, ended_at, step.replicas, run.stop()[1])

    def _locust(self, workload: WorkloadUnderTest) -> LocustRun:
        session = self._bench.session
        return LocustRun(
            self._locustfile,
            directory=self._bench.exchanges_directory,
            host=session.base_url,
            name=f"{self._bench.check}-{self._bench.subject}-load",
            environment={
                "SEATRIAL_SYSTEM": str(session.settings.system_path),
                "SEATRIAL_WORKLOAD": workload.role,
            },
        )


def _scaler(timeline: Timeline, workload: WorkloadUnderTest) -> AutoscalerSeen:
    name = workload.spec.autoscaled or ""
    states = list(timeline.autoscaler_states(name))
    if not states:
        raise SeatrialError(
            f"there is no autoscaler called {name!r}", where=f"workloads.{workload.role}.autoscaled",
            next_step="Deploy it, or correct its name in the system file.",
        )  # fmt: skip
    return states[-1]


def _at_rest(timeline: Timeline, workload: WorkloadUnderTest) -> Ready[None] | NotYet:
    minimum = _scaler(timeline, workload).minimum
    pods = pods_now(timeline, workload.role)
    ready = sum(pod.ready and not pod.deleting for pod in pods)
    if len(pods) == ready == minimum:
        return Ready(None)
    return NotYet(f"{len(pods)} pods, {ready} of them ready, at rest it has {minimum}")


def _enough(timeline: Timeline, workload: WorkloadUnderTest, wanted: int) -> Ready[None] | NotYet:
    state = workload_now(timeline, workload.role)
    ready = 0 if state is None else state.ready
    return Ready(None) if ready >= wanted else NotYet(f"{ready} of {wanted} replicas are ready")


def _shrunk(timeline: Timeline, workload: WorkloadUnderTest) -> Ready[None] | NotYet:
    minimum = _scaler(timeline, workload).minimum
    pods = len(pods_now(timeline, workload.role))
    return Ready(None) if pods <= minimum else NotYet(f"{pods} pods are left, its minimum is {minimum}")
