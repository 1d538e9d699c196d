"""The open-model driver: sends each arrival at its planned time, whatever became of the others.

It runs on the loop of its own process (`python -m seatrial.traffic`). Latency counts from the planned time; a
second histogram, from the sending, stands beside it for comparison.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from random import Random
from time import monotonic, process_time
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.model.exchange import LATE_AFTER_SECONDS, Exchange, GeneratorHealth
from seatrial.traffic.journey import CompiledJourney, drawn
from seatrial.traffic.plan import Plan
from seatrial.traffic.protocols import PROTOCOLS, Arrival
from seatrial.traffic.tally import Tally

START_DELAY_SECONDS = 0.05
PREPARED_AT_ONCE = 10
SENT_AT_ONCE = 32
"""After so many the loop looks whether answers came, however far behind the schedule is."""
GRACE_SECONDS = 5.0
"""How long after the last deadline an open request may be reported as ended."""


class Driver:
    """Walks one plan, once. Whoever runs it calls `collect` now and then, for what has ended.

    Sending and receiving are callbacks of the event loop, and do no more than they must. Code that runs
    rarely runs slowly, so all the rest, before and after, is done for some arrivals at once.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._failed)
        self._reported: list[Exchange] = []
        self._clients = {
            name: PROTOCOLS.get(name)(plan.target, self._take, self._reported.append)
            for name in {journey.protocol for journey in plan.all_journeys()}
        }
        self._journeys = [journey for journey, _ in plan.journeys]
        self._weights = [weight for _, weight in plan.journeys]
        self._from_planned = Tally()
        self._from_sent = Tally()
        self._lateness = Tally()
        self._arrivals: Iterator[Arrival] = iter(())
        self._next: Arrival | None = None
        self._timer: asyncio.Handle | None = None
        self._answered: list[Arrival] = []
        self._ended: list[Exchange] = []
        self._failure: BaseException | None = None
        self._in_flight = 0
        self._in_flight_seconds = 0.0
        self._all_sent = asyncio.Event()
        self._all_ended = asyncio.Event()
        self._stopped_at = math.inf
        self._planned = self._sent = self._dropped = self._late = 0
        self._began_at = self._began_cpu = 0.0

    async def run(self, *, start_at: float | None = None) -> GeneratorHealth:
        """Send everything until the schedule ends or `stop`, wait for what is open, and report how it went.

        Each request has its own deadline, so the wait at the end is bounded by the longest of them.

        Args:
            start_at: monotonic seconds of the schedule's zero (workers share one); None for now.

        Raises:
            SeatrialError: a request outlived its deadline, which is a fault of this generator.
        """
        self._began_at = monotonic()
        self._began_cpu = process_time()
        # On a whole millisecond, because the loop's timers are, and so are most plans.
        soon = math.ceil((self._began_at + START_DELAY_SECONDS) * 1_000) / 1_000
        self._arrivals = self._prepare_all(soon if start_at is None else start_at)
        self._next = next(self._arrivals, None)
        self._walk()
        await self._all_sent.wait()
        await self._finish()
        return self.health()

    def stop(self) -> None:
        """Send nothing that is due later than now; `run` returns when what is open has ended."""
        self._stopped_at = min(self._stopped_at, monotonic())
        for client in self._clients.values():
            client.stop()
        if not self._all_sent.is_set():
            self._walk()

    def health(self) -> GeneratorHealth:
        """How well the schedule was kept so far."""
        self._settle()
        elapsed = monotonic() - self._began_at
        used = process_time() - self._began_cpu
        lateness = self._lateness.histogram()
        return GeneratorHealth(
            planned=self._planned,
            sent=self._sent,
            dropped=self._dropped,
            late=self._late,
            late_after_seconds=LATE_AFTER_SECONDS,
            lateness_p99_seconds=lateness.get_value_at_percentile(99) / 1e6 if self._sent else 0.0,
            cpu_fraction=used / elapsed if elapsed > 0 else 0.0,
            in_flight_seconds=self._in_flight_seconds + self._in_flight * monotonic(),
        )

    def collect(self) -> list[Exchange]:
        """The exchanges that ended since the last call."""
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

    def _prepare_all(self, start: float) -> Iterator[Arrival]:
        """Every arrival of the plan in its order."""
        planned, generator = self.plan.planned(), Random(f"{self.plan.seed}/{self.plan.worker}")
        last, firsts = len(self.plan.copies) - 1, dict[int, Arrival]()
        while some := list(islice(planned, PREPARED_AT_ONCE)):
            ready = []
            for offset, place, sequence, copy in some:
                journey = self.plan.bystanders[place - 1][0] if place else self._pick(sequence)
                client = self._clients[journey.protocol]
                arrival = Arrival(client, journey, sequence, start + offset)
                if copy:
                    client.repeat(arrival, firsts[sequence] if copy < last else firsts.pop(sequence))
                else:
                    client.prepare(arrival, generator)
                    if last and not place:
                        firsts[sequence] = arrival
                ready.append(arrival)
            yield from ready

    def _walk(self) -> None:
        """Send what is due, and come back for the next arrival.

        One timer serves all: it ends on the first whole millisecond in which the next one is due. When
        behind, this comes back at once rather than stay: else answers would be taken late.
        """
        if self._timer is not None:
            self._timer.cancel()
        now = monotonic()
        until = min(now, self._stopped_at)
        for _ in range(SENT_AT_ONCE):
            arrival = self._next
            if arrival is None or arrival.planned_at > until:
                break
            self._send(arrival)
            try:
                self._next = next(self._arrivals, None)
            except BaseException as error:
                self._failure, self._next = error, None
        if self._next is None or self._next.planned_at > self._stopped_at:
            self._all_sent.set()
        elif self._next.planned_at <= now:
            self._timer = self._loop.call_soon(self._walk)
        else:
            milliseconds = math.ceil(self._next.planned_at * 1_000) - math.floor(monotonic() * 1_000)
            self._timer = self._loop.call_later(max(milliseconds, 1) / 1_000, self._walk)

    def _send(self, arrival: Arrival) -> None:
        self._planned += 1
        if self._in_flight >= self.plan.most_in_flight:
            self._dropped += 1
            self._ended.append(arrival.dropped())
            return
        arrival.sent_at = monotonic()
        self._sent += 1
        self._late += arrival.sent_at - arrival.planned_at > LATE_AFTER_SECONDS
        self._in_flight += 1
        self._in_flight_seconds -= arrival.sent_at
        every = self.plan.fresh_every
        arrival.fresh |= every > 0 and self._sent % every == 0
        arrival.client.send(arrival)

    def _pick(self, sequence: int) -> CompiledJourney:
        return drawn(self._journeys, self._weights, self.plan.seed, sequence)

    def _take(self, arrival: Arrival) -> None:
        """Lay one that has ended down. Called from the event loop."""
        self._answered.append(arrival)
        self._in_flight -= 1
        self._in_flight_seconds += monotonic()
        if not self._in_flight and self._all_sent.is_set():
            self._all_ended.set()

    def _settle(self) -> None:
        """Make exchanges of what has ended, and take their times into the histograms."""
        answered, self._answered = self._answered, []
        made = [exchange for arrival in answered for exchange in arrival.client.exchanges(arrival)]
        for arrival in answered:
            self._lateness.add(arrival.sent_at - arrival.planned_at)
        for exchanges in (self._reported, made):
            for exchange in exchanges:
                if exchange.completed_at is not None and exchange.sent_at is not None:
                    self._from_planned.add(exchange.completed_at - exchange.planned_at)
                    self._from_sent.add(exchange.completed_at - exchange.sent_at)
            self._ended += exchanges
        self._reported.clear()

    def _failed(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """For `run` to raise: the loop would only print it."""
        error = context.get("exception")
        self._failure = self._failure or error or RuntimeError(str(context.get("message")))

    async def _finish(self) -> None:
        """Wait for what is in flight, and close."""
        longest = max(journey.longest_seconds for journey in self.plan.all_journeys())
        if self._in_flight:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_ended.wait(), longest + GRACE_SECONDS)
        for client in self._clients.values():
            client.close()
        if self._failure is not None:
            raise self._failure
        if self._in_flight:
            raise SeatrialError(
                f"{self._in_flight} requests outlived their deadline of {longest:g} s",
                next_step="this is a fault of the generator; please report it with the error output above.",
            )
