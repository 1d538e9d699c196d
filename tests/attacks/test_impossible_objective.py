"""An objective that autoscaler, quota or nodes exclude ends before the load, with the arithmetic."""

from __future__ import annotations

from typing import Any

import pytest
from dry_session import Dry, dry  # noqa: F401

from seatrial.errors import SeatrialError
from seatrial.harness.observe import bound, observe
from seatrial.judge.hpa import autoscaler_from
from seatrial.judge.hpa.objectives import down_seconds, up_seconds, with_objectives
from seatrial.judge.hpa.possible import least_down, least_up, ready_after_seconds
from seatrial.judge.recoverable import with_recovery
from seatrial.judge.room import node_gap
from seatrial.model.objectives import Objectives
from seatrial.model.pod_resources import amounts
from seatrial.model.scenario import SCENARIOS, Subject
from seatrial.model.step import Wait
from seatrial.model.system import System
from seatrial.model.system_file import parse_system
from seatrial.model.verdict import Outcome

FILE = """
apiVersion: seatrial/v1
kind: System
metadata: {{name: shop}}
target: {{context: nowhere, namespace: shop}}
entry: {{url: "http://127.0.0.1:1"}}
workloads:
  web:
    kind: Deployment
    name: web
    autoscaled: web
    load_step: {{journey: look, per_second: 20, replicas: {wanted}}}
journeys: {{look: {{request: {{path: /}}}}}}
objectives: {{{objectives}}}
consent: {{disruptive: true, context: nowhere, namespace: shop}}
"""
LABELS = {"app": "web"}
CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
}


def system(objectives: str = "", wanted: int = 4) -> System:
    return parse_system(FILE.format(objectives=objectives, wanted=wanted), source="shop.yaml")


def scaler(minimum: int = 2, maximum: int = 6, **behavior: Any) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": minimum, "maxReplicas": maximum, "metrics": [CPU]}
    more = {"behavior": behavior} if behavior else {}
    return {"kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": {**spec, **more}}


def pod_spec(cpu: str = "500m", **container: Any) -> dict[str, Any]:
    return {"containers": [{"name": "web", "resources": {"requests": {"cpu": cpu}}, **container}]}


def deployment(spec: dict[str, Any]) -> dict[str, Any]:
    template = {"metadata": {"labels": LABELS}, "spec": spec}
    body = {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": template}
    return {"kind": "Deployment", "metadata": {"name": "web"}, "spec": body}


def pods(
    spec: dict[str, Any], number: int = 2, *, labels: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "kind": "Pod",
            "metadata": {"name": f"p{n}", "uid": f"{labels}{n}", "labels": labels or LABELS},
            "spec": {**spec, "nodeName": "one"},
            "status": {"phase": "Running"},
        }
        for n in range(number)
    ]


def quota(hard: str, used: str, name: str = "requests.cpu") -> dict[str, Any]:
    status = {"hard": {name: hard}, "used": {name: used}}
    return {"kind": "ResourceQuota", "metadata": {"name": "compute"}, "spec": {}, "status": status}


def node(name: str, cpu: str, **spec: Any) -> dict[str, Any]:
    allocatable = {"cpu": cpu, "memory": "8Gi", "pods": "110"}
    return {"kind": "Node", "metadata": {"name": name}, "spec": spec, "status": {"allocatable": allocatable}}


def fixed(*objects: dict[str, Any], objectives: str = "", wanted: int = 4) -> Subject:
    """The subject of a cluster with a workload of two pods and these objects."""
    spec = pod_spec()
    found = [deployment(spec), *pods(spec), *objects]
    return with_objectives(Subject("web", system(objectives, wanted)), found)


