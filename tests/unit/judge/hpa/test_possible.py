"""The least time of a rise and a fall, decision by decision, and the words it is told in."""

import math
from dataclasses import replace
from typing import Any

import pytest

from seatrial.judge.hpa.possible import (
    Least,
    least_down,
    least_up,
    ready_after_seconds,
    usual_down_seconds,
    usual_up_seconds,
)
from seatrial.judge.hpa.records import Autoscaler, Behavior, Controller, Metric, Policy, Rules

CPU = Metric("Resource", "Utilization", 75, resource="cpu")
PLAIN = Autoscaler(maximum=200, metrics=(), minimum=2)
JUMP = Rules(policies=(Policy("Percent", 900, 15),))
"""Grows tenfold at once, where nothing else holds it back."""


def behaving(up: Rules = JUMP, down: Rules | None = None, **more: Any) -> Autoscaler:
    return replace(PLAIN, behavior=Behavior(up, down or Rules(stabilization_seconds=0)), **more)


def pods(count: int, period: int, window: int = 0) -> Rules:
    return Rules(window, policies=(Policy("Pods", count, period),))


def containers(*amounts: tuple[str, str] | None) -> dict[str, Any]:
    """Containers a, b, ... with a request and a limit of CPU; empty for none."""
    found = []
    for name, pair in zip("abc", amounts, strict=False):
        parts = dict(zip(("requests", "limits"), pair or (), strict=False))
        resources = {part: {"cpu": amount} for part, amount in parts.items() if amount}
        found.append({"name": name, "resources": resources} if resources else {"name": name})
    return {"containers": found}


class TestUp:
    def test_without_behavior_it_doubles(self) -> None:
        found = least_up(PLAIN, {}, 6)
        assert found == Least(
            30.0, 2, "15 s until its next look + 15 s for 2 decisions from 2 to 6 replicas = 30 s"
        )

    def test_what_is_there_takes_no_time(self) -> None:
        assert least_up(PLAIN, {}, 2) == Least(0, 0, "0 s")

    def test_one_decision_is_one_look(self) -> None:
        assert least_up(PLAIN, {}, 4) == Least(15.0, 1, "15 s until its next look")

    @pytest.mark.parametrize(
        ("window", "seconds", "words"),
        [
            (0, 15, "until its next look"),
            (14, 15, "until its next look"),
            (15, 15, "of stabilisation (window 15 s)"),
            (60, 60, "of stabilisation (window 60 s)"),
            (61, 75, "of stabilisation (window 61 s)"),
        ],
    )
    def test_a_window_holds_for_whole_looks(self, window: int, seconds: int, words: str) -> None:
        rules = replace(JUMP, stabilization_seconds=window)
        assert least_up(behaving(rules), {}, 10) == Least(seconds, 1, f"{seconds} s {words}")

    def test_a_policy_counts_what_was_added_in_its_period(self) -> None:
        found = least_up(behaving(pods(1, 60)), {}, 4)
        assert (found.seconds, found.decisions) == (15 + 60, 2)

    def test_it_never_comes_about_where_growing_is_disabled(self) -> None:
        found = least_up(behaving(Rules(select="Disabled")), {}, 4)
        assert (found.seconds, found.decisions) == (math.inf, 0)
        assert found.why == "its scale-up policies never let it grow from 2 to 4"

    def test_a_cpu_limit_hides_load_from_each_decision(self) -> None:
        """At its limit a pod uses 4/3 of its target: 2, 3, 4, 6, 8, 11 replicas."""
        spec = behaving(metrics=(CPU,))
        found = least_up(spec, containers(("100m", "100m")), 10)
        assert (found.seconds, found.decisions) == (15 + 60, 5)
        assert found.why == "15 s until its next look + 60 s for 5 decisions from 2 to 10 replicas = 75 s"
        slow = least_up(replace(PLAIN, metrics=(CPU,)), containers(("100m", "100m")), 6)
        assert (slow.seconds, slow.decisions) == (15 + 30, 3), "counted from the last that policies need"

    @pytest.mark.parametrize(
        ("metric", "pod"),
        [
            (CPU, containers()),
            (CPU, containers(None)),
            (CPU, containers(("100m",))),  # type: ignore[arg-type]
            (CPU, containers(("", "100m"))),
            (CPU, containers(("100m", "100m"), ("100m",))),  # type: ignore[arg-type]
            (replace(CPU, resource="memory"), containers(("100m", "100m"))),
            (replace(CPU, target_type="AverageValue"), containers(("100m", "100m"))),
            (replace(CPU, container="b"), containers(("100m", "100m"), ("100m", "900m"))),
        ],
    )
    def test_where_no_limit_hides_anything_one_decision_is_enough(
        self, metric: Metric, pod: dict[str, Any]
    ) -> None:
        assert least_up(behaving(metrics=(metric,)), pod, 10).decisions == 1

    def test_the_containers_of_a_pod_count_together_or_the_named_one_alone(self) -> None:
        two = containers(("100m", "100m"), ("100m", "400m"))
        assert least_up(behaving(metrics=(CPU,)), two, 6).decisions == 1
        named = replace(CPU, kind="ContainerResource", container="a")
        assert least_up(behaving(metrics=(named,)), two, 6).decisions == 3

    def test_the_probes_of_a_new_pod_come_last(self) -> None:
        pod = {"containers": [{"readinessProbe": {"initialDelaySeconds": 20}}]}
        found = least_up(PLAIN, pod, 4)
        assert found == Least(
            35.0, 1, "15 s until its next look + 20 s until the probes' delays of a new pod are over = 35 s"
        )


