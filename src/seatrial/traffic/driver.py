"""The one open-model driver: sends each arrival at its planned time, whatever became of the others.

It runs in its own process (`python -m seatrial.traffic`) and inside Locust (`seatrial.load.dispatcher`).
Latency counts from the planned time; a second histogram, from the sending, stands beside it for comparison.
"""

from __future__ import annotations

import gc
import math
import os
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from random import Random

from seatrial.errors import SeatrialError
from seatrial.model.exchange import LATE_AFTER_SECONDS, Exchange, GeneratorHealth
from seatrial.traffic.answer import Answer
from seatrial.traffic.arrival import Arrival
from seatrial.traffic.connection import Connections
from seatrial.traffic.journey import CompiledJourney, pick_by_weight
from seatrial.traffic.loop import Loop
from seatrial.traffic.request import Request
from seatrial.traffic.schedule import Schedule, sliced
from seatrial.traffic.tally import Tally

START_DELAY_SECONDS = 0.05
LONGEST_SLEEP_SECONDS = 0.1
"""How long `stop` may go unnoticed when the next arrival is far."""
PREPARED_AT_ONCE = 10
GRACE_SECONDS = 5.0
"""How long after the last deadline an open request may be told as ended."""


@dataclass(frozen=True)
class Plan:
    """What the driver sends, and how.

    Attributes:
        base_url: where; scheme, host and port.
        journeys: what, each with its share; which one an arrival gets depends on `seed` and its number only.
        schedule: when.
        seed: of the choice of journeys and of {random.N}.
        fresh_every: every n-th arrival goes over a connection of its own; 0 for none, 1 for all.
        keep_connections: how many kept-alive connections are made before one is used twice.
        most_in_flight: beyond it an arrival is dropped and counted.
        worker, workers: this worker's place; it takes every n-th arrival.
    """

    base_url: str
    journeys: Sequence[tuple[CompiledJourney, float]]
    schedule: Schedule
    seed: int = 0
    fresh_every: int = 10
    keep_connections: int = 6
    most_in_flight: int = 2_000
    worker: int = 0
    workers: int = 1


