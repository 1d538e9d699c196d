"""The generator's process inside one Locust process, and how processes agree on one schedule.

Locust's own loop sends nothing: the generator does, and what it writes down becomes Locust's events. Alone
(LocalRunner) a process plans and sends everything. Distributed, the master sends `seatrial-start` to each
worker with its place and the common start time before Locust's own spawn message; a worker answers with
`seatrial-result` when its share has ended. At a stop the master waits for these, bounded by the longest
deadline: Locust itself waits half a second, in which requests to a frozen system have not yet ended.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment

from seatrial.errors import SeatrialError
from seatrial.load.progress import Progress
from seatrial.load.summary import WorkerResult
from seatrial.load.windows import Windows
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.tls import TlsFiles
from seatrial.traffic.generator import Generator
from seatrial.traffic.job import Job, job_from
from seatrial.traffic.journey import HTTP1, drawn
from seatrial.traffic.record import WRITE_EVERY_SECONDS
from seatrial.traffic.runner import Runner
from seatrial.traffic.schedule import sliced
from seatrial.traffic.tally import Tally

MOST_ERRORS = 5
OTHERS = "others"
LEAST_TO_STOP = 20
"""Fewer requests say little of the fraction that fails."""


class RequestFailed(Exception):
    """What Locust's tables show for an exchange that was not OK."""


@dataclass(frozen=True)
class Share:
    """What one process has to do. Plain data, so that it can be sent to a worker.

    Attributes:
        journeys: name -> journey as in the system file, with its weight.
        beside: name -> journey with `per_second`: sent beside them at that rate, as long as they are.
        arrivals: the schedule in words.
        start_at_wall: seconds since the epoch of the schedule's zero, on which workers agree; None for now.
        exchanges: file to write exchanges to, or empty.
        tls: files of this process's own machine.
        warm_up_seconds: requests that are planned earlier than this after the first are not counted.
        errors_bound: the share ends when this fraction of its requests has failed; 0 for never.
        shown: whether somebody may look at its progress while it lasts.
        window_seconds: latency is told for parts of this length, too; 0 for none.
    """

    base_url: str
    journeys: Mapping[str, Any]
    arrivals: str
    seed: int
    start_at_wall: float | None = None
    worker: int = 0
    workers: int = 1
    exchanges: str = ""
    tls: TlsFiles = field(default_factory=TlsFiles)
    warm_up_seconds: float = 0.0
    errors_bound: float = 0.0
    shown: bool = False
    window_seconds: float = 0.0
    beside: Mapping[str, Any] = field(default_factory=dict)

    def job(self, output: Path) -> Job:
        """The job of this process's generator.

        Raises:
            BadInput: a journey, the schedule or the address cannot be used.
        """
        return job_from(
            {
                "base_url": self.base_url,
                "journeys": self.journeys,
                "bystanders": self.beside,
                "schedule": self.arrivals,
                "output": str(output),
                "seed": self.seed,
                "start_at_wall": self.start_at_wall,
                "worker": self.worker,
                "workers": self.workers,
                **self.tls,
                "allow_remote": True,  # the session has checked it against the system file
            }
        )


