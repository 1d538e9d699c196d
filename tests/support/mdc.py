"""A simulated M/D/c server: Poisson arrivals, one service time for all, c workers, one queue.

Its capacity is known: the rate at which one request in a hundred takes longer than the limit. `CASES` has it
from runs of 1.5 million arrivals at nine rates each, by bisection, which is precise to half a percent.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from seatrial.judge.capacity.search import Found, Search
from seatrial.model.capacity import SearchPlan, Trial

WARM_UP = 0.2


@dataclass(frozen=True)
class Server:
    """`capacity` in requests per second; times in seconds."""

    workers: int
    service: float
    limit: float
    capacity: float

    def trial(self, per_second: float, seconds: float, chance: random.Random) -> Trial:
        """Offer a rate to the server at rest. With one service time the workers take turns."""
        free = [0.0] * self.workers
        at, number, requests, slow = 0.0, 0, 0, 0
        while (at := at + chance.expovariate(per_second)) < seconds:
            worker = number % self.workers
            number += 1
            free[worker] = max(free[worker], at) + self.service
            if at >= seconds * WARM_UP:
                requests += 1
                slow += free[worker] - at > self.limit
        return Trial(per_second, seconds * (1 - WARM_UP), requests, 0, slow)


CASES = (Server(4, 0.02, 0.1, 173.8), Server(1, 0.01, 0.1, 77.3), Server(8, 0.05, 0.3, 151.2))


def searched(server: Server, plan: SearchPlan, seed: str) -> tuple[Found, int]:
    """What a whole search finds, and the number of its trials."""
    chance = random.Random(seed)
    search, trials = Search(plan, 0.999), 0
    while (rate := search.next_rate()) is not None:
        search.take(server.trial(rate, plan.seconds, chance))
        trials += 1
    return search.found(), trials
