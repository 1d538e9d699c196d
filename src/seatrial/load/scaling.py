"""A load step at an autoscaled workload as a Locust session, judged by the checks of `scaling`.

It offers what the scenario `load-step` offers: the workload's own journey all the time, the others beside it,
and the load until enough replicas are ready; then it watches until the workload has shrunk. A process records
what the cluster does (`harness.held --watch`), into the observation that is judged.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import gevent

from seatrial.errors import BadInput, SeatrialError
from seatrial.judge.hpa.objectives import down_seconds, up_seconds
from seatrial.judge.load_step import LOAD
from seatrial.load.dispatcher import Dispatcher, Share
from seatrial.load.held import Held, Look
from seatrial.load.legs import LegSession
from seatrial.load.plan import at_a_rate, with_weights
from seatrial.load.scaling_conclusion import SUBJECT, ScalingConclusion, load_streams, stream_of
from seatrial.load.summary import WorkerResult
from seatrial.load.user import OpenUser
from seatrial.load.wiring import JOBS_DELAY_SECONDS, LoadSession
from seatrial.model.failure import verdict_of
from seatrial.model.load import (
    BESIDE_PER_SECOND,
    HELD_SECONDS,
    OWN_PER_SECOND,
    REST_SECONDS,
    SLACK_SECONDS,
    LoadStep,
)
from seatrial.model.objectives import Objectives
from seatrial.model.step import StepRecord
from seatrial.model.system import System
from seatrial.model.verdict import Outcome, Verdict
from seatrial.record.observations import TIMELINE_FILE, ObservationWriter, StreamRecord

BEFORE_SECONDS = 5.0
LOOK_SECONDS = 1.0
END_SECONDS = 120.0
"""The timeline is written, and the process that recorded it ends."""
STOPPED = Verdict(
    Outcome.INCONCLUSIVE, "the load step was stopped before its end", "a load step, and its end",
    "Leave `-t` out: the test ends by itself.",
)  # fmt: skip


class ScalingSession(LegSession):
    """One Locust process of a load step."""

    conclude_with = ScalingConclusion
    in_cluster = False
    conclusion: ScalingConclusion

    @classmethod
    def add_options(cls, parser: Any, user: Any) -> None:
        """None: the system file says what is offered."""

    def _check_options(self) -> None:
        self.role = role_of(self.system)
        self.step = step_of(self.system, self.role)
        self.own = self.system.journey_of(self.role)
        if self.user.recorder is None:
            raise BadInput("a load step is judged from what is kept of it", where="recorder")
        self._prepare_legs()
        self._held: Held | None = None
        self._steps: list[StepRecord] = []
        self._streams: list[StreamRecord] = []
        self._failure: Verdict | None = None

    def _on_start(self, **_: Any) -> None:
        if self._is_worker:
            return
        self._stopping, self._steps, self._streams, self._failure = False, [], [], None
        self._work = gevent.spawn(self._carry_out)

    @property
    def _keeps(self) -> ObservationWriter | None:
        return None if self._run is None else self._run.observation

    def _carry_out(self) -> None:
        """Watch, wait for the minimum, offer the load, and watch again, whatever goes wrong on the way."""
        objectives = self.system.objectives
        try:
            self._check_host()
            self._held = Held(self.user.settings().system_path, "--watch")
            self._held.start()
            objectives = Objectives(**self._held.ask(f"objectives {self.role}")["objectives"])
            self._begin(objectives)
            self._watched(objectives)
            if self._over:
                self._failure = STOPPED if not self._broken else verdict_of(SeatrialError(self._broken))
        except SeatrialError as error:
            self._failure = verdict_of(error)
        if self._run is None:
            self._begin(objectives)
        if self._held is not None:
            self._held.end()
        if not self._stopping:
            gevent.spawn(self._end_test)

    def _begin(self, objectives: Objectives) -> None:
        self.conclusion.describe(self.role, self.own, objectives)
        words = f"constant:{self.step.per_second:g}"
        self._run = self.conclusion.begin(words, str(self.environment.host))

    def _watched(self, objectives: Objectives) -> None:
        """The whole way from rest to rest; what was seen of the cluster is kept at its end."""
        assert self._held is not None
        fall = down_seconds(objectives) + SLACK_SECONDS
        self._wait("at-minimum", self._at_rest, max(REST_SECONDS, fall))
        with OwnTraffic(self) as own:
            gevent.sleep(BEFORE_SECONDS)
            self._offer_load(up_seconds(objectives) + SLACK_SECONDS)
            self._wait("at-minimum", lambda seen: self._pods(seen) <= self._least(seen), fall)
        self._streams += own.streams()
        if self._keeps is not None:
            self._held.ask(f"timeline {self._keeps.directory / TIMELINE_FILE}")

    def _offer_load(self, seconds: float) -> None:
        began = time.monotonic()
        ending = gevent.spawn(self._end_when_ready, began + seconds)
        _, results = self._offer(f"constant:{self.step.per_second}:{seconds}", seconds)
        ended = min(ending.get(), time.monotonic())
        self._note("traffic", LOAD, began, began)
        self._note("stop", LOAD, ended, time.monotonic())
        self._streams += load_streams(LOAD, self.step.journey, results)

    def _end_when_ready(self, until: float) -> float:
        """End the leg when enough replicas were ready for a while; when it was ended, or would have been."""

        def enough(seen: Look) -> bool:
            return self._ready(seen) >= self.step.replicas

        try:
            self._wait("replicas-ready", enough, until - time.monotonic())
            self._pause(min(HELD_SECONDS, until - time.monotonic()))
        except SeatrialError as error:
            self._broken = error.in_a_line
        self._end_leg()
        return time.monotonic()

    def _wait(self, name: str, reached: Callable[[Look], bool], within_seconds: float) -> None:
        """Look until it is reached or the time is over: then the judges say what that means."""
        assert self._held is not None
        began = time.monotonic()
        while not self._over and time.monotonic() - began < within_seconds:
            if reached(self._held.ask("scale")):
                break
            gevent.sleep(LOOK_SECONDS)
        self._note("wait", name, began, time.monotonic())

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._over and time.monotonic() < until:
            gevent.sleep(0.2)

    def _note(self, kind: str, name: str, began: float, ended: float) -> None:
        self._steps.append(StepRecord(str(len(self._steps) + 1), kind, name, began, ended))

    def _at_rest(self, seen: Look) -> bool:
        return self._pods(seen) == self._ready(seen) == self._least(seen)

    def _pods(self, seen: Look) -> int:
        return int(seen["pods"].get(self.role, 0))

    def _ready(self, seen: Look) -> int:
        return int(seen["ready"].get(self.role, 0))

    def _least(self, seen: Look) -> int:
        scaler = self.system.workloads[self.role].autoscaled or ""
        if scaler not in seen["minimum"]:
            raise SeatrialError(
                f"there is no autoscaler called {scaler!r}", where=f"workloads.{self.role}.autoscaled",
                next_step="Deploy it, or correct its name in the system file.",
            )  # fmt: skip
        return int(seen["minimum"][scaler])

    def _on_stop(self, **_: Any) -> None:
        self._wait_for_work(2 * self._patience_seconds + JOBS_DELAY_SECONDS + END_SECONDS)
        if self._run is None:
            return
        run, self._run = self._run, None
        steps = sorted(self._steps, key=lambda step: step.began_at)
        self.conclusion.conclude_step(run, self._streams, steps, self._failure, say=not self.headless)


class OwnTraffic:
    """The workload's own journey at a low rate and the others beside it, sent while the block lasts."""

    def __init__(self, session: ScalingSession) -> None:
        self._session = session
        self._beside = session.system.bystanders_of(session.own)
        self._result: WorkerResult | SeatrialError | None = None

    def __enter__(self) -> OwnTraffic:
        session = self._session
        kept = session._keeps
        assert kept is not None
        share = Share(
            str(session.environment.host), with_weights(session.system, {session.own: 1.0}),
            f"constant:{OWN_PER_SECOND}", session.conclusion.seed,
            exchanges=str(kept.directory / f"exchanges-{SUBJECT}.ndjson"), tls=session.system.entry.tls,
            beside=at_a_rate(session.system, self._beside, BESIDE_PER_SECOND),
        )  # fmt: skip
        self._dispatcher = Dispatcher(session.environment, share, session._runner_of_load(), self._take)
        return self

    def __exit__(self, *_: object) -> None:
        journeys = self._session.system.journeys
        longest = max((journeys[name].timeout_seconds for name in self._beside), default=0.0)
        self._dispatcher.stop()
        self._dispatcher.join(within_seconds=self._session._patience_seconds + longest)

    def _take(self, result: WorkerResult | SeatrialError) -> None:
        self._result = result

    def streams(self) -> list[StreamRecord]:
        """What was sent. Raises SeatrialError: that is not known."""
        result = self._result
        if isinstance(result, SeatrialError):
            raise result
        if result is None:
            raise SeatrialError("the generator of the workload's own journey did not end")
        return [stream_of(SUBJECT, result.exchanges, (self._session.own, *self._beside), result.health)]


def role_of(system: System) -> str:
    """The workload that SEATRIAL_WORKLOAD names, else the first that is autoscaled and has a load step.

    Raises:
        BadInput: there is none.
    """
    wished = os.environ.get("SEATRIAL_WORKLOAD")
    for role, workload in system.workloads.items():
        if workload.load_step is not None and workload.autoscaled and wished in (None, "", role):
            return role
    raise BadInput(
        f"no workload {wished + ' ' if wished else ''}of {system.metadata.name} has `autoscaled` and "
        "a `load_step`",
        next_step="name its autoscaler in the system file, and its load: journey, per_second, replicas.",
    )


def step_of(system: System, role: str) -> LoadStep:
    """The load step of that workload, which has one."""
    step = system.workloads[role].load_step
    assert step is not None
    return step


class ScalingUser(OpenUser):
    """Subclass it once in a locustfile that offers a load step; see `load.user.OpenUser`."""

    abstract = True
    session: ClassVar[type[LoadSession]] = ScalingSession

    @classmethod
    def choose(cls, system: System) -> Mapping[str, Any]:
        cls.journeys = {step_of(system, role_of(system)).journey: 1}
        return super().choose(system)
