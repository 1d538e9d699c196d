"""The oracle on what a real controller (Kubernetes 1.36, on kind) did in a load step of the sample system."""

import dataclasses
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hpa_world import explain

from seatrial.judge.hpa import decision_lags
from seatrial.model.timeline import AutoscalerSeen, Clock, Seen, Timeline, UsageSeen
from seatrial.model.verdict import Outcome
from seatrial.record.codec import from_plain, seen_from_dict

DATA = Path(__file__).parent / "data"


def read(name: str) -> Timeline:
    with gzip.open(DATA / f"{name}.ndjson.gz", "rt") as lines:
        head, *rest = map(json.loads, lines)
    seen = tuple(seen_from_dict(data) for data in rest)
    return Timeline(head["began_at"], head["ended_at"], from_plain(Clock, head["clock"]), seen)


@pytest.fixture(scope="module")
def recorded() -> Timeline:
    return read("orders-one-step")


def changed(timeline: Timeline, change: Callable[[Seen], Seen]) -> Timeline:
    return dataclasses.replace(timeline, seen=tuple(change(item) for item in timeline.seen))


def test_every_decision_of_the_real_controller_is_explained(recorded: Timeline) -> None:
    verdict = explain(recorded)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == "3 of 3 decisions explained"
    assert verdict.reasons[0].endswith("2 -> 4: cpu: 133 % of 70 %, ceil(1.9 x 2 ready) = 4")


def test_a_pod_without_a_sample_damps_the_second_step() -> None:
    """Of all the metrics in the namespace those of the three scaled pods count, and one of these has none."""
    verdict = explain(read("orders-missing-sample"))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == "3 of 3 decisions explained"
    assert "1 missing and 0 unready the ratio 1.929 is 1.286, ceil(1.286 x 3) = 4" in verdict.reasons[1]


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_with_another_usage_the_first_decision_is_not(recorded: Timeline, factor: float) -> None:
    def otherwise(item: Seen) -> Seen:
        if not isinstance(item, UsageSeen):
            return item
        containers = {
            name: {resource: int(amount * factor) for resource, amount in amounts.items()}
            for name, amounts in item.containers.items()
        }
        return dataclasses.replace(item, containers=containers)

    verdict = explain(changed(recorded, otherwise))
    assert verdict.outcome is Outcome.FAILED
    assert "2 -> 4: NOT explained" in verdict.explain()


def test_another_decision_is_not(recorded: Timeline) -> None:
    def otherwise(item: Seen) -> Seen:
        if isinstance(item, AutoscalerSeen) and item.desired == 3:
            return dataclasses.replace(item, desired=2)
        return item

    verdict = explain(changed(recorded, otherwise))
    assert verdict.outcome is Outcome.FAILED
    assert "4 -> 2: NOT explained; nearest is 3" in verdict.explain()


def test_the_time_before_the_decision_is_told(recorded: Timeline) -> None:
    began = recorded.began_at + 4.3  # The load step of that run.
    told = list(decision_lags(recorded, autoscaler="orders", workload="orders", since=began))
    assert len(told) == 2
    assert "first served 16.9 s after the step, 2.26 s after it was measured" in told[0]
    assert told[1].startswith("the controller decided 2.00 s later")
