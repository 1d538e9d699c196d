"""A system is watched as it is: an autoscaler is found, nothing is changed, and what lacks is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tiny import system_in

from seatrial.errors import BadInput, NotAllowed
from seatrial.harness import watching
from seatrial.judge.watch import judged, question_of
from seatrial.kube.client import Kube
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.verdict import Outcome

TARGET = {"type": "Utilization", "averageUtilization": 60}
METRIC = {"type": "Resource", "resource": {"name": "cpu", "target": TARGET}}


def autoscaler(name: str, target: str, **more: Any) -> dict[str, Any]:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    spec = {"scaleTargetRef": reference, "minReplicas": 1, "maxReplicas": 3, "metrics": [METRIC], **more}
    kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    return {**kind, "metadata": {"name": name}, "spec": spec}


@pytest.fixture
def scaled(deployed: Kube) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Makes an autoscaler, and takes it away afterwards."""
    made: list[str] = []

    def make(body: dict[str, Any]) -> None:
        deployed.create(body)
        made.append(body["metadata"]["name"])

    yield make
    for name in made:
        deployed.delete("HorizontalPodAutoscaler", name)


def test_without_an_autoscaler_nobody_waits(deployed: Kube) -> None:
    with pytest.raises(BadInput, match="no autoscaler scales a workload") as caught:
        watching.with_autoscalers(deployed, system_in(deployed))
    assert "kubectl get hpa" in caught.value.next_step


def test_an_autoscaler_of_something_else_is_named(deployed: Kube, scaled: Callable[..., None]) -> None:
    scaled(autoscaler("other", "nobody"))
    with pytest.raises(BadInput) as caught:
        watching.with_autoscalers(deployed, system_in(deployed))
    assert "There is other" in caught.value.next_step


def test_one_that_the_system_file_does_not_name_is_found_and_watched(
    deployed: Kube, scaled: Callable[..., None]
) -> None:
    """Three seconds decide nothing: that is no pass, and the objects are as they were."""
    scaled(autoscaler("web-hpa", "web"))
    before = deployed.get("Deployment", "web")["metadata"]["generation"]
    system, specs = watching.with_autoscalers(deployed, system_in(deployed))
    assert (system.workloads["web"].autoscaled, list(specs)) == ("web-hpa", ["web-hpa"])
    watching.require_watching(deployed)
    timeline, interrupted = watching.watch(deployed, system, for_seconds=3.0, watched=lambda _: None)
    assert not interrupted
    assert any(state.name == "web-hpa" for state in timeline.autoscaler_states())
    found = Observation({TROUBLE: Arm(timeline=timeline)}, target="web", system=system)
    question = question_of("observe.obeys-the-algorithm")
    assert question is not None
    assert judged(question, found).outcome in (Outcome.INCONCLUSIVE, Outcome.FAILED)
    assert deployed.get("Deployment", "web")["metadata"]["generation"] == before


def test_a_missing_one_that_the_system_file_names_is_said(
    deployed: Kube, scaled: Callable[..., None]
) -> None:
    scaled(autoscaler("web-hpa", "web"))
    system = system_in(deployed)
    web = system.workloads["web"].model_copy(update={"autoscaled": "gone"})
    system = system.model_copy(update={"workloads": {**system.workloads, "web": web}})
    with pytest.raises(BadInput, match="no HorizontalPodAutoscaler gone") as caught:
        watching.with_autoscalers(deployed, system)
    assert "web-hpa" in caught.value.next_step


def test_an_interrupt_keeps_what_was_seen(deployed: Kube, scaled: Callable[..., None]) -> None:
    scaled(autoscaler("web-hpa", "web"))
    system, _ = watching.with_autoscalers(deployed, system_in(deployed))

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    timeline, interrupted = watching.watch(deployed, system, for_seconds=60.0, watched=interrupt)
    assert interrupted
    assert timeline.seen


def test_a_user_who_may_not_watch_is_told_the_rule(as_user: Callable[..., Kube]) -> None:
    limited = as_user([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}])
    with pytest.raises(NotAllowed) as caught:
        watching.require_watching(limited)
    assert "horizontalpodautoscalers" in str(caught.value)
