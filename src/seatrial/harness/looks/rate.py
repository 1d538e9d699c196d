"""Requests below and above a declared rate limit, at an even rate and each over a connection of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from seatrial.harness.asking import Asker, asker_of, right_token
from seatrial.harness.context import Context
from seatrial.harness.measuring import measurement
from seatrial.kube.timeline import pods_now
from seatrial.model.measurement import Measurement
from seatrial.model.rate import ABOVE, BELOW, Burst
from seatrial.model.route import RateLimit
from seatrial.traffic.http import Answer
from seatrial.waiting import Ready, consistently

SHARE_BELOW = 0.8
"""Of the limit, so that even if all were sent at once none may be refused."""
TIMES_ABOVE = 3
"""Of what all replicas together may answer: each has too many, however they are spread."""
WINDOWS_ABOVE = 4
"""So many that one count for all and one for each of two replicas cannot look alike."""
SENDERS = 16
TELLING = ("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit")


@measurement("rate-limits", sends_load=True)
def rate_limits(context: Context, within_seconds: float) -> Iterator[Measurement]:
    """For each limit: a pause, requests below it, a pause, and requests far above it."""
    system, ends_at = context.session.system, time.monotonic() + within_seconds
    with context.session.http() as http:
        for number, limit in enumerate(system.entry.rate_limits):
            asker = asker_of(http, system, limit)
            token, unread = right_token(system.entry.authentication, [asker])
            replicas = _replicas(context, limit)
            counts = Counts(limit, replicas)
            why = f"the right token could not be shown, {unread}" if unread and not asker.own else ""
            if time.monotonic() + counts.seconds > ends_at:
                why = f"it takes {counts.seconds:.0f} s, and {ends_at - time.monotonic():.0f} s were left"
            for rate in (BELOW, ABOVE):
                yield _burst(asker, asker.own or token, counts, number, rate, why)


class Counts:
    """How many requests are sent at a limit, and how fast."""

    def __init__(self, limit: RateLimit, replicas: int) -> None:
        self.limit, self.replicas = limit, replicas
        counters = max(replicas, 1)  # a limit that is said to be global may turn out to be each one's
        per_second = limit.requests / limit.per_seconds
        self.number = {
            BELOW: max(1, int(SHARE_BELOW * limit.requests)),
            ABOVE: TIMES_ABOVE * WINDOWS_ABOVE * limit.requests * counters,
        }
        self.per_second = {BELOW: SHARE_BELOW * per_second, ABOVE: TIMES_ABOVE * per_second * counters}

    @property
    def seconds(self) -> float:
        """How long both take, with the pauses before them."""
        return sum(self.limit.per_seconds + self.number[rate] / self.per_second[rate] for rate in self.number)


def _replicas(context: Context, limit: RateLimit) -> int:
    if limit.by is None:
        return 0
    pods = pods_now(context.recorder.snapshot(), limit.by)
    return sum(pod.ready and not pod.deleting for pod in pods)


def _burst(asker: Asker, token: str, counts: Counts, number: int, rate: str, why: str) -> Measurement:
    began_at = time.monotonic()
    answers: list[Answer | str] = []
    lasted = 0.0
    if not why:
        pause = counts.limit.per_seconds
        consistently(lambda: Ready(None), for_seconds=pause, what="what was sent before is forgotten")
        answers, lasted = _sent(asker, token, counts.number[rate], counts.per_second[rate])
    burst = Burst(
        number, asker.name, rate,
        tuple(0 if isinstance(answer, str) else answer.status for answer in answers), lasted,
        tuple(sorted(asker.route.expected)), counts.replicas, _told(answers, counts.limit.status),
        why or next((answer for answer in answers if isinstance(answer, str)), ""),
    )  # fmt: skip
    return burst.measurement(began_at, time.monotonic())


def _sent(asker: Asker, token: str, number: int, per_second: float) -> tuple[list[Answer | str], float]:
    """The answers in the order of their requests, and seconds from the first request to the last answer."""
    began_at = time.monotonic()
    with ThreadPoolExecutor(SENDERS, thread_name_prefix="rate-limit") as senders:
        futures = []
        for turn in range(number):
            left = began_at + turn / per_second - time.monotonic()
            if left > 0:
                consistently(lambda: Ready(None), for_seconds=left, what="the next request is not due")
            futures.append(senders.submit(asker.ask, token))
        answers = [future.result() for future in futures]
    return answers, time.monotonic() - began_at


def _told(answers: Sequence[Answer | str], refusal: int) -> dict[str, str]:
    """What the first refusal says of the limit."""
    for answer in answers:
        if not isinstance(answer, str) and answer.status == refusal:
            return {name: answer.headers[name] for name in TELLING if name in answer.headers}
    return {}
