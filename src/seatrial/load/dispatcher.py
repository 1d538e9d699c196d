"""The open-model driver inside one Locust process, and how processes agree on one schedule.

Alone (LocalRunner) a process plans and sends everything. Distributed, the master sends `seatrial-start` to
each worker with its place and the common start time before Locust's own spawn message; a worker answers with
`seatrial-result` when its share has ended. At a stop the master waits for these, bounded by the longest
deadline: Locust itself waits half a second, in which requests to a frozen system have not yet ended.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from locust.env import Environment

from seatrial.load.greenlets import GeventLoop
from seatrial.load.summary import WorkerResult
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.traffic import schedule as schedules
from seatrial.traffic.driver import Driver, Plan
from seatrial.traffic.journey import compile_journey
from seatrial.traffic.record import CLOSING, HEAD, WRITE_EVERY_SECONDS, RecordFile

MOST_ERRORS = 5


class RequestFailed(Exception):
    """What Locust's tables show for an exchange that was not OK."""


@dataclass(frozen=True)
class Share:
    """What one process has to do. Plain data, so that it can be sent to a worker.

    Attributes:
        journeys: name -> journey as in the system file, with its weight.
        arrivals: the schedule in words.
        start_at_wall: seconds since the epoch of the schedule's zero, so that workers agree.
        exchanges: file to write exchanges to, or empty.
    """

    base_url: str
    journeys: Mapping[str, Any]
    arrivals: str
    seed: int
    start_at_wall: float
    worker: int = 0
    workers: int = 1
    exchanges: str = ""

    def longest_deadline_seconds(self) -> float:
        return max(float(data.get("timeout_seconds", 5.0)) for data in self.journeys.values())

    def duration_seconds(self) -> float | None:
        return schedules.parse(self.arrivals, seed=self.seed).duration_seconds


class Dispatcher:
    """Sends one share and fires Locust's `request` event for each exchange.

    Args:
        on_end: called once with the result, when the schedule ended or after `stop`.
    """

    def __init__(
        self, environment: Environment, share: Share, on_end: Callable[[WorkerResult], None]
    ) -> None:
        self.share = share
        self._environment = environment
        self._on_end = on_end
        self._outcomes: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._methods: dict[str, str] = {}
        self._output = _output(share)
        self._driver = Driver(self._plan(), GeventLoop())
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Plan nothing more; returns at once."""
        self._driver.stop()

    def join(self, *, within_seconds: float) -> bool:
        """Wait until every open request has ended and the result was reported."""
        self._greenlet.join(timeout=within_seconds)
        return bool(self._greenlet.ready())

    def _plan(self) -> Plan:
        share = self.share
        compiled = []
        for name, data in share.journeys.items():
            journey = compile_journey(name, data)
            self._methods[name] = journey.method
            compiled.append((journey, float(data.get("weight", 1.0))))
        return Plan(
            share.base_url,
            compiled,
            schedules.parse(share.arrivals, seed=share.seed),
            seed=share.seed,
            worker=share.worker,
            workers=share.workers,
        )

    def _run(self) -> None:
        walked = Event()
        reporting = gevent.spawn(self._keep_reporting, walked)
        health = self._driver.run(start_at=self.share.start_at_wall - (time.time() - time.monotonic()))
        walked.set()
        reporting.join()
        histograms = self._driver.histograms()
        result = WorkerResult(
            health,
            dict(self._outcomes),
            histograms,
            self.share.exchanges if self._output else "",
            dict(self._errors.most_common(MOST_ERRORS)),
        )
        if self._output is not None:
            data = result.to_data()
            self._output.special(CLOSING, {"health": data["health"], "histograms": histograms})
            self._output.close()
        self._on_end(result)

    def _keep_reporting(self, walked: Event) -> None:
        """Until the schedule was walked. Never killed: a listener of Locust may wait in the middle of it."""
        over = False
        while not over:
            over = walked.wait(WRITE_EVERY_SECONDS)
            self._report()

    def _report(self) -> None:
        """Write down and tell Locust what has ended."""
        ended = self._driver.collect()
        if self._output is not None:
            self._output.exchanges(exchange for exchange, _ in ended)
        for exchange, answer_bytes in ended:
            # One that was dropped was never sent: no sample of the system. The verdict counts it against the
            # generator.
            if exchange.error != DROPPED:
                self._tell_locust(exchange, answer_bytes)

    def _tell_locust(self, exchange: Exchange, answer_bytes: int) -> None:
        self._outcomes[exchange.outcome.value] += 1
        failure = None
        if not exchange.ok:
            self._errors[exchange.error] += 1
            failure = RequestFailed(f"{exchange.outcome.value}: {exchange.error}")
        events: Any = self._environment.events
        events.request.fire(
            request_type=self._methods[exchange.journey],
            name=exchange.journey,
            response_time=(exchange.latency_seconds or 0.0) * 1_000,
            response_length=answer_bytes,
            exception=failure,
            context={},
            start_time=exchange.planned_at + time.time() - time.monotonic(),
        )


def _output(share: Share) -> RecordFile | None:
    """The file of exchanges; None when there is none to write, or its folder is on another machine."""
    path = Path(share.exchanges)
    if not share.exchanges or not path.parent.is_dir():
        return None
    output = RecordFile(path)
    job = {"base_url": share.base_url, "arrivals": share.arrivals, "worker": share.worker, "seed": share.seed}
    output.special(HEAD, {"pid": os.getpid(), "began_at": time.monotonic(), "job": job})
    return output