class TestDown:
    def test_the_controllers_own_window_holds_without_behavior(self) -> None:
        assert least_down(PLAIN, 4) == Least(300.0, 1, "300 s of stabilisation (window 300 s)")
        flags = Controller(downscale_stabilization_seconds=301)
        assert least_down(PLAIN, 4, flags).seconds == 315

    def test_the_window_of_its_behavior_holds(self) -> None:
        found = least_down(behaving(down=Rules(stabilization_seconds=60)), 4)
        assert found == Least(60.0, 1, "60 s of stabilisation (window 60 s)")
        assert least_down(behaving(), 4) == Least(15.0, 1, "15 s until its next look")

    def test_a_policy_counts_what_was_taken_away_in_its_period(self) -> None:
        found = least_down(behaving(down=pods(1, 60, 30)), 5)
        assert (found.seconds, found.decisions) == (30 + 120, 3)
        assert "120 s for 3 decisions from 5 to 2 replicas = 150 s" in found.why

    def test_four_hours_are_for_ever(self) -> None:
        """One pod each seventh look: the 138th decision falls after 960 looks, the 137th at 953."""
        slow = behaving(down=pods(1, 105), minimum=1)
        assert least_down(slow, 138).seconds == 953 * 15
        never = least_down(slow, 139)
        assert never.seconds == math.inf
        assert never.why == "its scale-down policies never let it shrink from 139 to 1"


def test_on_a_cluster_in_no_hurry_metrics_pods_and_looks_take_their_time() -> None:
    least = Least(100.0, 3, "")
    assert usual_up_seconds(least) == 100 + 60 + 60 + 3 * 15
    assert usual_down_seconds(least) == 100 + 60 + 15


@pytest.mark.parametrize(
    ("container", "seconds"),
    [
        ({}, 0),
        ({"readinessProbe": {}}, 0),
        ({"readinessProbe": {"initialDelaySeconds": 20}}, 20),
        ({"startupProbe": {"initialDelaySeconds": 30}, "readinessProbe": {"initialDelaySeconds": 20}}, 30),
        ({"readinessProbe": {"successThreshold": 3, "periodSeconds": 5}}, 10),
        ({"readinessProbe": {"successThreshold": 3}}, 20),
        ({"readinessProbe": {"initialDelaySeconds": 7, "successThreshold": 2, "periodSeconds": 4}}, 11),
    ],
)
def test_a_pod_is_not_ready_before_its_probes_can_say_so(container: dict[str, Any], seconds: float) -> None:
    assert ready_after_seconds({"containers": [container]}) == seconds
    assert ready_after_seconds({"containers": [container, {}]}) == seconds
