"""How fast the judges are: `python -m benchmarks judges`. Prints, and judges nothing."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable

from seatrial.judge.availability import voluntary_disruption
from seatrial.judge.consistency import History, Operation, check_register, check_set
from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict

REPEATS = 3


def set_history(adds: int) -> History:
    """`adds` acknowledged adds and one read of all, in another order."""
    operations = [Operation("add", n, n * 0.001, n * 0.001 + 0.01) for n in range(adds)]
    elements = list(range(adds))
    random.Random(1).shuffle(elements)
    end = adds * 0.001 + 1
    return History([*operations, Operation("read", elements, end, end + 1)])


def register_history(count: int, concurrency: int) -> History:
    """A linearizable history: every operation takes effect at a moment inside its span, in one order."""
    chance = random.Random(2)
    state: int | None = None
    operations = []
    for number in range(count):
        moment = number * 0.001
        begin = moment - chance.random() * concurrency * 0.001
        end = moment + chance.random() * concurrency * 0.001
        if chance.random() < 0.5:
            state = number
            operations.append(Operation("write", number, begin, end))
        else:
            operations.append(Operation("read", state, begin, end))
    chance.shuffle(operations)
    return History(operations)


def observation(requests: int) -> Observation:
    """Clean traffic of 100 requests a second through three disruptions."""
    exchanges = tuple(
        Exchange(n, "j", n / 100, n / 100, n / 100 + 0.005, ExchangeOutcome.OK, 200) for n in range(requests)
    )
    health = GeneratorHealth(requests, requests, 0, 0, 0.01, 0.001, 0.02)
    faults = tuple(
        FaultRecord(
            id=f"f{at}",
            fault="delete-pod",
            disruption=Disruption.VOLUNTARY,
            target=Target("Pod", "shop", f"pod-{at}"),
            workload="orders",
            injected_at=at,
            verified_at=at + 1,
            effect="gone",
            available_at=at + 5,
            reverted_at=at + 5,
            seed=1,
        )
        for at in (10.0, 30.0, 50.0)
    )
    return Observation(exchanges, health, faults)


def measure(what: str, judge: Callable[[], Verdict], target_seconds: float | None = None) -> None:
    """Print the best CPU time of some runs (other work does not count) and the peak of memory."""
    best = min(_timed(judge) for _ in range(REPEATS))
    tracemalloc.start()
    verdict = judge()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    target = "" if target_seconds is None else f"  (target {target_seconds:g} s)"
    print(f"{what:58} {best:7.3f} s  {peak / 1e6:7.1f} MB  {verdict.outcome}{target}")


def _timed(judge: Callable[[], Verdict]) -> float:
    started = time.process_time()
    judge()
    return time.process_time() - started


def main() -> None:
    for count in (250_000, 500_000, 1_000_000):
        adds = set_history(count)
        measure(
            f"set, {count:,} operations", lambda h=adds: check_set(h), 1.0 if count == 1_000_000 else None
        )
    for count, concurrency in ((25_000, 64), (100_000, 1), (100_000, 64)):
        history = register_history(count, concurrency)
        target = 0.5 if (count, concurrency) == (100_000, 64) else None
        name = f"register, {count:,} operations, concurrency about {concurrency}"
        measure(name, lambda h=history: check_register(h), target)
    seen = observation(100_000)
    measure("planned disruption, 100,000 requests", lambda: voluntary_disruption(seen))
