"""WebSocket journeys: connect, send messages, wait for their answers, and last as long as was promised.

One arrival is one connection, and gives several exchanges with the same sequence:

- `open`: from the planned time of the arrival to the end of the handshake;
- `message 1`, `message 2`, ...: each from its planned time (`after_seconds` after the arrival's) to its
  answer. None is sent before the one before it was answered; the delay counts, as in any open model;
- `resume 1`, `resume 2`, ...: of a journey with `long` only, when the server has closed the connection as one
  that leaves (codes 1000, 1001, 1012, 1013): from that to the end of another handshake, which is tried until
  `timeout_seconds` are over. Nothing is said again;
- `lifetime`: the connection, or what it was resumed by, stood for `lifetime_seconds` after the handshake. Its
  times are those of the closing handshake; when it ended early, all three are that moment, and it has FAILED.

A message that is not answered within `timeout_seconds` is UNKNOWN and ends the arrival: a later answer could
not be told from the next one's. Messages that do not hold the text that is awaited are passed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from time import monotonic
from typing import Any, cast

from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.uri import parse_uri

from seatrial.errors import BadInput
from seatrial.model.exchange import ExchangeOutcome
from seatrial.traffic.journey import CompiledJourney, judge_status
from seatrial.traffic.protocols import AGAIN_SECONDS, TIMER_STEP_SECONDS, Arrival, Client, protocol
from seatrial.traffic.target import short
from seatrial.traffic.template import Fill, Template, compile_json, compile_text

OK, FAILED, UNKNOWN = ExchangeOutcome.OK, ExchangeOutcome.FAILED, ExchangeOutcome.UNKNOWN
SWITCHING_PROTOCOLS = frozenset({101})
LEAVING = frozenset({1000, 1001, 1012, 1013})
"""Normal closure, going away, service restart, try again later."""


@dataclass(frozen=True)
class Message:
    """One message of a journey, its templates split."""

    text: Template
    answer: Template
    after_seconds: float


class WebSocketJourney(CompiledJourney):
    """A journey whose request is the opening handshake."""

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        super().__init__(name, data)
        if self.method != "GET" or data["request"].get("json") is not None:
            raise BadInput(
                "a WebSocket opens with a GET that has no body",
                where=f"journey {name}, request",
                next_step="leave out `method` and `json`; what is said stands in `messages`.",
            )
        if data.get("acknowledged") is not None:
            raise BadInput(
                "what a WebSocket journey wrote is not read back",
                where=f"journey {name}, acknowledged",
                next_step="write it by an HTTP journey.",
            )
        self.lifetime_seconds = float(data.get("lifetime_seconds") or 0.0)
        self.resumes = bool(data.get("long"))
        self.messages: list[Message] = []
        for number, message in enumerate(data.get("messages") or ()):
            where = f"journey {name}, messages.{number}"
            text, body = message.get("text"), message.get("json")
            self.messages.append(
                Message(
                    compile_json(body, where=where) if text is None else compile_text(text, where=where),
                    compile_text(message.get("answer") or "", where=where),
                    float(message.get("after_seconds") or 0.0),
                )
            )
        planned = max((message.after_seconds for message in self.messages), default=0.0)
        self.lasts_seconds = max(self.lifetime_seconds, planned)
        self.requests = len(self.messages) + 2  # the opening and the closing handshake


class Conversation:
    """One open connection: reads all that comes, and keeps the time of the answer that is awaited."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.opened_at = monotonic()
        self._awaited = ""
        self._answer: asyncio.Future[tuple[float, int]] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.get_running_loop().create_task(self._read())

    async def ask(self, text: str, awaited: str, *, within_seconds: float) -> tuple[float, int] | None:
        """Send a text and wait: when the answer came and how long it is; None when the connection ended.

        Raises:
            TimeoutError: there was none in time.
        """
        self._awaited = awaited
        self._answer = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(within_seconds + TIMER_STEP_SECONDS):
            await self.connection.send(text)
            await asyncio.wait((self._answer, self.ended), return_when=asyncio.FIRST_COMPLETED)
        return self._answer.result() if self._answer.done() else None

    def why_ended(self) -> str:
        """The code and the reason of the peer, for a connection that has ended."""
        code, reason = self.connection.close_code, self.connection.close_reason
        return f"{code} {reason}".strip()

    @property
    def was_left(self) -> bool:
        """Whether the peer has ended it as it should."""
        return self.ended.done() and self.connection.close_code in LEAVING

    def abandon(self) -> None:
        self.ended.cancel()
        self.connection.transport.abort()

    async def _read(self) -> None:
        try:
            async for message in self.connection:
                text = message if isinstance(message, str) else message.decode(errors="replace")
                if self._awaited in text and not self._answer.done():
                    self._answer.set_result((monotonic(), len(message)))
        except ConnectionClosed:
            return


