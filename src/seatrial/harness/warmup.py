"""The end of the warm-up: from when on traffic is steady, so that a fault may be injected."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seatrial.errors import WaitExpired
from seatrial.judge.statistics import MINIMUM_SAMPLES, percentile
from seatrial.judge.steady import steady
from seatrial.model.exchange import DROPPED, LATE_AFTER_SECONDS, Exchange, GeneratorHealth
from seatrial.model.failure import require
from seatrial.model.objectives import Objectives
from seatrial.model.step import STEADY_SECONDS, WARM_UP_SECONDS
from seatrial.model.verdict import Verdict
from seatrial.traffic.generator import Generator
from seatrial.waiting import NotYet, Ready, eventually


def steady_since(
    stream: Generator,
    per_second: float,
    objectives: Objectives,
    *,
    journey: str = "",
    within_seconds: float = WARM_UP_SECONDS,
) -> float:
    """Wait until the last `STEADY_SECONDS` of traffic are judged steady; when they began.

    A system that was just deployed answers its first requests slowly; that is no reason to give up at
    once, but a fault is only injected into a system that has been steady right before.

    Args:
        journey: whose requests must be enough and in time; of others only failures count. Empty for all.

    Raises:
        NotPassed: the traffic never was clean, or the generator could not keep its schedule.
        WaitExpired: too few requests ended to judge any.
    """
    enough = max(int(per_second * STEADY_SECONDS), MINIMUM_SAMPLES)
    verdicts: list[Verdict] = []

    def judged() -> Ready[float] | NotYet:
        ended = stream.exchanges()
        mine = [exchange for exchange in ended if journey in ("", exchange.journey)][-enough:]
        if len(mine) < enough:
            return NotYet(f"{len(mine)} of {enough} requests ended")
        since = mine[0].planned_at
        window = [e for e in ended if e.planned_at >= since and (journey in ("", e.journey) or not e.ok)]
        verdicts[:] = [steady(window, health_so_far(window), objectives)]
        return Ready(window[0].planned_at) if verdicts[0].passed else NotYet(verdicts[0].observed)

    try:
        return eventually(judged, within_seconds=within_seconds, what="traffic is steady", every_seconds=0.5)
    except WaitExpired:
        if verdicts:
            require(verdicts[0])
        raise


def health_so_far(exchanges: Sequence[Exchange]) -> GeneratorHealth:
    """How the generator did so far, from what it sent; the process itself reports only at its end."""
    lateness = [e.sent_at - e.planned_at for e in exchanges if e.sent_at is not None]
    dropped = sum(exchange.error == DROPPED for exchange in exchanges)
    return GeneratorHealth(
        planned=len(exchanges),
        sent=len(exchanges) - dropped,
        dropped=dropped,
        late=sum(late > LATE_AFTER_SECONDS for late in lateness),
        late_after_seconds=LATE_AFTER_SECONDS,
        lateness_p99_seconds=percentile(lateness, 99) or 0.0,
        cpu_fraction=math.nan,
    )
