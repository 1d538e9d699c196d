"""A plan that many workers share is whole again, and so are the times of its requests."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from load_results import encode

from seatrial.errors import SeatrialError
from seatrial.load.summary import WorkerResult, merged, result_message
from seatrial.model.exchange import GeneratorHealth
from seatrial.traffic.crew import FAILURE
from seatrial.traffic.schedule import parse, sliced

PLANS = ("constant:100:7", "poisson:50:5", "ramp:1:90:6", "steps:10x2,80x3", "spike:5:60:9")


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("workers", [1, 2, 3, 7, 1000])
def test_the_parts_of_all_workers_are_the_plan_and_nothing_twice(plan: str, workers: int) -> None:
    whole = list(enumerate(parse(plan, seed=4).planned()))
    parts = [list(sliced(parse(plan, seed=4).planned(), place, workers)) for place in range(workers)]
    assert sorted(arrival for part in parts for arrival in part) == whole
    sizes = Counter(map(len, parts))
    assert max(sizes) - min(sizes) <= 1, "and all have as much to do"


@given(st.lists(st.lists(st.floats(min_value=0.001, max_value=60_000), max_size=30), min_size=1, max_size=20))
def test_histograms_of_workers_are_added_without_loss(parts: list[list[float]]) -> None:
    together = merged(encode(part) for part in parts)
    at_once = merged([encode([latency for part in parts for latency in part])])
    assert together.get_total_count() == sum(map(len, parts))
    assert together.encode() == at_once.encode()


def test_what_a_worker_tells_arrives_as_it_was() -> None:
    result = WorkerResult(
        GeneratorHealth(10, 10, 0, 0, 0.01, 0.001, 0.05, 0.3), {"ok": 10},
        {"from_planned": encode([1.0]), "from_sent": encode([1.0])}, place=3, where="pod/w-3 on node n",
        ahead_seconds=0.01, clock_error_seconds=0.002,
    )  # fmt: skip
    assert WorkerResult.from_data(result_message(result)) == result
    assert result_message(SeatrialError("it died")) == {FAILURE: "it died"}