class TestKubernetesDefaultBehaviour:
    """The default scale-down window is 300 s, and so was once the default objective: failed after 312 s."""

    def test_the_default_objective_is_more_than_the_window_and_the_plan_waits_for_it(self) -> None:
        subject = fixed(scaler())
        limit = subject.system.objectives.scale_down_seconds
        assert limit is not None
        assert limit >= 300 + 60
        plan = SCENARIOS.get("load-step").plan(subject)
        waits = {step.condition: step.within_seconds for step in plan if isinstance(step, Wait)}
        assert waits["replicas-at-most-minimum"] == limit + 10
        assert waits["at-minimum"] >= limit  # an earlier load may just have ended
        assert bound(plan).at_most_seconds > waits["replicas-at-most-minimum"] + waits["at-minimum"]

    @pytest.mark.parametrize(
        "behavior", [{}, {"scaleUp": {}}, {"scaleDown": {"stabilizationWindowSeconds": 300}}]
    )
    @pytest.mark.parametrize("seconds", [120, 300])
    def test_an_objective_that_the_window_excludes_is_refused(self, behavior: Any, seconds: int) -> None:
        with pytest.raises(SeatrialError) as refused:
            fixed(scaler(**behavior), objectives=f"scale_down_seconds: {seconds}")
        text = str(refused.value)
        assert "scale-in needs at least 300 s of stabilisation" in text
        assert f"the objective says {seconds} s" in text
        assert "behavior.scaleDown" in text

    def test_one_that_it_does_not_exclude_is_taken_as_it_is(self) -> None:
        assert (
            fixed(scaler(), objectives="scale_down_seconds: 330").system.objectives.scale_down_seconds == 330
        )
        quick = scaler(scaleDown={"stabilizationWindowSeconds": 30})
        assert fixed(quick, objectives="scale_down_seconds: 60").system.objectives.scale_down_seconds == 60

    def test_where_the_autoscaler_may_not_be_read_the_defaults_are_those_of_its_own_defaults(self) -> None:
        subject = with_objectives(Subject("web", system()), [])
        assert subject.system.objectives == Objectives()
        assert down_seconds(subject.system.objectives) > 300
        assert up_seconds(subject.system.objectives) >= 150
        assert SCENARIOS.get("load-step").plan(subject)


class TestPolicies:
    def test_each_step_of_a_slow_policy_counts(self) -> None:
        one_a_minute = {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}
        slow = scaler(scaleDown={**one_a_minute, "stabilizationWindowSeconds": 0})
        with pytest.raises(SeatrialError, match="2 decisions from 4 to 2 replicas"):
            fixed(slow, objectives="scale_down_seconds: 70")
        # From the maximum, as more pods than were asked for may have to go.
        down = fixed(slow).system.objectives.scale_down_seconds
        assert down == max(300, least_down(autoscaler_from(slow["spec"]), 6).seconds + 75)
        with pytest.raises(SeatrialError, match="scale-out needs at least"):
            fixed(scaler(scaleUp=one_a_minute), objectives="scale_up_seconds: 60")

    @pytest.mark.parametrize(
        ("direction", "words"), [("scaleDown", "never let it shrink"), ("scaleUp", "never let it grow")]
    )
    def test_a_direction_that_is_disabled_is_refused_whatever_the_objective(
        self, direction: str, words: str
    ) -> None:
        for objectives in ("", "scale_up_seconds: 9000, scale_down_seconds: 9000"):
            with pytest.raises(SeatrialError, match=words):
                fixed(scaler(**{direction: {"selectPolicy": "Disabled"}}), objectives=objectives)

    def test_windows_decisions_and_probes_add_up_on_the_way_up(self) -> None:
        limits = {"requests": {"cpu": "100m"}, "limits": {"cpu": "100m"}}
        probes = {"readinessProbe": {"initialDelaySeconds": 20, "periodSeconds": 5, "successThreshold": 3}}
        spec = autoscaler_from(scaler(scaleUp={"stabilizationWindowSeconds": 60})["spec"])
        assert least_up(spec, {}, 4).seconds == 60
        hidden = least_up(spec, {"containers": [{"name": "web", "resources": limits, **probes}]}, 6)
        # 100 % of the request at most, at a target of 50 %: 2 -> 4 -> 6.
        assert (hidden.seconds, hidden.decisions) == (60 + 15 + 30, 2)
        assert "until the probes' delays of a new pod are over" in hidden.why

    def test_the_slowest_container_decides_when_a_pod_is_ready(self) -> None:
        quick, slow = {"name": "a"}, {"name": "b", "startupProbe": {"initialDelaySeconds": 12}}
        assert ready_after_seconds({"containers": [quick, slow]}) == 12
        assert ready_after_seconds({}) == 0


