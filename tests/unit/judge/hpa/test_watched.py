"""What the controller of an autoscaler saw, by the timeline: pods, readings, and the values in its status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from observations import autoscaler, pod, timeline

from seatrial.judge.hpa import autoscaler_from
from seatrial.judge.hpa.watched import Reading, Watched, filled
from seatrial.model.timeline import Change, PodSeen, Seen, UsageSeen

BORN = pod(10.0, "orders-a", uid="a", created_at=9.0)
READY = pod(20.0, "orders-a", uid="a", created_at=9.0, ready=True, ready_at=19.0)
LOST = pod(30.0, "orders-a", uid="a", created_at=9.0)


def watched(*seen: Seen) -> Watched:
    return Watched(timeline(*seen), "orders", "orders")


def since(*states: PodSeen, at: float = 100.0) -> tuple[str, float]:
    (found,) = watched(*states).view(at, 2).pods
    return found.ready, found.ready_since


def usage(at: float, name: str, **containers: dict[str, int]) -> UsageSeen:
    return UsageSeen(at, name, at - 5, 15.0, containers)


class TestPods:
    def test_readiness_counts_from_its_last_change(self) -> None:
        assert since(BORN) == ("False", 9.0)
        assert since(BORN, READY) == ("True", 19.0)
        assert since(BORN, READY, LOST) == ("False", 30.0)
        assert since(BORN, READY, LOST, replace(LOST, at=40.0)) == ("False", 30.0)
        assert since(BORN, replace(READY, ready_at=None)) == ("True", 20.0), (
            "without its own time the watch's"
        )

    def test_without_a_time_of_birth_it_is_as_old_as_the_watch(self) -> None:
        assert since(replace(BORN, created_at=None)) == ("False", 10.0)

    def test_only_what_was_seen_by_then_and_is_there_counts(self) -> None:
        gone = replace(LOST, at=50.0, change=Change.DELETED)
        other = replace(BORN, name="cart-a", uid="c", workload="cart")
        seen = watched(BORN, READY, gone, other)
        assert [len(seen.view(at, 2).pods) for at in (9.9, 10.0, 49.9, 50.0)] == [0, 1, 1, 0]
        assert seen.view(20.0, 3).status_replicas == 1


class TestReadings:
    def test_each_has_the_newest_of_every_pod_of_the_workload(self) -> None:
        second = replace(BORN, name="orders-b", uid="b")
        news = [
            usage(60.0, "orders-a", app={"cpu": 10}),
            usage(75.0, "orders-b", app={"cpu": 20}),
            usage(75.0, "cart-a", app={"cpu": 99}),
            usage(90.0, "orders-a"),
        ]
        found = watched(BORN, second, *news).readings
        assert [(one.at, sorted(one.usage)) for one in found] == [
            (60.0, ["orders-a"]),
            (75.0, ["orders-a", "orders-b"]),
            (90.0, ["orders-b"]),
        ]


def cpu(amounts: dict[str, dict[str, int]], container: str = "") -> int | None:
    """The usage of a pod with these containers as a metric of it, or of one container, takes it."""
    source: dict[str, Any] = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
    kind = {"type": "ContainerResource", "containerResource": {**source, "container": container}}
    spec = kind if container else {"type": "Resource", "resource": source}
    seen = watched(BORN, usage(60.0, "orders-a", **amounts))
    auto = autoscaler_from({"maxReplicas": 6, "metrics": [spec]})
    (one,) = filled(auto, autoscaler(61.0, 2), seen.readings[0], seen.view(61.0, 2))
    sample = one.metrics[0].samples.get("orders-a")
    return None if sample is None else sample.value


class TestUsage:
    def test_a_pod_takes_what_its_containers_take_together(self) -> None:
        assert cpu({"app": {"cpu": 10}, "proxy": {"cpu": 5}}) == 15
        assert cpu({"app": {"cpu": 10}, "proxy": {"cpu": 5}}, "proxy") == 5

    @pytest.mark.parametrize("proxy", [{}, {"memory": 5}])
    def test_where_one_container_says_nothing_the_pod_says_nothing(self, proxy: dict[str, int]) -> None:
        """As `getPodMetrics` has it: a sum without a sidecar would be too small."""
        assert cpu({"app": {"cpu": 10}, "proxy": proxy}) is None
        assert cpu({"app": {"cpu": 10}}, "proxy") is None


def totals(average: str, replicas: int) -> list[int]:
    """What an external metric may have been whose share of each pod the status holds."""
    target = {"type": "AverageValue", "averageValue": "3"}
    metric = {"name": "lag"}
    spec = {"type": "External", "external": {"metric": metric, "target": target}}
    current = {"type": "External", "external": {"metric": metric, "current": {"averageValue": average}}}
    pods = [replace(BORN, name=f"orders-{n}", uid=str(n)) for n in range(replicas)]
    state = replace(autoscaler(61.0, 2), current_metrics=(current,))
    auto = autoscaler_from({"maxReplicas": 6, "metrics": [spec]})
    ways = filled(auto, state, Reading(60.0, {}), watched(*pods).view(61.0, 2))
    return sorted(one.metrics[0].values[0] for one in ways)


class TestShares:
    """The status holds the share of each pod, rounded up to thousandths."""

    def test_the_total_lay_between_the_least_and_the_most_with_that_share(self) -> None:
        assert totals("5m", 3) == [13, 15]
        assert totals("5m", 1) == [5]

    def test_without_a_pod_the_share_is_the_total(self) -> None:
        assert totals("5m", 0) == [5]
