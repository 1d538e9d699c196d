"""A generator seen from its parent: how it is started, watched and stopped, wherever it runs."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from seatrial.errors import EvidenceLost, SeatrialError
from seatrial.model.exchange import DROPPED, Exchange, GeneratorHealth
from seatrial.traffic.record import Recording, Tail, pack
from seatrial.traffic.runner import Runner
from seatrial.waiting import Hopeless, NotYet, Ready, eventually

START_SECONDS = 20.0
"""Bound for a new process to load and to end its first request, besides that request's own deadline."""
GRACE_SECONDS = 10.0
"""How long after the last deadline the process may take to write its closing record."""


class GeneratorDied(SeatrialError):
    """The generator ended without its closing record, so nobody knows what it would have sent."""


class ResultsLost(GeneratorDied, EvidenceLost):
    """It ran elsewhere, and what it has sent cannot be read to its end."""


class Generator:
    """A generator that writes exchanges to a file, as a context manager.

    Args:
        runner: where it runs.
        path: the file that gets what it records; packed as PATH.gz once it was stopped.
        packed: False leaves PATH as it is.
        deadline_seconds: the longest deadline of its requests: how long its end may take.
        first_line: its job, for its stdin.
    """

    def __init__(
        self,
        runner: Runner,
        path: Path,
        *,
        deadline_seconds: float,
        first_line: bytes = b"",
        packed: bool = True,
    ) -> None:
        self.path = path
        self._runner = runner
        self._first_line = first_line
        self._deadline_seconds = deadline_seconds
        self._tail = Tail(path)
        self._failure: GeneratorDied | None = None
        self._packed = False
        self._pack = packed

    @property
    def process_id(self) -> int | None:
        """Of the generator, while it was started on this machine."""
        return self._runner.process_id

    def launch(self) -> Self:
        """Start the process and return at once, whatever becomes of it."""
        self._runner.launch(self.path, self._first_line)
        return self

    def start(self) -> Self:
        """Start the process and return when its first request has ended, whatever its outcome.

        Raises:
            GeneratorDied: with its error output.
            WaitExpired: when nothing was sent in time.
        """
        self.launch()
        try:
            self.wait_for_requests(1, within_seconds=START_SECONDS + self._deadline_seconds)
        except BaseException:
            self._end_process()
            raise
        return self

    def end(self) -> None:
        """Have it plan nothing more; returns at once."""
        self._runner.end()

    @property
    def running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._runner.running

    def recording(self) -> Recording:
        """What has been written so far, live: a caller may take its exchanges out."""
        if self._packed:
            return self._tail.recording
        return self._tail.update(ended=self._runner.launched and not self.running)

    def exchanges(self, journey: str = "") -> tuple[Exchange, ...]:
        """What has ended so far, by planned time; at most 100 ms old. Works after the end too.

        Args:
            journey: only this one's; empty for all.
        """
        ended = self.recording().in_order()
        return tuple(exchange for exchange in ended if journey in ("", exchange.journey))

    def wait_for_requests(self, number: int, *, within_seconds: float, journey: str = "") -> int:
        """Wait until `number` requests were sent and have ended; returns how many there are.

        Args:
            journey: count only this one's; empty for all.

        Raises:
            WaitExpired: when there are fewer in time.
            GeneratorDied: when the generator ended without its closing record.
        """

        def enough() -> Ready[int] | NotYet:
            ended = not self.running
            sent = sum(
                exchange.error != DROPPED and journey in ("", exchange.journey)
                for exchange in self.recording().exchanges
            )
            if sent >= number:
                return Ready(sent)
            if ended:
                self._raise_if_dead()
                raise Hopeless(
                    f"the schedule ended after {sent} requests, before {number}", where=str(self.path)
                )
            return NotYet(f"{sent} of {number} requests ended")

        return eventually(enough, within_seconds=within_seconds, what="traffic flows", every_seconds=0.05)

    def wait_until_ended(self, *, within_seconds: float) -> None:
        """Wait until a schedule with an end was walked.

        Raises:
            WaitExpired: when it still runs after `within_seconds`.
            GeneratorDied: when the generator ended without its closing record.
        """
        eventually(
            lambda: NotYet("the generator runs") if self.running else Ready(True),
            within_seconds=within_seconds,
            what="the schedule ends",
        )
        self._raise_if_dead()

    def stop(self) -> tuple[tuple[Exchange, ...], GeneratorHealth]:
        """Send nothing more, let open requests end within their deadline, pack the file. May be repeated.

        Raises:
            GeneratorDied: when there is no closing record. `exchanges()` and the disk keep what was recorded.
        """
        if not self._runner.launched:
            raise GeneratorDied("the traffic generator was never started", where=str(self.path))
        self._end_process()
        if self._failure is not None:
            raise self._failure
        health = self._tail.recording.health
        assert health is not None  # _end_process fails without it
        return self._tail.recording.in_order(), health

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_process()
        if error is None and self._failure is not None:
            raise self._failure

    def _raise_if_dead(self) -> None:
        if not self.running and (death := self._death()) is not None:
            raise death

    def _death(self) -> GeneratorDied | None:
        """Why what it sent is not known to the end; None when it is."""
        recording = self.recording()
        kept = f"{len(recording.exchanges)} exchanges were kept; no verdict can rest on them."
        if why := self._runner.lost():
            return ResultsLost(f"what the traffic generator sent is not all known: {why}", next_step=kept)
        if recording.health is not None:
            return None
        return GeneratorDied(
            f"the traffic generator ended early ({self._runner.how_it_ended()})",
            where=self._runner.errors() or str(self.path),
            next_step=kept,
        )

    def _end_process(self) -> None:
        """Stop the process if it runs, keep its word, pack the file. Idempotent."""
        if not self._runner.launched or self._packed:
            return
        self.end()
        if not self._runner.wait(self._deadline_seconds + GRACE_SECONDS):
            self._runner.kill()
            self._runner.wait(GRACE_SECONDS)
        self._failure = self._death()
        self._runner.close()
        if self._pack and self.path.exists():
            self.path = pack(self.path)
        self._packed = True