class TestBounds:
    def test_more_replicas_than_the_maximum_and_no_more_than_the_minimum_are_refused(self) -> None:
        with pytest.raises(SeatrialError, match=r"4 replicas can never be ready.*maxReplicas 3"):
            fixed(scaler(maximum=3))
        with pytest.raises(SeatrialError, match=r"4 replicas are there without any load.*minReplicas 4"):
            fixed(scaler(minimum=4))


class TestRoom:
    def test_a_quota_without_room_is_refused_with_its_arithmetic(self) -> None:
        with pytest.raises(SeatrialError) as refused:
            fixed(scaler(), quota("2", "1500m"))
        assert "quota compute has room for 3 of 4 pods" in str(refused.value)
        assert "requests.cpu hard 2, others use 500m, a pod takes 500m" in str(refused.value)

    @pytest.mark.parametrize(
        ("name", "hard", "used", "fits"),
        [
            ("requests.cpu", "2", "1", True),
            ("cpu", "1999m", "1", False),
            ("pods", "4", "2", True),
            ("pods", "3", "2", False),
            ("count/pods", "3", "2", False),
            ("limits.cpu", "1", "1", True),  # the pods have no limit
            ("requests.storage", "1", "1", True),
            ("count/services", "1", "1", True),
        ],
    )
    def test_what_a_quota_counts(self, name: str, hard: str, used: str, fits: bool) -> None:
        if fits:
            assert fixed(scaler(), quota(hard, used, name))
        else:
            with pytest.raises(SeatrialError, match="quota compute"):
                fixed(scaler(), quota(hard, used, name))

    def test_a_quota_of_other_pods_does_not_count(self) -> None:
        other = quota("1", "1")
        other["spec"] = {"scopes": ["BestEffort"]}
        assert fixed(scaler(), other)

    def test_nodes_without_room_are_refused_with_theirs(self) -> None:
        tainted = node("control", "8", taints=[{"key": "control-plane", "effect": "NoSchedule"}])
        with pytest.raises(SeatrialError) as refused:
            fixed(scaler(), node("one", "1"), node("two", "900m"), tainted)
        assert "the nodes have room for 3 of 4 pods of cpu 500m each: one 2, two 1" in str(refused.value)

    def test_what_runs_beside_the_workload_takes_room_and_its_own_pods_do_not(self) -> None:
        beside = pods(pod_spec("1"), 1, labels={"app": "other"})
        assert fixed(scaler(), node("one", "3"), *beside)
        with pytest.raises(SeatrialError, match="room for 3 of 4 pods"):
            fixed(scaler(), node("one", "2900m"), *beside)

    @pytest.mark.parametrize(
        ("toleration", "takes"),
        [
            ({"key": "team", "value": "a"}, True),
            ({"key": "team", "value": "b"}, False),
            ({"key": "team", "operator": "Exists"}, True),
            ({"operator": "Exists"}, True),
            ({"operator": "Exists", "effect": "NoExecute"}, False),
        ],
    )
    def test_a_tainted_node_takes_pods_that_tolerate_it(self, toleration: Any, takes: bool) -> None:
        tainted = node("one", "8", taints=[{"key": "team", "value": "a", "effect": "NoSchedule"}])
        assert (node_gap(1, {**pod_spec(), "tolerations": [toleration]}, [], [], [tainted]) == "") is takes

    def test_a_label_that_the_node_lacks_keeps_pods_off(self) -> None:
        spec = {**pod_spec(), "nodeSelector": {"disk": "fast"}}
        assert "no node takes them" in node_gap(1, spec, [], [], [node("one", "8")])

    def test_what_a_pod_takes_is_its_containers_or_a_larger_first_one_and_its_overhead(self) -> None:
        first = {"name": "first", "resources": {"requests": {"cpu": "900m", "memory": "1"}}}
        stays = {**first, "name": "stays", "restartPolicy": "Always"}
        spec = {**pod_spec("500m"), "initContainers": [first], "overhead": {"cpu": "50m"}}
        assert amounts(spec, "requests") == {"cpu": 950, "memory": 1000}
        assert amounts({**spec, "initContainers": [stays]}, "requests")["cpu"] == 1450
        assert amounts({**spec, "resources": {"requests": {"cpu": "2"}}}, "requests")["cpu"] == 2050
        spec = pod_spec("1500m")
        found = [scaler(), deployment(spec), *pods(spec), quota("3", "3")]
        with pytest.raises(SeatrialError, match=r"a pod takes 1\.5"):
            with_objectives(Subject("web", system()), found)

    def test_a_node_that_is_cordoned_takes_none_and_clouds_may_get_more(self) -> None:
        with pytest.raises(SeatrialError, match="no node takes them"):
            fixed(scaler(), node("one", "8", unschedulable=True))
        assert fixed(scaler(), node("one", "1", providerID="aws:///eu/i-1"))


