"""The offset between the API server's clock and this machine's monotonic clock, from the Date header.

The header has a resolution of one second. Requests are sent in quick succession until the second changes:
each bounds the offset from both sides, and the bounds are tight around the edge.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube
from seatrial.model.timeline import Clock
from seatrial.waiting import NotYet, Ready, eventually

# Two edges of a second lie in it, should the first one be blurred by a slow answer.
SAMPLING_SECONDS = 2.5
GOOD_ENOUGH_SECONDS = 0.02


class Offset:
    """Bounds of `monotonic - server_epoch`, narrowed by each sample."""

    def __init__(self) -> None:
        self.lowest = float("-inf")
        self.highest = float("inf")

    def narrow(self, sent_at: float, received_at: float, date_epoch: float) -> None:
        """Take one answer into account.

        The server read its clock between `sent_at` and `received_at` (monotonic) and cut the reading down
        to the whole second `date_epoch`.
        """
        self.lowest = max(self.lowest, sent_at - (date_epoch + 1))
        self.highest = min(self.highest, received_at - date_epoch)

    @property
    def error_seconds(self) -> float:
        return (self.highest - self.lowest) / 2

    @property
    def consistent(self) -> bool:
        """False when the clocks moved against each other while being compared (a step by NTP, say)."""
        return self.highest >= self.lowest

    def clock(self) -> Clock:
        return Clock(
            offset_seconds=(self.highest + self.lowest) / 2,
            error_seconds=self.error_seconds,
            epoch_offset_seconds=time.time() - time.monotonic(),
        )


def measure(kube: Kube, *, now: Callable[[], float] = time.monotonic) -> Clock:
    """The offset of the API server's clock; takes up to a second, 2.5 at most.

    Raises:
        SeatrialError: answers carry no Date, or the clock was moved in between.
        ClusterUnreachable: no answer.
    """
    offset = Offset()
    started = now()

    def sample() -> Ready[Clock] | NotYet:
        nonlocal offset
        sent_at = now()
        answer = kube.transport.send("GET", "/version", timeout_seconds=kube.timeout_seconds)
        received_at = now()
        offset.narrow(sent_at, received_at, _epoch(answer.headers.get("date", ""), kube.server))
        if not offset.consistent:
            offset = Offset()
            return NotYet("the clock was moved while it was measured")
        if offset.error_seconds <= GOOD_ENOUGH_SECONDS or received_at - started > SAMPLING_SECONDS:
            return Ready(offset.clock())
        return NotYet(f"known to {offset.error_seconds:.3f} s")

    return eventually(sample, within_seconds=10, every_seconds=0.01, what="offset of the API server's clock")


def server_time(text: str | None, clock: Clock) -> float | None:
    """An RFC 3339 time of the API server as monotonic seconds; None for none."""
    if not text:
        return None
    return datetime.datetime.fromisoformat(text).timestamp() + clock.offset_seconds


def _epoch(date: str, server: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError as error:
        raise SeatrialError(
            f"the API server's answer has no usable Date header: {date!r}", where=server
        ) from error
