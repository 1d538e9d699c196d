"""The loss of a node or of a zone: tried or not, and whose fault that is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observations import crash_fault, observation, pod, stream, timeline

from seatrial.judge.disruption import involuntary
from seatrial.judge.lost import survived
from seatrial.model.fault import ONE_ZONE, ZONE, Target
from seatrial.model.verdict import Outcome

LOST = replace(crash_fault(100.0, 160.0), target=Target(ZONE, "", "b"), reverted_at=150.0)
UNTRIED = replace(LOST, verified_at=None, available_at=None)


def test_replicas_in_one_zone_fail_and_are_told_to_spread() -> None:
    fault = replace(
        UNTRIED, impossible="all ready pods of orders (2) run in zone b", details={ONE_ZONE: True}
    )
    verdict = survived(observation([], [fault], timeline=timeline()))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "cannot hold: all ready pods of orders (2) run in zone b; it was not tried"
    assert "Spread the replicas over zones" in verdict.next_step


@pytest.mark.parametrize("details", [{}, {ONE_ZONE: False}])
def test_a_cluster_where_nothing_may_be_lost_is_unsupported(details: dict) -> None:
    fault = replace(UNTRIED, impossible="1 nodes take pods", details=details)
    verdict = survived(observation([], [fault], timeline=timeline()))
    assert (verdict.outcome, verdict.observed) == (Outcome.UNSUPPORTED, "1 nodes take pods")


@pytest.mark.parametrize(
    ("tolerated", "tied", "words"),
    [
        (300.0, ["orders-new"], "50 + 300 s until it is told to end, and then it never comes back without "
         "the node, for its volume is tied to the node"),
        (None, [], "it tolerates that for ever, and then it never comes back without the node, for nobody "
         "knows whether it still runs there"),
    ],
)  # fmt: skip
def test_a_pod_that_only_its_node_brings_back_is_told_with_the_arithmetic(
    tolerated: float | None, tied: list[str], words: str
) -> None:
    """Report 25: the node came back in the test, and a naive tool calls that green."""
    details = {"lost": ["orders-new"], "tolerated_seconds": {"orders-new": tolerated}, "tied": tied}
    kept = replace(pod(50.0), owner="StatefulSet/orders")
    seen = observation(stream(90.0, 190.0), [replace(LOST, details=details)], timeline=timeline(kept))
    assert survived(seen).reasons[-1] == f"orders-new: {words}"
    other = timeline(replace(kept, owner="ReplicaSet/orders-1"))
    elsewhere = survived(replace(seen, arms={"trouble": replace(seen.trouble, timeline=other)}))
    assert words not in " ".join(elsewhere.reasons)


def test_what_was_tried_is_judged_as_an_involuntary_disruption() -> None:
    seen = observation(stream(90.0, 190.0), [LOST], timeline=timeline())
    assert survived(seen) == involuntary(seen)
