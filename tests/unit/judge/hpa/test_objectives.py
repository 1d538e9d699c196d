"""Which objectives of a load step are taken, derived or refused, and which objects they are read from."""

from typing import Any

import pytest

from seatrial.errors import SeatrialError
from seatrial.judge.hpa.objectives import UNSEEN, down_seconds, up_seconds, with_objectives
from seatrial.judge.hpa.possible import least_up, usual_up_seconds
from seatrial.model.objectives import Objectives
from seatrial.model.scenario import Subject
from seatrial.model.system_file import parse_system

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
"""
LABELS = {"app": "web"}
Object = dict[str, Any]


def scaler(name: str = "web", maximum: int = 6, **behavior: Any) -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
    }
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": maximum, "metrics": [metric]}
    return {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": spec | ({"behavior": behavior} if behavior else {}),
    }


def spec(cpu: str) -> Object:
    return {"containers": [{"name": "web", "resources": {"requests": {"cpu": cpu}}}]}


def deployment(selector: Object | None = None, cpu: str = "500m") -> Object:
    body = {"selector": {"matchLabels": LABELS} if selector is None else selector}
    return {
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {**body, "template": {"spec": spec(cpu)}},
    }


def pod(cpu: str, **labels: str) -> Object:
    metadata = {"name": "p", "uid": cpu, "labels": labels} if labels else {"name": "p", "uid": cpu}
    return {"kind": "Pod", "metadata": metadata, "spec": spec(cpu), "status": {"phase": "Running"}}


QUOTA = {
    "kind": "ResourceQuota",
    "metadata": {"name": "compute"},
    "spec": {},
    "status": {"hard": {"requests.cpu": "1"}},
}


def fixed(*objects: Object, objectives: str = "", wanted: int = 4) -> Objectives:
    system = parse_system(FILE.format(objectives=objectives, wanted=wanted), source="shop.yaml")
    return with_objectives(Subject("web", system), objects).system.objectives


def refused(*objects: Object, objectives: str = "") -> str:
    with pytest.raises(SeatrialError) as error:
        fixed(*objects, objectives=objectives)
    return str(error.value)


class TestWhereNothingIsKnown:
    def test_the_defaults_are_enough_for_kubernetes_own_rules(self) -> None:
        assert (up_seconds(Objectives()), down_seconds(Objectives())) == (150.0, 375.0)
        for wanted in (2, 3, 4):
            assert usual_up_seconds(least_up(UNSEEN, {}, wanted)) <= 150.0

    def test_what_the_system_file_says_is_taken(self) -> None:
        given = Objectives(scale_up_seconds=20, scale_down_seconds=30)
        assert (up_seconds(given), down_seconds(given)) == (20, 30)

    def test_without_an_autoscaler_or_its_workload_nothing_is_fixed(self) -> None:
        assert fixed(scaler()) == fixed(deployment()) == fixed() == Objectives()

    def test_an_autoscaler_that_cannot_be_understood_is_left_to_the_judge(self) -> None:
        strange = scaler()
        strange["spec"]["metrics"] = [{"type": "Unheard", "unheard": {}}]
        assert fixed(strange, deployment()) == Objectives()


class TestDerived:
    def test_from_what_the_autoscaler_needs_and_no_less_than_the_defaults(self) -> None:
        usual = fixed(scaler(), deployment())
        assert (usual.scale_up_seconds, usual.scale_down_seconds) == (150.0, 375.0)
        slow = fixed(scaler(scaleUp={"stabilizationWindowSeconds": 120}), deployment())
        assert slow.scale_up_seconds == 120 + 60 + 60 + 15
        quick = fixed(scaler(scaleDown={"stabilizationWindowSeconds": 0}), deployment())
        assert quick.scale_down_seconds == 300.0

    def test_only_what_is_not_given(self) -> None:
        given = fixed(scaler(), deployment(), objectives="scale_up_seconds: 20")
        assert (given.scale_up_seconds, given.scale_down_seconds) == (20, 375.0)

    def test_the_autoscaler_is_the_named_one(self) -> None:
        other = scaler("other", scaleUp={"selectPolicy": "Disabled"})
        assert fixed(other, scaler(), deployment()).scale_up_seconds == 150.0


class TestRefused:
    def test_an_objective_must_be_more_than_the_least(self) -> None:
        text = refused(scaler(), deployment(), objectives="scale_down_seconds: 300")
        assert "scale_down_seconds can never be met: scale-in needs at least 300 s" in text
        assert text.count("; the objective says 300 s") == 1
        assert "raise the objective well above 300 s" in text
        above = fixed(scaler(), deployment(), objectives="scale_down_seconds: 300.5")
        assert above.scale_down_seconds == 300.5

    def test_each_direction_has_its_rules(self) -> None:
        up = refused(scaler(), deployment(), objectives="scale_up_seconds: 15")
        assert "scale-out needs at least 15 s" in up
        assert "behavior.scaleUp" in up

    def test_what_never_comes_about_is_mended_by_no_objective(self) -> None:
        disabled = scaler(scaleDown={"selectPolicy": "Disabled"})
        silent = refused(disabled, deployment())
        assert "scale_down_seconds can never be met: its scale-down policies never let it shrink" in silent
        assert "the objective says" not in silent
        given = refused(disabled, deployment(), objectives="scale_down_seconds: 900")
        assert "; the objective says 900 s" in given
        assert "raise the objective" not in silent + given

    def test_the_maximum_may_be_asked_for(self) -> None:
        assert fixed(scaler(maximum=4), deployment()).scale_up_seconds == 150.0
        assert "maxReplicas 3" in refused(scaler(maximum=3), deployment())


class TestWhatAPodTakes:
    """The quota has one core."""

    def test_is_what_its_pods_say(self) -> None:
        """Something may have added to what the template says, such as a sidecar."""
        found = (scaler(), deployment(cpu="100m"), QUOTA)
        assert "a pod takes 400m" in refused(*found, pod("400m", **LABELS, tier="front"))
        assert fixed(*found, pod("250m", **LABELS))

    def test_is_what_its_template_says_where_there_is_none(self) -> None:
        assert "a pod takes 500m" in refused(scaler(), deployment(), QUOTA)
        assert fixed(scaler(), deployment(cpu="250m"), QUOTA)
        bare = deployment()
        del bare["spec"]["template"]["spec"]
        assert fixed(scaler(), bare, QUOTA), "nothing is known of it"

    @pytest.mark.parametrize("labels", [{}, {"app": "other"}])
    def test_pods_of_others_do_not_count(self, labels: dict[str, str]) -> None:
        assert "a pod takes 500m" in refused(scaler(), deployment(), QUOTA, pod("100m", **labels))

    @pytest.mark.parametrize(
        "selector", [{}, {"matchLabels": LABELS, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}]
    )
    def test_where_labels_alone_do_not_select_them_the_template_counts(self, selector: Object) -> None:
        assert "a pod takes 500m" in refused(scaler(), deployment(selector), QUOTA, pod("100m", **LABELS))
