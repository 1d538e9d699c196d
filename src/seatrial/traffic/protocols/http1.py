"""HTTP/1.1, with certainty about what left this machine: httptools reads, asyncio carries.

What counts as a failure, and why:

- Nothing is ever sent twice. A retry would hide what a user without one sees; many HTTP clients have none.
- No connection (refused, unreachable, no name, TLS refused, deadline while connecting) is FAILED: surely not
  applied.
- When a request was handed to a connection and no complete expected answer came (reset, end of stream,
  deadline), it is UNKNOWN.
- The deadline is the generator's own timer. It covers a peer whose process is frozen: its kernel still
  accepts connections and acknowledges bytes, so no socket error would ever come.

Some connections are kept alive and used in turn, others serve one request only. In turn, not last-in
first-out: at a low rate the latter would send everything over one connection, hence to one replica of
whatever stands behind the address. A kept-alive connection that the peer closes under a request makes it
UNKNOWN, which is a finding; so that it is never the generator's own doing, one that the peer has closed is
discarded before any byte is sent, and one that was idle for long is not used again.
"""

from __future__ import annotations

import asyncio
import select
from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from time import monotonic
from typing import Any

from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.traffic.answer import Answer, AnswerReader, NoHttp
from seatrial.traffic.journey import Prepared
from seatrial.traffic.protocols import TIMER_STEP_SECONDS, Arrival, Client, protocol
from seatrial.traffic.target import Target, short


class Connection(asyncio.Protocol):
    """One connection, with at most one request under way.

    Attributes:
        arrival: whose answer is awaited; None while idle.
        idle_since: monotonic seconds of the last answer.
        kept: whether it counts among those that are kept alive.
    """

    __slots__ = ("_client", "_poll", "arrival", "idle_since", "kept", "reader", "transport")

    def __init__(self, client: Http1, *, kept: bool) -> None:
        self._client = client
        self.kept = kept
        self.arrival: Arrival | None = None
        self.idle_since = 0.0
        self.reader = AnswerReader()
        self.transport: Any = None
        self._poll: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def send(self, arrival: Arrival) -> None:
        """Hand the request to the kernel, or to the transport when that takes no more."""
        self.arrival = arrival
        arrival.carrier = self
        arrival.answer.sent = True
        self.reader.begin(arrival.request.method, arrival.answer, arrival.journey.served_by)
        self.transport.write(arrival.request.wire)

    def data_received(self, data: bytes) -> None:
        arrival = self.arrival
        if arrival is None:
            self.transport.abort()  # unbidden bytes: the next answer could not be told from them
            return
        try:
            self.reader.feed(data)
        except NoHttp:
            self._client.over(arrival, self, "answer is no HTTP")
        except BaseException as error:
            self._client.over(arrival, self, f"the generator failed: {error!r}")
            raise
        else:
            if arrival.answer.complete:
                self._client.over(arrival, self)

    def connection_lost(self, error: Exception | None) -> None:
        arrival = self.arrival
        if arrival is not None:
            self.reader.end()
            place = "in" if self.reader.begun else "before"
            words = short(error) if error else f"connection closed {place} the answer"
            self._client.over(arrival, self, "" if arrival.answer.complete else words)
        self._client.forget(self)
        self.reader.close()
        self._poll = None

    def usable(self) -> bool:
        """Whether it stands and nothing came although nobody asked: the peer's end, or unbidden bytes.

        The loop has not looked since it last woke, so the kernel is asked.
        """
        if self.transport.is_closing():
            return False
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not self._poll.poll(0)


