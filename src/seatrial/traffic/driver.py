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
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import gevent
from hdrh.histogram import HdrHistogram

from seatrial.model.exchange import DROPPED, LATE_AFTER_SECONDS, Exchange, Fate, GeneratorHealth
from seatrial.traffic.connection import Answer, Connections
from seatrial.traffic.journey import CompiledJourney, pick_by_weight
from seatrial.traffic.schedule import Schedule, sliced

START_DELAY_SECONDS = 0.05
LONGEST_SLEEP_SECONDS = 0.1
"""How long `stop` may go unnoticed when the next arrival is far."""
HIGHEST_MICROSECONDS = 300_000_000
RECORD_IN_BATCHES_OF = 100


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
    """Walks one plan, once.

    Args:
        plan: see `Plan`.
        on_exchange: called with each exchange as it ends, and the length of its answer in bytes.
    """

    def __init__(self, plan: Plan, on_exchange: Callable[[Exchange, int], None]) -> None:
        self.plan = plan
        self._from_planned = histogram()
        self._from_sent = histogram()
        self._lateness = histogram()
        self._unrecorded: list[tuple[float, float, float]] = []
        self._on_exchange = on_exchange
        self._connections = Connections(plan.base_url, keep=plan.keep_connections)
        self._journeys = {journey.name: journey for journey, _ in plan.journeys}
        self._weights = [weight for _, weight in plan.journeys]
        self._names = list(self._journeys)
        self._generator = Random(f"{plan.seed}/{plan.worker}")
        self._open: dict[int, gevent.Greenlet] = {}
        self._stopped_at = math.inf
        self._planned = self._sent = self._dropped = self._late = self._arrivals = 0
        self._began_at = self._began_cpu = 0.0

    @property
    def in_flight(self) -> int:
        return len(self._open)

    def run(self, *, start_at: float | None = None) -> GeneratorHealth:
        """Send everything until the schedule ends or `stop`, wait for what is open, and tell how it went.

        Each request has its own deadline, so the wait at the end is bounded by the longest of them.

        Args:
            start_at: monotonic seconds of the schedule's zero (workers share one); None for now.
        """
        self._began_at = time.monotonic()
        self._began_cpu = time.process_time()
        start = self._began_at + START_DELAY_SECONDS if start_at is None else start_at
        for sequence, offset in sliced(self.plan.schedule.planned(), self.plan.worker, self.plan.workers):
            if not self._wait_until(start + offset):
                break
            self._arrive(sequence, start + offset)
        self._finish()
        return self.health()

    def stop(self) -> None:
        """Send nothing that is due later than now; `run` returns when what is open has ended."""
        self._stopped_at = min(self._stopped_at, time.monotonic())

    def health(self) -> GeneratorHealth:
        """How well the schedule was kept so far."""
        self._record()
        elapsed = time.monotonic() - self._began_at
        used = time.process_time() - self._began_cpu
        return GeneratorHealth(
            planned=self._planned,
            sent=self._sent,
            dropped=self._dropped,
            late=self._late,
            late_after_seconds=LATE_AFTER_SECONDS,
            lateness_p99_seconds=self._lateness.get_value_at_percentile(99) / 1e6 if self._sent else 0.0,
            cpu_fraction=used / elapsed if elapsed > 0 else 0.0,
        )

    def histograms(self) -> dict[str, str]:
        """Latency in microseconds as encoded HdrHistograms, which can be added up without loss."""
        self._record()
        return {
            "from_planned": self._from_planned.encode().decode(),
            "from_sent": self._from_sent.encode().decode(),
        }

    def _wait_until(self, due: float) -> bool:
        """Wait for the planned time; False when `stop` came before it.

        When behind, greenlets run between two arrivals all the same: else the sending would be later still.
        """
        while (delay := due - time.monotonic()) > 0:
            if self._stopped_at < due:
                return False
            gevent.sleep(min(delay, LONGEST_SLEEP_SECONDS))
        if delay < -LATE_AFTER_SECONDS / 10:
            gevent.sleep(0)
        return due <= self._stopped_at

    def _arrive(self, sequence: int, planned_at: float) -> None:
        self._planned += 1
        name = self._pick(sequence)
        if len(self._open) >= self.plan.most_in_flight:
            self._dropped += 1
            self._on_exchange(Exchange(sequence, name, planned_at, None, None, Fate.FAILED, error=DROPPED), 0)
            return
        self._arrivals += 1
        every = self.plan.fresh_every
        fresh = every > 0 and self._arrivals % every == 0
        self._open[sequence] = gevent.spawn(self._exchange, sequence, name, planned_at, fresh)

    def _pick(self, sequence: int) -> str:
        if len(self._names) == 1:
            return self._names[0]
        draw = zlib.crc32(f"{self.plan.seed}:{sequence}".encode()) / 2**32
        return pick_by_weight(self._names, self._weights, draw)

    def _exchange(self, sequence: int, name: str, planned_at: float, fresh: bool) -> None:
        """One request, in its own greenlet."""
        journey = self._journeys[name]
        prepared = journey.prepare(sequence, self._generator, self._connections.host_header)
        sent_at = time.monotonic()
        self._sent += 1
        self._late += sent_at - planned_at > LATE_AFTER_SECONDS
        answer = self._connections.send(
            prepared.method, prepared.wire, deadline_seconds=journey.timeout_seconds, fresh=fresh
        )
        del self._open[sequence]
        self._unrecorded.append((planned_at, sent_at, answer.completed_at))
        if len(self._unrecorded) >= RECORD_IN_BATCHES_OF:
            self._record()
        fate, error, answer_id = _meaning(answer, journey)
        self._on_exchange(
            Exchange(
                sequence,
                name,
                planned_at,
                sent_at,
                answer.completed_at,
                fate,
                answer.status,
                error,
                prepared.key,
                answer_id,
                answer.backend,
            ),
            len(answer.body),
        )

    def _record(self) -> None:
        """Take times into the histograms; in batches, because code that runs rarely runs slowly."""
        for planned_at, sent_at, completed_at in self._unrecorded:
            self._from_planned.record_value(_microseconds(completed_at - planned_at))
            self._from_sent.record_value(_microseconds(completed_at - sent_at))
            self._lateness.record_value(_microseconds(sent_at - planned_at))
        self._unrecorded.clear()

    def _finish(self) -> None:
        gevent.joinall(list(self._open.values()))
        self._connections.close()


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


def _meaning(answer: Answer, journey: CompiledJourney) -> tuple[Fate, str, str]:
    """Fate, error and answer id; see `traffic.connection` for what counts as failed and as unknown."""
    if not answer.complete or answer.status is None:
        return (Fate.UNKNOWN if answer.sent else Fate.FAILED), answer.error, ""
    fate, error = journey.fate_of(answer.status)
    return fate, error, journey.answer_id(answer.body) if fate is Fate.OK else ""


def histogram() -> Any:
    """1 microsecond to 5 minutes with three significant digits."""
    return HdrHistogram(1, HIGHEST_MICROSECONDS, 3)


def _microseconds(seconds: float) -> int:
    return min(max(int(seconds * 1e6), 1), HIGHEST_MICROSECONDS)
