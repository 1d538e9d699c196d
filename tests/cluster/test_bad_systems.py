"""Systems that cannot be tested as they stand: said in words, before anything is disturbed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tiny import system_in

from seatrial.errors import BadInput
from seatrial.harness.doctor.cluster import examine_metrics, examine_workloads
from seatrial.harness.doctor.finding import State
from seatrial.kube.client import Kube
from seatrial.waiting import NotYet, Ready, eventually

METRICS_SERVER = "metrics-server"


class TestNamespaceThatIsBeingDeleted:
    @pytest.fixture
    def terminating(self, make_kube: Callable[[str], Kube]) -> Iterator[Kube]:
        """A namespace that waits for an object which nobody finishes."""
        kube = make_kube("seatrial-test-terminating")
        name = {"name": kube.namespace}
        kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": name}, namespace="")
        held = {"name": "held", "finalizers": ["seatrial.dev/nobody"]}
        kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": held})
        kube.delete("Namespace", kube.namespace)
        try:
            yield kube
        finally:
            kube.patch("ConfigMap", "held", {"metadata": {"finalizers": None}})

    def test_it_is_said_before_anything_is_looked_at(self, terminating: Kube) -> None:
        with pytest.raises(BadInput, match="'seatrial-test-terminating' is being deleted") as raised:
            terminating.require_namespace()
        assert "kubectl describe namespace" in raised.value.next_step


def autoscaler(name: str, target: str, *, most: int = 2, resource: str = "cpu") -> dict[str, Any]:
    metric = {"name": resource, "target": {"type": "Utilization", "averageUtilization": 80}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
            "maxReplicas": most,
            "metrics": [{"type": "Resource", "resource": metric}],
        },
    }


@contextmanager
def there(kube: Kube, *objects: dict[str, Any]) -> Iterator[None]:
    """The objects, as long as it lasts."""
    for each in objects:
        kube.create(each)
    try:
        yield
    finally:
        for each in objects:
            kube.delete(each["kind"], each["metadata"]["name"])


def bad_lines(kube: Kube, workload: str, scaler: str) -> list[str]:
    """What `seatrial doctor` finds bad of a workload and its autoscaler."""
    workloads = {"web": {"kind": "Deployment", "name": workload, "stateless": True, "autoscaled": scaler}}
    found = examine_workloads(kube, system_in(kube, workloads=workloads))
    return [f"{each.text}. {each.next_step}" for each in found if each.state is State.BAD]


class TestAutoscalerThatCannotAct:
    def test_at_its_maximum_already_it_cannot_grow(self, deployed: Kube) -> None:
        """The tiny system's two replicas are all that the autoscaler allows."""
        with there(deployed, autoscaler("full", "web")):
            said = bad_lines(deployed, "web", "full")
        assert said == ["web: 2 replicas are its maximum already. It cannot grow any more."]
        with there(deployed, autoscaler("roomy", "web", most=3)):
            assert bad_lines(deployed, "web", "roomy") == []

    def test_without_a_request_there_is_no_ratio(self, deployed: Kube) -> None:
        bare = deployed.get("Deployment", "web")
        template = bare["spec"]["template"]
        template["metadata"]["labels"] = {"app": "bare"}
        template["spec"]["containers"][0]["resources"] = {"requests": {"memory": "32Mi"}}
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": "bare"}}, "template": template}
        made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bare"}, "spec": spec}
        blind, seeing = autoscaler("blind", "bare"), autoscaler("seeing", "bare", resource="memory")
        with there(deployed, made, blind, seeing):
            eventually(
                lambda: Ready(None) if ready(deployed, "bare") else NotYet("not ready"),
                within_seconds=60, what="bare is ready", every_seconds=0.5,
            )  # fmt: skip
            said = bad_lines(deployed, "bare", "blind")
            assert bad_lines(deployed, "bare", "seeing") == []
        assert said == [
            "web: blind measures cpu, and web requests none. "
            "Without a request there is no ratio: it never acts."
        ]


def ready(kube: Kube, name: str) -> bool:
    return bool(kube.get("Deployment", name)["status"].get("readyReplicas"))


class TestClusterWithoutMetrics:
    @pytest.fixture
    def blind(self, make_kube: Callable[[str], Kube]) -> Iterator[None]:
        """No metrics-server runs, as on a cluster where nobody installed it."""
        system = make_kube("kube-system")
        (before,) = [d for d in system.objects("Deployment") if d["metadata"]["name"] == METRICS_SERVER]
        system.scale("Deployment", METRICS_SERVER, 0)
        try:
            yield
        finally:
            system.scale("Deployment", METRICS_SERVER, before["spec"]["replicas"])
            eventually(
                lambda: Ready(None) if ready(system, METRICS_SERVER) else NotYet("not ready"),
                within_seconds=120, what="metrics-server is back", every_seconds=1,
            )  # fmt: skip

    @pytest.mark.usefixtures("blind")
    def test_it_is_said_where_an_autoscaler_needs_it(self, deployed: Kube) -> None:
        workloads = {"web": {"kind": "Deployment", "name": "web", "autoscaled": "any"}}
        system = system_in(deployed, workloads=workloads)

        def noticed() -> Ready[Any] | NotYet:
            (found,) = examine_metrics(deployed, system)
            return Ready(found) if found.state is State.BAD else NotYet(found.text)

        found = eventually(noticed, within_seconds=60, what="doctor says so", every_seconds=1)
        assert "no metrics-server answers" in found.text
        assert "no autoscaler acts without it" in found.next_step
        assert list(examine_metrics(deployed, system_in(deployed))) == []