class Dispatcher:
    """Has a generator send one share, and fires Locust's `request` event for each exchange.

    Args:
        runner: where the generator runs.
        on_end: called once, when the schedule ended or after `stop`, with the result or why there is none.
    """

    def __init__(
        self,
        environment: Environment,
        share: Share,
        runner: Runner,
        on_end: Callable[[WorkerResult | SeatrialError], None],
    ) -> None:
        self._events: Any = environment.events
        self._on_end = on_end
        self._outcomes: Counter[str] = Counter()
        names = (*share.journeys, *share.beside)
        self._errors: dict[str, Counter[str]] = {name: Counter() for name in names}
        self._latencies = {name: Tally() for name in names}
        self._windows = Windows(share.window_seconds)
        self._share = share
        self._counted_from: float | None = None
        self._failed = self._ended = 0
        self._stopped = ""
        self._folder = tempfile.TemporaryDirectory()
        # The folder of the exchanges may be on another machine.
        self._kept = share.exchanges if share.exchanges and Path(share.exchanges).parent.is_dir() else ""
        output = Path(self._kept or Path(self._folder.name) / "exchanges.ndjson")
        job = share.job(output)
        arrivals = sliced(job.arrivals().planned(), share.worker, share.workers)
        some, weights = list(share.journeys), [each.get("weight", 1.0) for each in share.journeys.values()]
        self.progress = Progress(
            some, arrivals, lambda number: drawn(some, weights, job.seed, number), share.beside
        )
        self._kinds = {
            journey.name: journey.method if journey.protocol == HTTP1 else journey.protocol
            for journey, _ in (*job.compiled(), *job.compiled_bystanders())
        }
        self._generator = Generator(
            runner,
            output,
            deadline_seconds=job.ending_seconds(),
            first_line=json.dumps(asdict(job)).encode() + b"\n",
            packed=False,
        ).launch()
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Plan nothing more; returns at once."""
        self._generator.end()

    def join(self, *, within_seconds: float) -> bool:
        """Wait until every open request has ended and the result was reported."""
        self._greenlet.join(timeout=within_seconds)
        return bool(self._greenlet.ready())

    def _run(self) -> None:
        """Report until the process has ended. Never killed: a listener of Locust may wait in the middle."""
        running = True
        while running:
            running = self._generator.running
            ended = self._generator.recording().exchanges
            for exchange in ended:
                # One that was dropped was never sent: no sample of the system. The verdict counts it against
                # the generator.
                if self._share.shown:
                    self.progress.take(exchange)
                if exchange.error != DROPPED:
                    self._fire(exchange)
            ended.clear()  # they are on disk; a long run would fill the memory
            if running:
                gevent.sleep(WRITE_EVERY_SECONDS)
        self._on_end(self._result())
        self._folder.cleanup()

    def _result(self) -> WorkerResult | SeatrialError:
        try:
            _, health = self._generator.stop()
        except SeatrialError as error:
            return error
        self.progress.health = health
        return WorkerResult(
            health,
            dict(self._outcomes),
            self._generator.recording().histograms,
            self._kept,
            dict(sum(self._errors.values(), Counter[str]()).most_common(MOST_ERRORS)),
            {name: tally.histogram().encode().decode() for name, tally in self._latencies.items()},
            self._stopped,
            {name: most_of(errors) for name, errors in self._errors.items()},
            self._windows.rows(),
        )

    def _count(self, exchange: Exchange) -> None:
        """Take it into what is judged, unless it was planned while the system warmed up."""
        if self._counted_from is None:
            self._counted_from = exchange.planned_at + self._share.warm_up_seconds
        if exchange.planned_at < self._counted_from:
            return
        self._outcomes[exchange.outcome.value] += 1
        self._latencies[exchange.journey].add(exchange.latency_seconds or 0.0)
        if not exchange.ok:
            self._errors[exchange.journey][exchange.error] += 1

    def _stop_before_harm(self, exchange: Exchange) -> None:
        """End the share once too many of its requests have failed, those of the warm-up as well."""
        self._ended += 1
        self._failed += not exchange.ok
        bound, failed = self._share.errors_bound, self._failed / self._ended
        if bound and not self._stopped and self._ended >= LEAST_TO_STOP and failed >= bound:
            self._stopped = (
                f"stopped itself: {failed:.0%} of the first {self._ended} requests failed "
                f"({exchange.error or 'the last was answered'}), the bound is {bound:.0%}"
            )
            self.stop()

    def _fire(self, exchange: Exchange) -> None:
        self._count(exchange)
        self._windows.take(exchange)
        self._stop_before_harm(exchange)
        failure = None
        if not exchange.ok:
            failure = RequestFailed(f"{exchange.outcome.value}: {exchange.error}")
        self._events.request.fire(
            request_type=self._kinds[exchange.journey],
            name=f"{exchange.journey} {exchange.operation}".rstrip(),
            response_time=(exchange.latency_seconds or 0.0) * 1_000,
            response_length=exchange.answer_bytes,
            exception=failure,
            context={},
            start_time=exchange.planned_at + time.time() - time.monotonic(),
        )


def most_of(errors: Counter[str]) -> dict[str, int]:
    """The most frequent errors with their number, and the number of all others: none is left out."""
    most = dict(errors.most_common(MOST_ERRORS))
    rest = errors.total() - sum(most.values())
    return {**most, **({OTHERS: rest} if rest else {})}
