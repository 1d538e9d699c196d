"""A Locust session that sends one plan after the other, and decides in between: legs of a longer way.

Alone, a process sends every leg itself; with workers the master hands out the shares of one leg, waits for
all results, and goes on.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from gevent.event import Event

from seatrial.errors import SeatrialError
from seatrial.load.dispatcher import Share
from seatrial.load.figures import WorkerFigures, added
from seatrial.load.gaps import missing_words
from seatrial.load.outcome import LoadRun
from seatrial.load.summary import LoadSummary, WorkerResult, summarize
from seatrial.load.wiring import JOBS_DELAY_SECONDS, LoadSession
from seatrial.record.observations import ObservationWriter
from seatrial.traffic.crew import STOP


class LegSession(LoadSession):
    """One Locust process of it. What `_work` does ends the test, or is ended by it."""

    def _prepare_legs(self) -> None:
        self._stopping = False
        self._broken = ""
        self._leg: LoadRun | None = None
        self._leg_ended = Event()
        self._work: Any = None
        self._workers: tuple[WorkerFigures, ...] = ()

    @property
    def _over(self) -> bool:
        return self._stopping or bool(self._broken)

    @property
    def _keeps(self) -> ObservationWriter | None:
        """Where exchanges of a leg are kept; None for nowhere."""
        return None

    def _offer(
        self,
        arrivals: str,
        seconds: float,
        *,
        turn: int = 0,
        warm_up_seconds: float = 0.0,
        errors_bound: float = 0.0,
    ) -> tuple[LoadSummary, list[WorkerResult]]:
        """Have all processes send one plan, and wait until they have told what became of it.

        Args:
            turn: makes the draw another than that of the legs before.
        """
        leg = self._leg = LoadRun(self.user.scenario(), arrivals, str(self.environment.host))
        leg.observation = self._keeps
        self._leg_ended.clear()
        seed = self.conclusion.seed + turn
        for client, part in self._shares(leg).items():
            mine = replace(part, seed=seed, warm_up_seconds=warm_up_seconds, errors_bound=errors_bound)
            self._hand_out(client, mine)
        if not leg.complete:
            self._leg_ended.wait(timeout=seconds + self._patience_seconds + JOBS_DELAY_SECONDS)
        missing = len(leg.results) < leg.workers and not self._over
        if self._master is not None:
            leg.look_for_lost(self._master.clients)
        summary = summarize(
            leg.results, began_at=leg.began_at, ended_at=time.monotonic(), workers=leg.workers, lost=leg.lost
        )
        self._workers = added(self._workers, summary.workers)
        if missing:
            self._broken = missing_words(summary)
        return summary, leg.results

    def _on_share(self, msg: Any, **_: Any) -> None:
        """A worker sends each share at once: its test lasts as long as all legs."""
        try:
            self._dispatch(Share(**msg.data))
        except SeatrialError as error:
            self._on_own_result(error)

    @property
    def _awaited(self) -> LoadRun | None:
        return self._leg

    def _take(self, result: WorkerResult) -> None:
        if self._leg is not None:
            self._leg.results.append(result)
            if self._leg.complete:
                self._leg_ended.set()

    def _fail(self, why: str) -> None:
        self._broken = self._broken or why
        self._leg_ended.set()
        if self._run is None:
            super()._fail(why)

    def _on_stopping(self, **_: Any) -> None:
        self._stopping = True
        if self._dispatcher is not None:
            self._dispatcher.stop()
        if self._master is not None:
            self._master.send_message(STOP)

    def _end_leg(self) -> None:
        """Nothing more of this leg is sent; what is open ends."""
        if self._master is not None:
            self._master.send_message(STOP)
        elif self._dispatcher is not None:
            self._dispatcher.stop()

    def _wait_for_work(self, within_seconds: float) -> None:
        if self._work is not None:
            self._work.join(timeout=within_seconds)
        elif self._dispatcher is not None:
            self._dispatcher.join(within_seconds=self._patience_seconds)
