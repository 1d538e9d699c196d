"""Tried: an autoscaled workload grows, but what sends stays with the pods that it knew; the new ones idle."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from observations import autoscaler, endpoints, health, pod, service, stream, timeline, workload

from seatrial.judge.load_step import LoadStep
from seatrial.judge.shares import SETTLE_SECONDS, takes_its_share
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.timeline import Seen
from seatrial.model.verdict import Outcome

STEP = LoadStep("orders", "orders", 100.0, 160.0, 4)
OLD = [pod(90.0, f"orders-{n}", uid=f"{n}", ready=True) for n in (1, 2)]
NEW = [pod(130.0, f"orders-{n}", uid=f"{n}", ready=True) for n in (3, 4)]
SERVING = endpoints(131.0, orders_1=True, orders_2=True, orders_3=True, orders_4=True)


def seen(backends: Sequence[str], *more: Seen, per_second: float = 20, until: float = 170.0) -> Observation:
    """Of a load from 100 to 160; two pods serve from 131 on beside two old ones."""
    pods = [*OLD, *NEW, SERVING]
    watched: list[Seen] = [workload(90.0, 2, 2), autoscaler(90.0, 2), *pods, workload(131, 4, 4), *more]
    sent = stream(95, until, per_second=per_second)
    exchanges = [replace(each, backend=backends[n % len(backends)]) for n, each in enumerate(sent)]
    arm = Arm(tuple(exchanges), health(), timeline=timeline(*watched))
    return Observation({TROUBLE: arm}, target="orders")


ALL = ("orders-1", "orders-2", "orders-3", "orders-4")


def test_replicas_that_all_answer_pass() -> None:
    verdict = takes_its_share(seen(ALL), STEP)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == "4 ready; the least of the added answered 25.0 %"


@pytest.mark.parametrize("backends", [ALL[:1], ALL[:2], ALL[:3]], ids=["one", "old", "one-idle"])
def test_an_idle_replica_has_failed(backends: Sequence[str]) -> None:
    verdict = takes_its_share(seen(backends), STEP)
    assert verdict.outcome is Outcome.FAILED
    share = {1: "100.0 %", 2: "50.1 %", 3: "33.5 %"}[len(backends)]
    assert f"4 ready, one answered {share}" in verdict.observed
    assert "orders-4 0" in verdict.observed or "orders-3 0" in verdict.observed
    assert "sessionAffinity" in verdict.next_step


def test_a_replica_with_a_few_requests_is_idle_too_and_an_uneven_one_is_not() -> None:
    few = ["orders-1"] * 29 + ["orders-3", "orders-4"]
    assert takes_its_share(seen(few), STEP).outcome is Outcome.FAILED
    uneven = ["orders-1"] * 3 + ["orders-2"] * 3 + ["orders-3"] * 2 + ["orders-4"] * 2
    assert takes_its_share(seen(uneven), STEP).outcome is Outcome.PASSED


def test_too_few_requests_tell_nothing() -> None:
    for backends in (ALL, ALL[:1]):
        verdict = takes_its_share(seen(backends, per_second=0.9), STEP)
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "2 of 2 added replicas" in verdict.observed


def test_what_was_answered_before_they_served_or_after_the_load_counts_nothing() -> None:
    late = replace(STEP, ended_at=131.0 + SETTLE_SECONDS)
    assert takes_its_share(seen(ALL[:1]), late).outcome is Outcome.INCONCLUSIVE
    assert takes_its_share(seen(ALL[:1], until=131.5), STEP).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("backends", [("",), ("orders",), ("elsewhere-1",)])
def test_answers_that_name_no_replica_are_no_pass(backends: Sequence[str]) -> None:
    verdict = takes_its_share(seen(backends), STEP)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "served_by" in verdict.next_step


def test_the_service_that_ties_clients_to_one_pod_is_the_cause() -> None:
    tied = takes_its_share(seen(ALL[:1], service(90.0, affinity="ClientIP")), STEP)
    assert tied.next_step.startswith("Service orders has `sessionAffinity: ClientIP`")
    other = takes_its_share(seen(ALL[:1], service(90.0, "stock", affinity="ClientIP")), STEP)
    assert "stock" not in other.next_step, "no pod of the workload belongs to it"