class Driver:
    """Walks one plan, once. Whoever runs it calls `collect` now and then, for what has ended.

    Sending and receiving are callbacks of the event loop, and do no more than they must. Code that runs
    rarely runs slowly, so all the rest, before and after, is done for some requests at once.
    """

    def __init__(self, plan: Plan, loop: Loop) -> None:
        self.plan = plan
        self._loop = loop
        self._from_planned = Tally()
        self._from_sent = Tally()
        self._lateness = Tally()
        self._arrivals: Iterator[tuple[Arrival, Request]] = iter(())
        self._next: tuple[Arrival, Request] | None = None
        self._answered: list[tuple[Arrival, Answer]] = []
        self._ended: list[tuple[Exchange, int]] = []
        self._connections = Connections(loop, plan.base_url, keep=plan.keep_connections)
        self._journeys = {journey.name: journey for journey, _ in plan.journeys}
        self._weights = [weight for _, weight in plan.journeys]
        self._names = list(self._journeys)
        self._generator = Random(f"{plan.seed}/{plan.worker}")
        self._in_flight = 0
        self._failure: BaseException | None = None
        self._all_sent = loop.flag()
        self._all_ended = loop.flag()
        self._stopped_at = math.inf
        self._planned = self._sent = self._dropped = self._late = 0
        self._began_at = self._began_cpu = 0.0

    def run(self, *, start_at: float | None = None) -> GeneratorHealth:
        """Send everything until the schedule ends or `stop`, wait for what is open, and tell how it went.

        Each request has its own deadline, so the wait at the end is bounded by the longest of them.

        Args:
            start_at: monotonic seconds of the schedule's zero (workers share one); None for now.

        Raises:
            SeatrialError: a request outlived its deadline, which is a fault of this generator.
        """
        self._began_at = time.monotonic()
        self._began_cpu = time.process_time()
        start = self._began_at + START_DELAY_SECONDS if start_at is None else start_at
        self._arrivals = self._prepare_all(start)
        self._next = next(self._arrivals, None)
        self._loop.timer(0.0, self._walk)
        self._all_sent.wait()
        self._finish()
        return self.health()

    def stop(self) -> None:
        """Send nothing that is due later than now; `run` returns when what is open has ended."""
        self._stopped_at = min(self._stopped_at, time.monotonic())

    def health(self) -> GeneratorHealth:
        """How well the schedule was kept so far."""
        self._settle()
        elapsed = time.monotonic() - self._began_at
        used = time.process_time() - self._began_cpu
        lateness = self._lateness.histogram()
        return GeneratorHealth(
            planned=self._planned,
            sent=self._sent,
            dropped=self._dropped,
            late=self._late,
            late_after_seconds=LATE_AFTER_SECONDS,
            lateness_p99_seconds=lateness.get_value_at_percentile(99) / 1e6 if self._sent else 0.0,
            cpu_fraction=used / elapsed if elapsed > 0 else 0.0,
        )

    def collect(self) -> list[tuple[Exchange, int]]:
        """The exchanges that ended since the last call, each with the length of its answer in bytes."""
        self._settle()
        ended, self._ended = self._ended, []
        return ended

    def histograms(self) -> dict[str, str]:
        """Latency in microseconds as encoded HdrHistograms, which can be added up without loss."""
        self._settle()
        return {
            "from_planned": self._from_planned.histogram().encode().decode(),
            "from_sent": self._from_sent.histogram().encode().decode(),
        }

    def _prepare_all(self, start: float) -> Iterator[tuple[Arrival, Request]]:
        """Every arrival of the plan in its order."""
        planned = sliced(self.plan.schedule.planned(), self.plan.worker, self.plan.workers)
        host = self._connections.host_header
        while some := list(islice(planned, PREPARED_AT_ONCE)):
            ready = []
            for sequence, offset in some:
                journey = self._journeys[self._pick(sequence)]
                prepared = journey.prepare(sequence, self._generator, host)
                arrival = Arrival(sequence, start + offset, journey, prepared.key)
                request = self._connections.request(
                    prepared.method,
                    prepared.wire,
                    deadline_seconds=journey.timeout_seconds,
                    on_answer=partial(self._take, arrival),
                )
                ready.append((arrival, request))
            yield from ready

    def _walk(self) -> None:
        """Send what is due, and come back for the next arrival. Called from the event loop.

        When behind, it comes back at once rather than stay: else answers would be taken late.
        """
        try:
            while self._next is not None:
                arrival, request = self._next
                if arrival.planned_at > self._stopped_at:
                    break
                delay = arrival.planned_at - time.monotonic()
                if delay > 0:
                    self._loop.timer(min(delay, LONGEST_SLEEP_SECONDS), self._walk)
                    return
                self._send(arrival, request)
                self._next = next(self._arrivals, None)
                if delay < -LATE_AFTER_SECONDS / 10:
                    self._loop.timer(0.0, self._walk)
                    return
        except BaseException as error:
            self._failure = error  # for `run` to raise: the loop would only print it
        self._all_sent.set()

    def _send(self, arrival: Arrival, request: Request) -> None:
        self._planned += 1
        if self._in_flight >= self.plan.most_in_flight:
            self._dropped += 1
            self._ended.append((arrival.dropped(), 0))
            request.discard()
            return
        arrival.sent_at = time.monotonic()
        self._sent += 1
        self._late += arrival.sent_at - arrival.planned_at > LATE_AFTER_SECONDS
        self._in_flight += 1
        every = self.plan.fresh_every
        self._connections.send(request, fresh=every > 0 and self._sent % every == 0)

    def _pick(self, sequence: int) -> str:
        if len(self._names) == 1:
            return self._names[0]
        draw = zlib.crc32(f"{self.plan.seed}:{sequence}".encode()) / 2**32
        return pick_by_weight(self._names, self._weights, draw)

    def _take(self, arrival: Arrival, answer: Answer) -> None:
        """Lay an answer down. Called from the event loop."""
        self._answered.append((arrival, answer))
        self._in_flight -= 1
        if not self._in_flight and self._all_sent.is_set():
            self._all_ended.set()

    def _settle(self) -> None:
        """Make exchanges of the answers, and take their times into the histograms."""
        answered, self._answered = self._answered, []
        for arrival, answer in answered:
            completed_at, sent_at, planned_at = answer.completed_at, arrival.sent_at, arrival.planned_at
            self._from_planned.add(completed_at - planned_at)
            self._from_sent.add(completed_at - sent_at)
            self._lateness.add(sent_at - planned_at)
            self._ended.append((arrival.exchange(answer), len(answer.body)))

    def _finish(self) -> None:
        """Wait for what is in flight, and close."""
        longest = max(journey.timeout_seconds for journey in self._journeys.values())
        if self._in_flight and not self._all_ended.wait(longest + GRACE_SECONDS):
            raise SeatrialError(
                f"{self._in_flight} requests outlived their deadline of {longest:g} s",
                next_step="this is a fault of the generator; please report it with the error output above.",
            )
        self._connections.close()
        if self._failure is not None:
            raise self._failure


def keep_time() -> None:
    """Make this process keep its times on a busy machine, as far as it is permitted. Call it before `run`.

    Objects of the start are never collected, others rarely. The lowest real-time priority (Linux, root or
    CAP_SYS_NICE) lets it run the moment an arrival is due: measured at 100/s on 2 cores with 12 processes
    waiting, 0 of 1,000 arrivals were late instead of 20 to 230. It uses no more CPU for it, and the kernel
    holds back 5 % for everyone else.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