@protocol("http1")
class Http1(Client):
    """Requests over connections to one address."""

    def __init__(
        self, target: Target, ended: Callable[[Arrival], None], report: Callable[[Exchange], None]
    ) -> None:
        super().__init__(target, ended, report)
        self._idle: deque[Connection] = deque()
        self._kept = 0

    def prepare(self, arrival: Arrival, generator: Random) -> None:
        self._ready(arrival, arrival.journey.prepare(arrival.sequence, generator, self.target.host_header))

    def repeat(self, arrival: Arrival, first: Arrival) -> None:
        self._ready(arrival, first.request)

    def _ready(self, arrival: Arrival, prepared: Prepared) -> None:
        arrival.key = prepared.key
        arrival.request = prepared
        arrival.answer = Answer()
        arrival.fresh = arrival.journey.one_each

    def send(self, arrival: Arrival) -> None:
        seconds = arrival.journey.timeout_seconds + TIMER_STEP_SECONDS
        arrival.timer = self.loop.call_later(seconds, self._expire, arrival)
        connection = None if arrival.fresh else self._take_idle()
        if connection is not None:
            connection.send(arrival)
        else:
            self._kept += not arrival.fresh
            arrival.carrier = self.loop.create_task(self._connect(arrival))

    def exchanges(self, arrival: Arrival, /) -> Sequence[Exchange]:
        answer, journey, answer_id = arrival.answer, arrival.journey, ""
        if answer.complete:
            outcome, error = journey.outcome_of(answer.status, answer.location)
            if outcome is ExchangeOutcome.OK:
                answer_id = journey.answer_id(answer.body)
        else:
            outcome, error = ExchangeOutcome.UNKNOWN if answer.sent else ExchangeOutcome.FAILED, answer.error
        return (
            Exchange(
                arrival.sequence,
                journey.name,
                arrival.planned_at,
                arrival.sent_at,
                answer.completed_at,
                outcome,
                answer.status,
                error,
                arrival.key,
                answer_id,
                answer.backend,
                answer_bytes=len(answer.body),
            ),
        )

    def over(self, arrival: Arrival, connection: Connection | None, error: str = "") -> None:
        """The request has ended: keep its connection or close it."""
        answer = arrival.answer
        answer.completed_at = monotonic()
        answer.error = error
        arrival.timer.cancel()
        arrival.timer = arrival.carrier = None
        if connection is not None:
            connection.arrival = None
            if connection.kept and not error and connection.reader.keep_alive:
                connection.idle_since = answer.completed_at
                self._idle.append(connection)
            else:
                self.forget(connection)
                connection.transport.abort()
        self.ended(arrival)

    def forget(self, connection: Connection) -> None:
        """It counts no more among those that are kept."""
        self._kept -= connection.kept
        connection.kept = False

    def close(self) -> None:
        while self._idle:
            self._idle.popleft().transport.abort()

    async def _connect(self, arrival: Arrival) -> None:
        connection = Connection(self, kept=not arrival.fresh)
        try:
            await self.target.connect(lambda: connection)
        except asyncio.CancelledError:
            self._give_up(connection)
        except Exception as error:
            self._give_up(connection)
            self.over(arrival, None, short(error))
            if not isinstance(error, OSError | UnicodeError):
                raise
        else:
            connection.send(arrival)

    def _give_up(self, connection: Connection) -> None:
        self.forget(connection)
        if connection.transport is not None:
            connection.transport.abort()

    def _expire(self, arrival: Arrival) -> None:
        error = f"timeout {arrival.journey.timeout_seconds:g} s"
        carrier = arrival.carrier
        if isinstance(carrier, Connection):
            self.over(arrival, carrier, error)
        else:
            carrier.cancel()
            self.over(arrival, None, f"{error} before it was sent")

    def _take_idle(self) -> Connection | None:
        """The connection that was idle longest and still stands; None when a new one must be made.

        New ones are made while fewer than `keep` exist, and when all are in use. So the pool grows with the
        load, and what it no longer needs grows old and goes.
        """
        longest = self.target.idle_seconds
        while self._idle:
            connection = self._idle[0]
            if (longest is None or monotonic() - connection.idle_since <= longest) and connection.usable():
                break
            self._idle.popleft()
            self.forget(connection)
            connection.transport.abort()
        if self._kept < self.target.keep or not self._idle:
            return None
        return self._idle.popleft()
