"""NATS JetStream: a stream for the saga, one for readings, one for dead letters, at-least-once consumers."""

import asyncio
import functools
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from chandlery import metrics, trace
from chandlery.errors import OutcomeUnknown, Unavailable
from chandlery.ids import parse_id
from chandlery.settings import CONNECT_SECONDS

EVENTS = "EVENTS"
READINGS = "READINGS"
DEAD_LETTERS = "DEADLETTERS"
SERVICES = ("orders", "inventory", "payments")
PUBLISH_SECONDS = 2.0
ACK_WAIT_SECONDS = 10.0
HANDLE_SECONDS = 6.0
RETRY_SECONDS = 1.0
TRIES = 5
CONCURRENCY = 8
MEBIBYTE = 1024 * 1024


def _queue(name: str, subjects: list[str], mebibytes: int) -> StreamConfig:
    """A message stays until its consumer has acknowledged it. A full stream refuses (the outbox then
    keeps the row) instead of forgetting the oldest."""
    return StreamConfig(
        name=name,
        subjects=subjects,
        retention=RetentionPolicy.WORK_QUEUE,
        discard=DiscardPolicy.NEW,
        storage=StorageType.FILE,
        max_bytes=mebibytes * MEBIBYTE,
        duplicate_window=120,
    )


STREAMS = (
    _queue(EVENTS, [f"{service}.>" for service in SERVICES], 192),
    _queue(READINGS, ["ingest.>"], 32),
    StreamConfig(
        name=DEAD_LETTERS,
        subjects=["deadletter.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_bytes=32 * MEBIBYTE,
    ),
)
log = logging.getLogger("chandlery.broker")


@dataclass(frozen=True)
class Message:
    """What a consumer gets: the producer's id, the verb after the dot, the fields."""

    id: UUID
    kind: str
    body: dict[str, Any]


class Poison(Exception):
    """A message that no number of tries will make good."""


Handler = Callable[[Message], Awaitable[None]]


class Broker:
    """One connection, renewed for ever. Publishing waits for the broker's word."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._client = Client()

    async def open(self) -> None:
        """Connect, waiting as long as it takes, and make the streams."""
        await self._client.connect(
            self._url,
            name=self._name,
            connect_timeout=CONNECT_SECONDS,  # type: ignore[arg-type]
            reconnect_time_wait=0.5,  # type: ignore[arg-type]
            max_reconnect_attempts=-1,
            # A frozen server keeps its sockets open: only unanswered pings tell.
            ping_interval=5,
            max_outstanding_pings=2,
            error_cb=_one_line,
        )
        for stream in STREAMS:
            await self._until_made(functools.partial(self._jetstream.add_stream, stream))

    async def consume(self, service: str, handler: Handler, stream: str = EVENTS) -> "Consumer":
        """Start taking the messages addressed to `service`, shared with its other pods."""
        consumer = Consumer(self, service, handler)
        config = ConsumerConfig(
            durable_name=service,
            deliver_subject=f"deliver.{service}",
            deliver_group=service,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            max_deliver=-1,
            max_ack_pending=4 * CONCURRENCY,
            filter_subject=f"{service}.>",
        )
        await self._until_made(functools.partial(self._jetstream.add_consumer, stream, config))
        consumer.subscription = await self._client.subscribe(
            f"deliver.{service}", queue=service, cb=consumer.accept
        )
        return consumer

    @property
    def _jetstream(self) -> JetStreamContext:
        return self._client.jetstream(timeout=PUBLISH_SECONDS)

    async def _until_made(self, make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        while True:
            try:
                await make()
            except (NatsError, TimeoutError) as error:
                log.warning("JetStream is away: %s", error)
                await asyncio.sleep(0.5)
            else:
                return

    async def publish(self, subject: str, payload: bytes, headers: dict[str, str]) -> None:
        """Raises Unavailable unless the broker has stored the message (or already had this id)."""
        if not self._client.is_connected:
            raise Unavailable("not connected to the broker")
        try:
            acknowledgement = await self._jetstream.publish(
                subject, payload, timeout=PUBLISH_SECONDS, headers=headers
            )
        except (NatsError, TimeoutError) as error:
            raise Unavailable(f"the broker did not take {subject}: {error!r}") from error
        if acknowledgement.duplicate:
            metrics.DUPLICATES_SUPPRESSED.labels("publish").inc()

    async def publish_all(self, messages: list[tuple[UUID, str, str, str | None]]) -> list[UUID]:
        """Publish side by side, each with its trace; returns the ids of those that the broker has."""
        results = await asyncio.gather(
            *(
                self.publish(subject, text.encode(), _headers(message_id, parent))
                for message_id, subject, text, parent in messages
            ),
            return_exceptions=True,
        )
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            log.warning("%d of %d messages not taken: %s", len(failed), len(messages), failed[0])
        return [message[0] for message, result in zip(messages, results, strict=True) if result is None]

    async def dead_letters(self) -> int:
        """How many messages lie in the dead-letter stream. Raises Unavailable."""
        try:
            return (await self._jetstream.stream_info(DEAD_LETTERS)).state.messages
        except (NatsError, TimeoutError) as error:
            raise Unavailable(f"the broker does not answer: {error!r}") from error

    async def check(self) -> None:
        """Readiness. Raises Unavailable."""
        if not self._client.is_connected:
            raise Unavailable("not connected to the broker")

    async def close(self) -> None:
        await self._client.close()


class Consumer:
    """Takes messages, hands each to the handler, and acknowledges last of all."""

    def __init__(self, broker: Broker, service: str, handler: Handler) -> None:
        self.subscription: Any = None
        self._broker = broker
        self._service = service
        self._handler = handler
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._tasks: set[asyncio.Task[None]] = set()
        self._redelivered = metrics.REDELIVERED.labels(service)  # counts from 0, not from the first one on

    async def accept(self, raw: Msg) -> None:
        await self._slots.acquire()
        task = asyncio.create_task(self._work(raw))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._slots.release()

    async def stop(self, within: float) -> None:
        """Take no more, and let what was taken end. The rest is delivered again, to another pod."""
        if self.subscription is not None:
            await self.subscription.unsubscribe()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=within)

    async def _work(self, raw: Msg) -> None:
        self._redelivered.inc(raw.metadata.num_delivered > 1)
        trace.follow((raw.headers or {}).get(trace.HEADER))
        try:
            outcome = await self._outcome(raw)
        except NatsError as error:  # neither acknowledged nor refused: it comes again
            log.warning("%s: the broker went away: %r", raw.subject, error)
            outcome = "lost"
        if trace.sampled():
            log.info("%s: %s", raw.subject, outcome)
        metrics.MESSAGES.labels(self._service, outcome).inc()

    async def _outcome(self, raw: Msg) -> str:
        try:
            message = parse(raw)
            async with asyncio.timeout(HANDLE_SECONDS):
                await self._handler(message)
        except (Unavailable, OutcomeUnknown, TimeoutError) as error:
            # Not the message's fault: however long the outage, it is not a step towards the dead letters.
            log.warning("%s waits: %s", raw.subject, error)
            await raw.nak(delay=RETRY_SECONDS)
            return "postponed"
        except Exception as error:
            tries = raw.metadata.num_delivered
            log.exception("%s failed, try %d of %d", raw.subject, tries, TRIES)
            if tries < TRIES and not isinstance(error, Poison):
                await raw.nak(delay=RETRY_SECONDS)
                return "failed"
            return await self._bury(raw, error)
        await raw.ack()
        return "done"

    async def _bury(self, raw: Msg, error: Exception) -> str:
        headers = {
            # The place in the stream: a second burial of the same message is suppressed.
            "Nats-Msg-Id": f"dead-{raw.metadata.sequence.stream}",
            "Reason": repr(error)[:500].replace("\n", " "),
        }
        try:
            await self._broker.publish(f"deadletter.{self._service}", raw.data, headers)
        except Unavailable:
            await raw.nak(delay=RETRY_SECONDS)
            return "postponed"
        await raw.term()
        return "dead"


def parse(raw: Msg) -> Message:
    """Raises Poison for a message without id or with a body that is no JSON object."""
    message_id = parse_id((raw.headers or {}).get("Nats-Msg-Id", ""))
    if message_id is None:
        raise Poison("no message id")
    try:
        body = json.loads(raw.data)
    except ValueError as error:
        raise Poison(f"no JSON: {error}") from error
    if not isinstance(body, dict):
        raise Poison("the body is no object")
    return Message(message_id, raw.subject.partition(".")[2], body)


def _headers(message_id: UUID, parent: str | None) -> dict[str, str]:
    return {"Nats-Msg-Id": str(message_id)} | ({trace.HEADER: parent} if parent else {})


async def _one_line(error: Exception) -> None:
    log.warning("broker: %r", error)
