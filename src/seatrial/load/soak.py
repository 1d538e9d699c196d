"""A constant load for long as a Locust session, with looks at the system's containers meanwhile.

The looks are made by a process that watches and changes nothing (`harness.held --watch`); what they show is
judged by `judge.soak`, beside the load itself.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import gevent

from seatrial.errors import BadInput, SeatrialError
from seatrial.judge.soak.verdict import judge_soak
from seatrial.load.dispatcher import Share
from seatrial.load.held import COMMAND, Held, Look, busy_between, looks_in
from seatrial.load.outcome import Conclusion, LoadRun
from seatrial.load.plan import LoadPlan
from seatrial.load.user import OpenUser
from seatrial.load.windows import windows_of
from seatrial.load.wiring import LoadSession
from seatrial.model.soak import ContainerLook, SoakPlan, SoakRun
from seatrial.model.verdict import Verdict
from seatrial.traffic import schedule as schedules

OPTIONS = {
    "window_seconds": ("--window-seconds", "latency is told for parts of this length"),
    "look_seconds": ("--look-seconds", "between two looks at the containers"),
    "horizon_hours": ("--horizon-hours", "memory that is used up within this time is a leak"),
}
"""Fields of the plan that a person may choose."""
END_SECONDS = 90.0
"""A look at all containers, and the end of the process that makes them."""


class SoakConclusion(Conclusion):
    """Judges what the looks saw beside the load."""

    requirement = (
        "Under a constant load a system MUST stay as quick as it was, without memory that grows on, and "
        "without containers that end."
    )
    plan = SoakPlan()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.looks: list[ContainerLook] = []
        self.unseen = ""
        self.machine: list[tuple[float, float]] = []

    def beside(self, run: LoadRun) -> tuple[list[Verdict], dict[str, Any]]:
        scaled = tuple(role for role, each in self.system.workloads.items() if each.autoscaled)
        windows = windows_of(row for result in run.results for row in result.windows)
        soak = SoakRun(
            self.plan, run.began_at, time.monotonic(), windows, tuple(self.looks), self.unseen, scaled,
            tuple(self.machine),
        )  # fmt: skip
        return [judge_soak(soak, self.system.objectives)], {"soak": soak.to_data()}


class SoakSession(LoadSession):
    """One Locust process of a soak."""

    conclude_with = SoakConclusion
    conclusion: SoakConclusion

    @classmethod
    def add_options(cls, parser: Any, user: type[LoadPlan]) -> None:
        super().add_options(parser, user)
        plan = SoakPlan()
        for name, (option, words) in OPTIONS.items():
            default = getattr(plan, name)
            parser.add_argument(
                option, type=float, default=default, env_var=f"SEATRIAL_SOAK_{name.upper()}",
                help=f"Soak: {words} (default: {default:g}).",
            )  # fmt: skip

    def _check_options(self) -> None:
        super()._check_options()
        self.plan = SoakPlan(**{name: getattr(self._options, name) for name in OPTIONS})
        schedule = schedules.parse(self._options.arrivals)
        if not isinstance(schedule, schedules.Constant | schedules.Poisson):
            raise BadInput(
                f"a soak needs a constant rate, and the arrivals are {self._options.arrivals}",
                where="--arrivals", next_step="e.g. --arrivals constant:60 -t 2h",
            )  # fmt: skip
        self._held: Held | None = None
        self._looking: Any = None

    def _on_start(self, **more: Any) -> None:
        if not self._is_worker:
            self.conclusion.plan, self.conclusion.looks, self.conclusion.unseen = self.plan, [], ""
            self.conclusion.machine = []
            if getattr(self.user, "looks", True):
                self._looking = gevent.spawn(self._look_again_and_again)
            else:
                self.conclusion.unseen = "containers were not looked at"
        super()._on_start(**more)

    def _shares(self, run: LoadRun) -> dict[str, Share]:
        shares = super()._shares(run).items()
        return {name: replace(share, window_seconds=self.plan.window_seconds) for name, share in shares}

    def _look_again_and_again(self) -> None:
        """Look until the test stops, and once more then."""
        held = Held(
            self.user.settings().system_path, "--watch", command=getattr(self.user, "looker", COMMAND)
        )
        try:
            held.start()
            before: Look | None = None
            last = False
            while not last:
                last = self._run is not None and self._run.stopping
                seen = held.look()
                self._take_look(seen, before)
                before = seen
                if not last:
                    self._pause()
        except SeatrialError as error:
            self.conclusion.unseen = self.conclusion.unseen or error.in_a_line
        finally:
            held.end()

    def _pause(self) -> None:
        until = time.monotonic() + self.plan.look_seconds
        while time.monotonic() < until and not (self._run is not None and self._run.stopping):
            gevent.sleep(min(0.2, self.plan.look_seconds))

    def _take_look(self, seen: Look, before: Look | None) -> None:
        self.conclusion.unseen = self.conclusion.unseen or seen["unseen"]
        self.conclusion.looks += looks_in(seen)
        busy = None if before is None else busy_between(before, seen)
        if busy is not None:
            self.conclusion.machine.append((seen["at"], busy))

    def _on_stop(self, **more: Any) -> None:
        if self._looking is not None and self._run is not None:
            self._run.stopping = True
            self._looking.join(timeout=END_SECONDS)
            self._looking = None
        super()._on_stop(**more)


class SoakUser(OpenUser):
    """Subclass it once in a locustfile that loads for long; see `load.user.OpenUser`.

    Attributes:
        looks: whether containers are looked at; False for what runs outside of a cluster.
        looker: the process that looks; see `harness.held`.
    """

    abstract = True
    looks: ClassVar[bool] = True
    looker: ClassVar[Sequence[str]] = COMMAND
    session: ClassVar[type[LoadSession]] = SoakSession
