"""A search for capacity as a Locust session: one trial after the other, each from rest.

Alone, a process sends every trial itself; with workers the master hands out the shares of one trial, waits
for all results, and decides on the next. What is tried is decided by `judge.capacity`.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any, ClassVar

import gevent

from seatrial.errors import SeatrialError
from seatrial.judge.capacity.search import Search
from seatrial.load.capacity_conclusion import CapacityConclusion
from seatrial.load.choices import add_options, counts_from, plan_from, role_of
from seatrial.load.held import Held, Look, with_looks
from seatrial.load.legs import LegSession
from seatrial.load.plan import LoadPlan
from seatrial.load.summary import LoadSummary, slower_than
from seatrial.load.trials import trial_from
from seatrial.load.user import OpenUser
from seatrial.load.wiring import JOBS_DELAY_SECONDS, LoadSession
from seatrial.model.capacity import CapacityRun, Trial

WARM_UP = 0.2
LEAST_REQUESTS = 200
"""A trial at a low rate is made longer until so many are planned."""
REST_REQUESTS = 10
REST_SECONDS = 60.0
"""How long a system may take to answer as it did before, after a trial that it could not hold."""
REST_PAUSE_SECONDS = 1.0
NOT_AT_REST = "not at rest within 60 s"


class CapacitySession(LegSession):
    """One Locust process of a search."""

    conclude_with = CapacityConclusion

    @classmethod
    def add_options(cls, parser: Any, user: type[LoadPlan]) -> None:  # noqa: ARG003  as every session
        add_options(parser)

    def _check_options(self) -> None:
        self.plan = plan_from(self._options)
        self.counts = counts_from(self._options.replicas)
        self.role = role_of(self.system, os.environ.get("SEATRIAL_WORKLOAD", ""))
        self._held: Held | None = None
        self._prepare_legs()
        self._forget()

    def _forget(self) -> None:
        """A test begins, or a search with another number of replicas."""
        self._trials: list[Trial] = []
        self._never_sent: set[str] = set()
        self._broken = self._unseen = ""
        self._absent: tuple[str, ...] = ()
        self._holds: tuple[str, ...] = ()

    def _on_start(self, **_: Any) -> None:
        """Locust begins a test: the search runs beside it, and ends it."""
        if self._is_worker:
            return
        try:
            self._check_host()
        except SeatrialError as error:
            self._fail(str(error))
            return
        self._forget()
        self._workers = ()
        self._stopping = False
        self._found: dict[int, CapacityRun] = {count: CapacityRun(self.plan, ()) for count in self.counts}
        words = f"capacity:{self.plan.first:g}:{self.plan.highest:g}"
        self._run = self.conclusion.begin(words, str(self.environment.host))
        self._work = gevent.spawn(self._search_all)

    def _search_all(self) -> None:
        """One search with each number of replicas, until somebody, or what went wrong, ends it."""
        for count in self.counts:
            self._forget()
            if self.cluster is None or not self.cluster.gone:
                self._search(count)
            else:
                self._absent, self._broken = self.cluster.gone, "workers never came"
            self._found[count] = self._gathered()
            if self._over:
                break
        if not self._stopping:
            gevent.spawn(self._end_test)

    def _gathered(self) -> CapacityRun:
        return CapacityRun(
            self.plan, tuple(self._trials), broken=self._broken, never_sent=tuple(sorted(self._never_sent)),
            held=self._holds, unseen=self._unseen, role=self.role,
            absent=self._absent,
        )  # fmt: skip

    def _search(self, count: int) -> None:
        """Make one trial after the other until the search, or somebody, ends it."""
        try:
            self._hold(count)
            search = Search(self.plan, self.system.objectives.availability)
            self._require_rest("before the first trial")
            while not self._over and (rate := search.next_rate()) is not None:
                trial = self._trial(rate)
                if trial is None:
                    break
                self._trials.append(trial)
                search.take(trial)
                self._tell(trial)
                self._require_rest(f"after the trial at {rate:g}/s")
        except SeatrialError as error:
            self._broken = self._broken or error.in_a_line
        finally:
            self._let_go()

    def _hold(self, count: int) -> None:
        """Keep the numbers of replicas as they are, where the system runs on a cluster."""
        if not getattr(self.user, "holds", True):
            self._unseen = "the cluster was not looked at"
            return
        held = ("--role", self.role, "--replicas", str(count))
        self._held = Held(self.user.settings().system_path, *held)
        self._holds = self._held.start()

    def _let_go(self) -> None:
        try:
            if self._held is not None:
                self._held.close()
        except SeatrialError as error:
            self._broken = self._broken or error.in_a_line
        self._held = None

    def _look(self) -> Look | None:
        if self._held is None:
            return None
        seen = self._held.look()
        self._unseen = self._unseen or seen["unseen"]
        return seen

    def _tell(self, trial: Trial) -> None:
        """A line on the screen for each trial: a search lasts for minutes."""
        ended = trial.void or trial.stopped
        p99 = "no p99" if trial.p99_ms is None else f"p99 {trial.p99_ms:.0f} ms"
        words = (
            f"{len(self._trials)}: {trial.per_second:g}/s, {trial.requests} requests, {trial.failed} failed, "
        )
        sys.stdout.write(f"trial {words}{trial.slow} slow, {p99}{f'; {ended}' if ended else ''}\n")
        sys.stdout.flush()

    def _trial(self, rate: float) -> Trial | None:
        """Offer a rate; None when somebody stopped it in the middle."""
        seconds = max(self.plan.seconds, LEAST_REQUESTS / rate)
        warm_up = seconds * WARM_UP
        before = self._look()
        summary, results = self._offer(
            f"poisson:{rate}:{seconds}", seconds, turn=len(self._trials), warm_up_seconds=warm_up,
            errors_bound=self.plan.errors_bound,
        )  # fmt: skip
        if self._over:
            return None
        after = self._look()
        if not self._trials:
            self._never_sent.update(summary.journeys)
        self._never_sent.intersection_update(summary.never_sent)
        trial = trial_from(
            summary, self.system, per_second=rate, seconds=seconds - warm_up,
            stopped=[each.stopped for each in results],
        )  # fmt: skip
        return trial if before is None or after is None else with_looks(trial, before, after)

    def _require_rest(self, when: str) -> None:
        """Wait until a few requests at the first rate are all answered, and in time."""
        rate, until = self.plan.first, time.monotonic() + REST_SECONDS
        seconds = min(max(REST_REQUESTS / rate, 1.0), 5.0)
        while not self._over:
            summary, _ = self._offer(f"constant:{rate}:{seconds}", seconds, turn=len(self._trials))
            if self._over or not (why := self._unrest(summary)):
                return
            if time.monotonic() > until:
                self._broken = f"{when} the system was {NOT_AT_REST}: {why}"
                return
            gevent.sleep(REST_PAUSE_SECONDS)

    def _unrest(self, summary: LoadSummary) -> str:
        requests = sum(summary.outcomes.values())
        if not requests:
            return "no request was answered"
        if failed := requests - summary.ok:
            kinds = ", ".join(sorted(summary.errors))
            return f"{failed} of {requests} requests failed ({kinds})"
        for name, latencies in summary.journeys.items():
            limit = self.system.objectives_of(name).latency_p99_ms
            if slow := slower_than(latencies, limit):
                return f"{slow} of {requests} requests took longer than {limit:g} ms"
        return ""

    def _on_stop(self, **_: Any) -> None:
        self._wait_for_work(self._patience_seconds + JOBS_DELAY_SECONDS)
        if self._run is None:
            return
        run, self._run = self._run, None
        if not any(found.trials or found.broken for found in self._found.values()):
            self._found[self.counts[0]] = self._gathered()
        conclusion = self.conclusion
        assert isinstance(conclusion, CapacityConclusion)
        conclusion.conclude_search(run, self._found, self._workers, say=not self.headless)


class CapacityUser(OpenUser):
    """Subclass it once in a locustfile that searches for a capacity; see `load.user.OpenUser`.

    Attributes:
        holds: whether replicas are held and looked at; False for what runs outside of a cluster.
    """

    abstract = True
    holds: ClassVar[bool] = True
    session: ClassVar[type[LoadSession]] = CapacitySession
