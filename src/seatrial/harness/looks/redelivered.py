"""How many messages a workload was given once more, as its metrics tell it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from seatrial.adapters.metrics import Metrics
from seatrial.errors import WaitExpired
from seatrial.harness.context import Context
from seatrial.harness.looks.counted import BACK_SECONDS, counter_look, interval_of, now_of
from seatrial.harness.measuring import measurement
from seatrial.model.counted import REDELIVERED, CounterRead, CounterSeries
from seatrial.model.measurement import Measurement
from seatrial.waiting import NotYet, Ready, eventually


@measurement(REDELIVERED)
def redelivered(context: Context, within_seconds: float) -> Iterator[Measurement]:
    """Reads the counter of redelivered messages of a consumer, once all that has happened was collected."""
    consumes = context.subject.workload.consumes
    assert consumes is not None  # the need `consumer` says so
    yield counter_look(context, REDELIVERED, consumes.redelivered, read_collected, within_seconds)


def read_collected(metrics: Metrics, selector: str, *, within_seconds: float) -> CounterRead:
    """A counter's series once one was collected after now; or as they are when none was within two intervals.

    Raises:
        Refused, CouldNotTry: it cannot be read.
    """
    asked_at, interval = now_of(metrics), interval_of(metrics)
    last: list[CounterSeries] = []

    def collected() -> Ready[bool] | NotYet:
        found = metrics.query(f"{selector}[{BACK_SECONDS}s]")
        last[:] = [CounterSeries(one.labels, one.points) for one in found]
        newest = max((one.points[-1][0] for one in last), default=0.0)
        return Ready(True) if newest > asked_at else NotYet("nothing was collected since")

    with contextlib.suppress(WaitExpired):
        eventually(
            collected, within_seconds=min(within_seconds, 2.2 * interval), every_seconds=1.0,
            what=f"{selector} is collected",
        )  # fmt: skip
    return CounterRead(tuple(last), asked_at, interval, False)
