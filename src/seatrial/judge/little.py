"""Little's law as a check of what was measured: mean in flight = rate x mean time. Pure.

J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", 1961. It holds for every system and every
distribution, so a breach shows that the measurement is broken, never the system: requests that are in no
record, or times that are none.
"""

from __future__ import annotations

from seatrial.judge.wording import percent
from seatrial.model.exchange import GeneratorHealth

TOLERANCE = 0.1
LOOP_SECONDS = 0.002
"""Between the end of a request and the moment in which the generator's loop counts it out."""


def little_breach(health: GeneratorHealth, *, recorded: int, mean_seconds: float, seconds: float) -> str:
    """The arithmetic where the law does not hold; empty where it does, or where it cannot be asked.

    Of three counters that do not know each other: requests in flight, counted at each sending and end; the
    number of requests that were sent; and the times of those that were recorded.

    Args:
        recorded: requests with a time, which may be fewer than were sent; with more, a request has several
            times (a connection, its messages), and the law says nothing of their mean.
        mean_seconds: of their times, from the sending.
        seconds: how long requests were sent.
    """
    counted = health.in_flight_seconds
    if counted is None or not health.sent or recorded > health.sent or seconds <= 0:
        return ""
    expected = recorded * mean_seconds
    if abs(counted - expected) <= max(TOLERANCE * counted, LOOP_SECONDS * health.sent):
        return ""
    rate, flying, product = recorded / seconds, counted / seconds, expected / seconds
    apart = percent(abs(counted - expected) / max(counted, expected))
    return (
        f"Little's law does not hold: {rate:.3g} requests/s x {mean_seconds * 1_000:.3g} ms make "
        f"{product:.3g} in flight on average, and {flying:.3g} were counted ({apart} apart): the measurement "
        "is broken"
    )