class TestRecovery:
    """30 s was the default for a store whose own probe waits 60 s before it asks."""

    def subject_of(self, replicas: int, objectives: str = "", **probe: Any) -> Subject:
        obj = deployment(pod_spec(readinessProbe=probe))
        obj["spec"]["replicas"] = replicas
        return with_recovery(Subject("web", system(objectives)), [obj])

    def test_the_default_is_what_the_only_pods_probes_permit(self) -> None:
        assert self.subject_of(1, initialDelaySeconds=60).system.objectives.recovery_seconds == 90
        for replicas, delay in ((1, 0), (2, 60)):
            assert (
                self.subject_of(replicas, initialDelaySeconds=delay).system.objectives.recovery_seconds == 30
            )

    def test_an_objective_that_they_exclude_is_refused(self) -> None:
        with pytest.raises(SeatrialError) as refused:
            self.subject_of(1, "recovery_seconds: 45", initialDelaySeconds=60)
        assert "is not Ready for 60 s after its start" in str(refused.value)
        assert "the objective says 45 s" in str(refused.value)
        kept = self.subject_of(1, "recovery_seconds: 61", initialDelaySeconds=60)
        assert kept.system.objectives.recovery_seconds == 61

    def test_a_store_is_looked_at_before_it_is_crashed(self) -> None:
        look = SCENARIOS.get("store-crash").look
        assert look is not None
        assert look.fix is with_recovery


def test_nothing_is_touched_when_the_objective_is_impossible(dry: Dry) -> None:  # noqa: F811
    """The verdict is an error, and neither watches nor traffic began."""

    class Kube:
        def objects(self, kind: str) -> list[dict[str, Any]]:
            spec = pod_spec()
            return [obj for obj in (scaler(), deployment(spec), *pods(spec)) if obj["kind"] == kind]

        context, namespace = "nowhere", "shop"

    text = FILE.format(objectives="scale_down_seconds: 120", wanted=4)
    session = dry.session(text)
    session.kube = Kube()  # type: ignore[assignment]
    subject = Subject("web", session.system)
    made = observe(session, dry.run, SCENARIOS.get("load-step"), subject)
    assert made.failure is not None
    assert made.failure.outcome is Outcome.ERROR
    assert "scale-in needs at least 300 s of stabilisation" in made.failure.observed
    assert dry.world.done == []
