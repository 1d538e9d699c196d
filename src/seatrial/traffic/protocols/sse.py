"""Server-sent events: a stream that lasts, and that its client resumes when the server ends it properly.

One arrival is one client, as a browser's EventSource is, and gives several exchanges with the same sequence:

- `open`: from the planned time of the arrival to the headers of the stream;
- `resume 1`, `resume 2`, ...: after the server has ended the stream properly, from its end to the first that
  comes again. It is asked for with the last event's id (`Last-Event-ID`), until `timeout_seconds` are over;
- `stream`, with who opened it: from the opening until `lifetime_seconds` are over. A stream that breaks
  (reset, closed in the middle of a chunk), or that cannot be resumed, has FAILED.

Rules of https://html.spec.whatwg.org/multipage/server-sent-events.html, as far as the id of an event goes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random
from time import monotonic
from typing import Any, cast

from seatrial.errors import BadInput
from seatrial.model.exchange import ExchangeOutcome
from seatrial.traffic.answer import Answer, AnswerReader, NoHttp
from seatrial.traffic.journey import CompiledJourney
from seatrial.traffic.protocols import AGAIN_SECONDS, TIMER_STEP_SECONDS, Arrival, Client, protocol
from seatrial.traffic.target import short

OK, FAILED = ExchangeOutcome.OK, ExchangeOutcome.FAILED


class EventsJourney(CompiledJourney):
    """A journey whose answer is a stream of events."""

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        super().__init__(name, data)
        self.lifetime_seconds = float(data.get("lifetime_seconds") or 0.0)
        if self.method != "GET" or data["request"].get("json") is not None or not self.lifetime_seconds:
            raise BadInput(
                "a stream of events is a GET without a body, for some time",
                where=f"journey {name}",
                next_step="leave out `method` and `json`, and give `lifetime_seconds`.",
            )
        self.lasts_seconds = self.lifetime_seconds
        self.requests = 2  # the opening, and one that is resumed at the end of its time


class Stream(asyncio.Protocol):
    """One connection that carries one stream.

    Attributes:
        opened: done when the headers have come, or nothing will.
        begun: done when the first of what it carries has come, or nothing will.
        ended: done when nothing more will come.
        error: why it broke; empty for one that was ended properly.
    """

    def __init__(self, request: bytes, served_by: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._request = request
        self._reader = AnswerReader()
        self.answer = Answer()
        self._reader.begin("GET", self.answer, served_by)
        self.opened: asyncio.Future[None] = loop.create_future()
        self.begun: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.error = ""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
        except NoHttp:
            self._over("answer is no HTTP")
        if self.answer.status is not None:
            _done(self.opened)
        if self.answer.body:
            _done(self.begun)
        if self.answer.complete:
            self._over("")

    def connection_lost(self, error: Exception | None) -> None:
        self._reader.end()
        whole = error is None and self.answer.complete
        self._over("" if whole else short(error) if error else "connection closed in the middle of it")
        self._reader.close()

    def last_id(self, before: str) -> str:
        """The id of the last event that came whole; the one before where none has one."""
        whole = (
            bytes(self.answer.body).replace(b"\r\n", b"\n").rpartition(b"\n\n")[0].decode(errors="replace")
        )
        ids = [line[3:].strip() for line in whole.split("\n") if line.startswith("id:")]
        return ids[-1] if ids else before

    def refusal(self, journey: CompiledJourney) -> str:
        """Why it was not opened as the journey expects; empty when it was."""
        if self.answer.status is None:
            return self.error or "no answer"
        return journey.outcome_of(self.answer.status, self.answer.location)[1]

    def give_up(self, error: str) -> None:
        """It was not opened, for this reason."""
        self._over(error)

    def abandon(self) -> None:
        """Let the connection go, whatever comes of it."""
        if self.transport is not None:
            self.transport.abort()

    def _over(self, error: str) -> None:
        if not self.ended.done():
            self.error = error
        for future in (self.ended, self.opened, self.begun):
            _done(future)


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


@protocol("sse")
class ServerSentEvents(Client):
    """One client for each arrival."""

    @classmethod
    def compile(cls, name: str, data: Mapping[str, Any]) -> EventsJourney:
        return EventsJourney(name, data)

    def prepare(self, arrival: Arrival, generator: Random) -> None:
        prepared = arrival.journey.prepare(arrival.sequence, generator, self.target.host_header)
        arrival.key = prepared.key
        arrival.request = prepared.wire.removesuffix(b"\r\n") + b"Accept: text/event-stream\r\n"

    async def carry(self, arrival: Arrival) -> None:
        stream = await self._open(arrival, "")
        error = stream.refusal(arrival.journey)
        arrival.backend = stream.answer.backend
        arrival.report(FAILED if error else OK, error, status=stream.answer.status, operation="open")
        if error:
            stream.abandon()
            return
        opened_at, first = monotonic(), arrival.backend
        error = await self._last(arrival, stream)
        arrival.backend = first
        if error:
            error = f"{error}, {monotonic() - opened_at:.1f} s after it was opened"
        arrival.report(
            FAILED if error else OK, error, planned_at=opened_at, sent_at=opened_at, operation="stream"
        )

    async def _last(self, arrival: Arrival, stream: Stream) -> str:
        """Follow it, and what it is resumed by, to the end of its time; why that was not possible."""
        ends_at = monotonic() + cast(EventsJourney, arrival.journey).lifetime_seconds
        last_id, resumed = "", 0
        while True:
            try:
                await self._until(ends_at, stream)
            finally:
                stream.abandon()
            if not stream.ended.done() or self.stopping.is_set() or monotonic() >= ends_at:
                return ""
            if stream.error:
                return f"the stream broke ({stream.error})"
            last_id, resumed, ended_at = stream.last_id(last_id), resumed + 1, monotonic()
            stream, error = await self._resume(arrival, last_id)
            if error:
                stream.abandon()
                return f"the stream was ended and could not be resumed ({error})"
            arrival.backend = stream.answer.backend
            arrival.report(
                OK, status=stream.answer.status, planned_at=ended_at, sent_at=ended_at,
                operation=f"resume {resumed}",
            )  # fmt: skip

    async def _resume(self, arrival: Arrival, last_id: str) -> tuple[Stream, str]:
        """Open it again, and again until its time is over; why it was not opened in the end."""
        gives_up_at = monotonic() + arrival.journey.timeout_seconds
        while True:
            await self.pause(AGAIN_SECONDS)
            stream = await self._open(arrival, last_id)
            await asyncio.wait((stream.begun,), timeout=max(gives_up_at - monotonic(), 0.0))
            error = stream.refusal(arrival.journey) or ("" if stream.answer.body else "no event came")
            if not error or monotonic() + AGAIN_SECONDS > gives_up_at:
                return stream, error
            stream.abandon()

    async def _open(self, arrival: Arrival, last_id: str) -> Stream:
        """A stream whose headers have come, or that says why they have not."""
        more = f"Last-Event-ID: {last_id}\r\n" if last_id.isprintable() and last_id else ""
        stream = Stream(arrival.request + more.encode() + b"\r\n", arrival.journey.served_by)
        seconds = arrival.journey.timeout_seconds
        try:
            async with asyncio.timeout(seconds + TIMER_STEP_SECONDS):
                await self.target.connect(lambda: stream)
                await stream.opened
        except TimeoutError:
            stream.give_up(f"timeout {seconds:g} s")
        except (OSError, UnicodeError) as wrong:
            stream.give_up(short(wrong))
        return stream

    async def _until(self, moment: float, stream: Stream) -> None:
        """Wait for a time, or until the stream ends or nothing more will be sent."""
        stopping = asyncio.ensure_future(self.stopping.wait())
        seconds = max(moment - monotonic(), 0.0) + TIMER_STEP_SECONDS
        await asyncio.wait(
            (stopping, stream.ended), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )  # fmt: skip
        stopping.cancel()
