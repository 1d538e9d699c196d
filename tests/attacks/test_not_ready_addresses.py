"""Tried: a Service publishes pods that are not Ready, which start for 8 s; the advice was a preStop sleep."""

from dataclasses import replace

import pytest
from observations import (
    endpoints,
    failed,
    fault,
    observation,
    pod,
    service,
    stream,
    timeline,
    workload,
)

from seatrial.judge.disruption import voluntary
from seatrial.model.exchange import Exchange
from seatrial.model.observation import Observation
from seatrial.model.system import System
from seatrial.model.timeline import Change, Seen
from seatrial.model.verdict import Outcome, Verdict
from seatrial.record.codec import seen_from_dict, seen_to_dict

FLAG = service(50.0, publish_not_ready=True)
OLD = [
    pod(50.0, "orders-old", uid="uid-old", ready=True),
    pod(100.1, "orders-old", uid="uid-old", ready=True, deleting=True),
    pod(110.6, "orders-old", uid="uid-old", deleting=True, change=Change.DELETED),
]
NEW = [
    pod(100.3, "orders-new", change=Change.ADDED),
    pod(101.0, "orders-new", started_at=100.9),
    pod(109.0, "orders-new", started_at=100.9, ready=True, ready_at=109.0),
]
LISTED = [
    endpoints(50.0, orders_old=True),
    endpoints(101.0, orders_old=True, orders_new=True),
    endpoints(110.7, orders_new=True),
]


def seen(*more: Seen, backend: str = "", at: tuple[float, ...] = (102.0, 105.5, 108.9)) -> Observation:
    """A pod that is deleted at 100 is in its Service until it is gone; its successor before it is Ready."""
    broken: list[Exchange] = [failed(each, backend=backend) for each in at]
    watched = timeline(workload(50.0), *OLD, *NEW, *LISTED, *more)
    made = observation([*stream(90, 130), *broken], [fault(100.0, 111.0)], timeline=watched)
    return replace(made, target="orders", repetitions=1)


def judged(*more: Seen, **how: object) -> Verdict:
    verdict = voluntary(seen(*more, **how))  # type: ignore[arg-type]
    assert verdict.outcome is Outcome.FAILED
    return verdict


def test_the_flag_is_the_cause_and_a_sleep_is_not_the_advice() -> None:
    verdict = judged(FLAG)
    assert "3 requests failed while Service orders sent to pods that were not Ready" in verdict.next_step
    assert "remove that flag from Service orders" in verdict.next_step
    assert "preStop" not in verdict.next_step


def test_without_the_flag_it_is_not_named() -> None:
    for more in ((), (service(50.0),)):
        verdict = judged(*more)
        assert "publishNotReadyAddresses" not in verdict.next_step
        assert "preStop sleep" in verdict.next_step


def test_what_else_failed_keeps_its_own_cause() -> None:
    cut = failed(99.8, latency=0.5)
    both = seen(FLAG, at=(105.0,))
    arm = replace(both.trouble, exchanges=(cut, *both.exchanges))
    verdict = voluntary(replace(both, arms={"trouble": arm}))
    assert "1 request failed while Service orders sent to pods that were not Ready" in verdict.next_step
    assert "1 request sent before the deletion of orders-old began failed" in verdict.next_step


@pytest.mark.parametrize(("backend", "named"), [("orders-new", True), ("orders-other", False)])
def test_only_what_a_pod_that_was_not_ready_got_is_put_down_to_it(backend: str, named: bool) -> None:
    verdict = judged(FLAG, backend=backend)
    assert ("publishNotReadyAddresses" in verdict.next_step) is named


def test_a_service_for_peers_is_not_blamed_where_another_one_carries_the_requests() -> None:
    peers = replace(FLAG, name="orders-peers")
    lists = [replace(each, service="orders-peers", slice_name="peers") for each in LISTED]
    assert "publishNotReadyAddresses" not in judged(peers, *lists).next_step
    assert "publishNotReadyAddresses" not in judged(service(50.0), peers, *lists).next_step


def test_a_watch_record_of_a_service_survives_the_disk() -> None:
    assert seen_from_dict(seen_to_dict(FLAG)) == FLAG


def test_a_pod_that_is_being_deleted_and_still_ready_is_not_to_get_requests() -> None:
    verdict = judged(FLAG, backend="orders-old", at=(100.5,))
    assert "1 request failed while Service orders sent to pods that were not Ready" in verdict.next_step


@pytest.mark.parametrize(("entry", "named"), [("orders", True), ("web", False)])
def test_the_service_of_the_entry_is_the_way(entry: str, named: bool) -> None:
    system = System.model_validate(
        {
            "apiVersion": "seatrial/v1",
            "kind": "System",
            "metadata": {"name": "shop"},
            "target": {"context": "nowhere", "namespace": "shop"},
            "entry": {"url": "http://127.0.0.1:1", "service": {"name": entry}},
            "workloads": {"orders": {"kind": "Deployment", "name": "orders"}},
            "journeys": {"browse": {"request": {"path": "/"}}},
        }
    )
    verdict = voluntary(replace(seen(FLAG), system=system, journey="browse"))
    assert ("publishNotReadyAddresses" in verdict.next_step) is named