@protocol("websocket")
class WebSocket(Client):
    """One connection for each arrival."""

    @classmethod
    def compile(cls, name: str, data: Mapping[str, Any]) -> WebSocketJourney:
        return WebSocketJourney(name, data)

    def prepare(self, arrival: Arrival, generator: Random) -> None:
        fill = Fill(arrival.sequence, generator)
        path, headers, _ = arrival.journey.request_of(fill)
        journey = cast(WebSocketJourney, arrival.journey)
        messages = [(m.text.fill(fill), m.answer.fill(fill), m.after_seconds) for m in journey.messages]
        arrival.key = fill.key
        arrival.request = path, headers, messages

    async def carry(self, arrival: Arrival) -> None:
        conversation = await self._open(arrival)
        if conversation is None:
            return
        try:
            if await self._say_all(arrival, conversation):
                await self._last(arrival, conversation)
        finally:
            conversation.abandon()

    async def _open(self, arrival: Arrival) -> Conversation | None:
        conversation, outcome, error, status = await self._connect(arrival)
        arrival.report(outcome, error, status=status, operation="open")
        return conversation

    async def _resume(self, arrival: Arrival, number: int) -> Conversation | None:
        """Another connection in place of one that was left; None when there was none in time."""
        left_at = monotonic()
        while True:
            await self.pause(AGAIN_SECONDS)
            conversation, outcome, error, status = await self._connect(arrival)
            if conversation or monotonic() - left_at + AGAIN_SECONDS > arrival.journey.timeout_seconds:
                arrival.report(
                    outcome, error, planned_at=left_at, sent_at=left_at, status=status,
                    operation=f"resume {number}",
                )  # fmt: skip
                return conversation

    async def _connect(
        self, arrival: Arrival
    ) -> tuple[Conversation | None, ExchangeOutcome, str, int | None]:
        """A connection after its handshake, or none and why."""
        path, headers, _ = arrival.request
        scheme = "wss" if self.target.tls else "ws"
        uri = parse_uri(f"{scheme}://{self.target.host_header}{path}")
        connection = ClientConnection(ClientProtocol(uri, max_size=None), ping_interval=None)
        seconds = arrival.journey.timeout_seconds
        status: int | None = None
        outcome, error, sent = FAILED, "", False
        try:
            async with asyncio.timeout(seconds + TIMER_STEP_SECONDS):
                await self.target.connect(lambda: connection)
                sent = True
                await connection.handshake(headers)
            outcome, status = OK, 101
            if arrival.journey.served_by and connection.response is not None:
                told = connection.response.headers.get_all(arrival.journey.served_by.decode("latin-1"))
                arrival.backend = ", ".join(told)
        except InvalidStatus as refused:
            status = refused.response.status_code
            outcome, error = judge_status(status, SWITCHING_PROTOCOLS)
        except TimeoutError:
            error = f"timeout {seconds:g} s{'' if sent else ' before it was sent'}"
        except WebSocketException as wrong:
            error = f"no WebSocket: {wrong}"
        except (OSError, UnicodeError, EOFError) as wrong:
            error = short(wrong)
        if outcome is FAILED and sent and status is None:
            outcome = UNKNOWN
        if outcome is OK:
            return Conversation(connection), outcome, error, status
        if sent:
            connection.transport.abort()
        return None, outcome, error, status

    async def _say_all(self, arrival: Arrival, conversation: Conversation) -> bool:
        """Send each message at its time; whether the lifetime can still be judged."""
        seconds = arrival.journey.timeout_seconds
        for number, (text, awaited, after_seconds) in enumerate(arrival.request[2], 1):
            planned_at = arrival.planned_at + after_seconds
            await self._until(planned_at, conversation)
            if self.stopping.is_set() and monotonic() < planned_at:
                return True
            sent_at, error, answer = monotonic(), "", None
            outcome = FAILED if conversation.ended.done() else UNKNOWN
            try:
                answer = await conversation.ask(text, awaited, within_seconds=seconds)
                error = "" if answer else "connection closed before the answer"
            except TimeoutError:
                error = f"timeout {seconds:g} s"
            except ConnectionClosed:
                error = "connection closed before it was sent"
            completed_at, size = answer or (monotonic(), 0)
            arrival.report(
                OK if answer else outcome, error, sent_at=sent_at, completed_at=completed_at,
                planned_at=min(planned_at, sent_at),  # it is later when the connection ended before that
                operation=f"message {number}", answer_bytes=size,
            )  # fmt: skip
            if answer is None:
                return conversation.ended.done()
        return True

    async def _last(self, arrival: Arrival, conversation: Conversation) -> None:
        """Wait until the promised lifetime is over, or until nothing more will be sent; close."""
        promised = cast(WebSocketJourney, arrival.journey).lifetime_seconds
        try:
            if promised:
                conversation = await self._followed(arrival, conversation, conversation.opened_at + promised)
            await self._end(arrival, conversation, promised)
        finally:
            conversation.abandon()

    async def _followed(self, arrival: Arrival, conversation: Conversation, until: float) -> Conversation:
        """The connection, or that by which it was resumed, at a time or when it has ended for good."""
        resumed = 0
        await self._until(until, conversation)
        while conversation.was_left and cast(WebSocketJourney, arrival.journey).resumes:
            if monotonic() >= until or self.stopping.is_set():
                break
            resumed += 1
            again = await self._resume(arrival, resumed)
            if again is None:
                break
            conversation.abandon()
            again.opened_at, conversation = conversation.opened_at, again
            await self._until(until, conversation)
        return conversation

    async def _end(self, arrival: Arrival, conversation: Conversation, promised: float) -> None:
        now = monotonic()
        early = conversation.ended.done()
        if not early:
            try:
                async with asyncio.timeout(arrival.journey.timeout_seconds):
                    await conversation.connection.close()
            except TimeoutError:
                pass  # it stood as long as it had to
        error = ""
        if early:
            lasted = now - conversation.opened_at
            error = f"connection ended after {lasted:.1f} s of {promised:g} s ({conversation.why_ended()})"
        if promised:
            arrival.report(
                FAILED if early else OK, error, planned_at=now, sent_at=now,
                completed_at=now if early else None, operation="lifetime",
            )  # fmt: skip

    async def _until(self, moment: float, conversation: Conversation) -> None:
        """Wait for a time, or until the connection ends or nothing more will be sent."""
        seconds = moment - monotonic()
        if seconds > 0:
            stopping = asyncio.ensure_future(self.stopping.wait())
            await asyncio.wait(
                (stopping, conversation.ended),
                timeout=seconds + TIMER_STEP_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            stopping.cancel()
