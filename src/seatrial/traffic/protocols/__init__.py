"""What carries a journey: one file for each protocol, whose client registers itself by decorator.

A client lives on the generator's loop. The simplest one overrides `carry`, a coroutine for one arrival:

    @protocol("echo")
    class Echo(Client):
        async def carry(self, arrival: Arrival) -> None:
            ...
            arrival.report(ExchangeOutcome.OK)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from seatrial.errors import BadInput
from seatrial.model.exchange import DROPPED, Exchange, ExchangeOutcome
from seatrial.registry import Registry
from seatrial.traffic.journey import HTTP1, CompiledJourney, journey_data
from seatrial.traffic.target import Target

if TYPE_CHECKING:
    from seatrial.model.system import Journey

TIMER_STEP_SECONDS = 0.0015
"""uvloop counts whole milliseconds, so its timers are early by up to this much; a deadline never is."""
AGAIN_SECONDS = 0.2
"""Before each attempt to resume: a server that ends every stream at once is not overrun."""


class Arrival:
    """One arrival of a schedule on its way. Times are monotonic seconds.

    Attributes:
        sequence: its number in the schedule, for {n}.
        key: the value of {uuid} in it, or empty.
        fresh: whether it gets a connection of its own.
        backend: who answered, when the answer says so.
        request, answer, carrier, timer: for its client to use.
    """

    __slots__ = (
        *("answer", "backend", "carrier", "client", "fresh", "journey", "key"),
        *("planned_at", "request", "sent_at", "sequence", "timer"),
    )

    def __init__(self, client: Client, journey: CompiledJourney, sequence: int, planned_at: float) -> None:
        self.client = client
        self.journey = journey
        self.sequence = sequence
        self.planned_at = planned_at
        self.sent_at = 0.0
        self.key = self.backend = ""
        self.fresh = False
        self.request: Any = None
        self.answer: Any = None
        self.carrier: Any = None
        self.timer: Any = None

    def report(
        self,
        outcome: ExchangeOutcome,
        error: str = "",
        *,
        planned_at: float | None = None,
        sent_at: float | None = None,
        completed_at: float | None = None,
        status: int | None = None,
        operation: str = "",
        answer_bytes: int = 0,
    ) -> None:
        """Report an exchange of this arrival, by default planned and sent with it and completed now."""
        self.client.report(
            Exchange(
                self.sequence,
                self.journey.name,
                self.planned_at if planned_at is None else planned_at,
                self.sent_at if sent_at is None else sent_at,
                time.monotonic() if completed_at is None else completed_at,
                outcome,
                status,
                error,
                self.key,
                backend=self.backend,
                operation=operation,
                answer_bytes=answer_bytes,
            )
        )

    def dropped(self) -> Exchange:
        """The exchange when too many were in flight to send it."""
        failed = ExchangeOutcome.FAILED
        return Exchange(self.sequence, self.journey.name, self.planned_at, None, None, failed, error=DROPPED)


class Client:
    """Sends the arrivals of one protocol; a generator makes one of each that its journeys need.

    Args:
        ended: called once for each arrival, from the loop.
        report: called for each exchange as soon as it has ended, unless `exchanges` makes them.

    Attributes:
        stopping: set when nothing more will be sent and what only lasts shall end.
    """

    def __init__(
        self, target: Target, ended: Callable[[Arrival], None], report: Callable[[Exchange], None]
    ) -> None:
        self.target = target
        self.ended = ended
        self.report = report
        self.loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def compile(cls, name: str, data: Mapping[str, Any]) -> CompiledJourney:
        """The journey with its templates checked.

        Raises:
            BadInput: it cannot be sent over this protocol.
        """
        return CompiledJourney(name, data)

    def prepare(self, arrival: Arrival, generator: Random) -> None:
        """Do ahead of its time what can be done; `generator` draws {random.N}."""

    def repeat(self, arrival: Arrival, first: Arrival) -> None:
        """Do the same for one that sends once more what `first` sends, with its key."""
        raise NotImplementedError

    def send(self, arrival: Arrival) -> None:
        """Begin; returns at once, and never raises for the peer. `arrival.sent_at` is now."""
        task = self.loop.create_task(self._carry(arrival))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def carry(self, arrival: Arrival) -> None:
        """Carry one to its end within `arrival.journey.longest_seconds`, and `report` what became of it."""
        raise NotImplementedError

    def exchanges(self, _: Arrival, /) -> Sequence[Exchange]:
        """What became of an arrival that has ended and was not reported; asked for some at once, later."""
        return ()

    async def pause(self, seconds: float) -> None:
        """Wait for a while, or until nothing more will be sent."""
        stopping = asyncio.ensure_future(self.stopping.wait())
        await asyncio.wait((stopping,), timeout=seconds)
        stopping.cancel()

    def stop(self) -> None:
        """Nothing more will be sent."""
        self.stopping.set()

    def close(self) -> None:
        """Everything has ended."""

    async def _carry(self, arrival: Arrival) -> None:
        try:
            await self.carry(arrival)
        except Exception as error:
            arrival.report(ExchangeOutcome.UNKNOWN, f"the generator failed: {error!r}")
            self.loop.call_exception_handler({"message": "a client failed", "exception": error})
        finally:
            self.ended(arrival)


PROTOCOLS: Registry[type[Client]] = Registry("protocol", "seatrial.traffic.protocols")


def protocol(name: str) -> Callable[[type[Client]], type[Client]]:
    """Register a `Client` under the name that journeys call it by."""
    return PROTOCOLS.decorator(name, lambda client: client)


def compile_any(name: str, journey: Journey | Mapping[str, Any]) -> CompiledJourney:
    """Check and split the templates of a journey of any protocol.

    Raises:
        BadInput: there is no such protocol (names the nearest), or it cannot send this journey.
    """
    data = journey_data(journey)
    wanted = str(data.get("protocol") or HTTP1)
    try:
        client = PROTOCOLS.get(wanted)
    except BadInput as error:
        raise BadInput(error.what, where=f"journey {name}, protocol", next_step=error.next_step) from None
    return client.compile(name, data)
