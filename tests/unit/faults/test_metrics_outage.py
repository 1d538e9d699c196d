"""Which metrics an autoscaler reads, and how it is seen that it reads none; one replica more."""

from types import SimpleNamespace

import pytest
from stand_ins import recorder, system, timeline, workload

from seatrial.errors import FaultRefused
from seatrial.faults.add_replica import AddReplica
from seatrial.faults.base import Impossible, Verified
from seatrial.faults.metrics_outage import (
    MetricsOutage,
    groups_of,
    is_served,
    state_since,
    unread_of,
    unread_words,
)
from seatrial.model.timeline import AutoscalerSeen, Change
from seatrial.waiting import NotYet, Ready

FAILED = ("AbleToScale: X", "ScalingActive: FailedGetResourceMetric")


def scaler(at, *conditions):
    words = ("cpu 30 % of 70 %",)
    return AutoscalerSeen(at, Change.MODIFIED, "web", "Deployment/web", 2, 6, 2, 2, words, conditions)


def api(name, group, service="metrics-server"):
    served = {"service": {"name": service, "namespace": "kube-system"}} if service else {}
    return {"metadata": {"name": name, "uid": name}, "spec": {"group": group, **served}}


def test_each_type_of_metric_has_its_api():
    metrics = [{"type": "Resource"}, {"type": "Pods"}, {"type": "External"}, {"type": "Later"}]
    assert groups_of({"spec": {"metrics": metrics}}) == {
        "metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io",
    }  # fmt: skip
    assert groups_of({"spec": {}}) == {"metrics.k8s.io"}, "without metrics it goes by CPU"


def test_only_what_a_service_serves_can_be_taken_away():
    groups = frozenset({"metrics.k8s.io"})
    assert is_served(api("v1beta1.metrics.k8s.io", "metrics.k8s.io"), groups)
    assert not is_served(api("v1beta1.metrics.k8s.io", "metrics.k8s.io", service=""), groups)
    assert not is_served(api("v1.apps", "apps"), groups)


def test_what_the_autoscaler_says_since():
    seen = timeline(scaler(1.0), scaler(5.0, *FAILED), scaler(9.0))
    assert unread_of(scaler(5.0, *FAILED)) == "FailedGetResourceMetric"
    assert unread_words(seen, "web") == "", "its last word counts"
    assert unread_words(timeline(scaler(1.0), scaler(5.0, *FAILED)), "web") == "FailedGetResourceMetric"
    assert unread_words(timeline(), "web") == ""
    assert state_since(seen, "web", 9.0) == scaler(9.0)
    assert state_since(seen, "web", 9.1) is None


KIND = system(
    target={"kind": {"config": "three.yaml"}, "namespace": "shop"},
    consent={"disruptive": True, "context": "kind-x", "namespace": "shop"},
)
DEPLOYMENT = {
    "kind": "Deployment", "metadata": {"name": "web", "uid": "u"}, "spec": {"replicas": 6},
}  # fmt: skip
HPA = {
    "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
    "spec": {"minReplicas": 2, "maxReplicas": 6, "scaleTargetRef": {"kind": "Deployment", "name": "web"}},
}  # fmt: skip


def world(*seen, autoscalers=(HPA,), apis=(), of=KIND, replicas=6):
    found = recorder(timeline(*seen), of)
    deployment = {**DEPLOYMENT, "spec": {"replicas": replicas}}
    objects = {"HorizontalPodAutoscaler": list(autoscalers), "APIService": list(apis)}
    found.kube = SimpleNamespace(
        **vars(found.kube),
        get=lambda kind, name, **_: deployment if kind == "Deployment" else HPA,
        objects=lambda kind, **_: objects[kind],
    )
    return found


def test_metrics_are_taken_away_from_ones_own_cluster_only():
    with pytest.raises(FaultRefused, match="are everybody's"):
        MetricsOutage("web").plan(world(scaler(1.0), of=system()))
    with pytest.raises(
        FaultRefused, match=r"reads no metric before any was taken away \(FailedGetResourceMetric\)"
    ):
        MetricsOutage("web").plan(world(scaler(1.0, *FAILED)))


def test_what_cannot_be_taken_away_is_impossible_with_the_reason():
    found = MetricsOutage("web").plan(world(scaler(1.0), apis=[api("v1.apps", "apps")]))
    assert isinstance(found, Impossible)
    assert found.reason == (
        "no server of this cluster stands behind metrics.k8s.io, which autoscaler web reads"
    )
    alone = MetricsOutage("web").plan(world(autoscalers=()))
    assert isinstance(alone, Impossible)
    assert alone.reason == "no autoscaler scales deployment/web"


def test_a_replica_more_than_the_autoscaler_allows_is_impossible():
    found = AddReplica("web").plan(world(replicas=6))
    assert isinstance(found, Impossible)
    assert found.reason == "deployment/web has 6 replicas, and its autoscaler web allows 6 at most"
    plan = AddReplica("web", hold_seconds=17.0).plan(world(replicas=5))
    assert not isinstance(plan, Impossible)
    assert (plan.details["replicas"], plan.hold_seconds) == (6, 17.0)
    [effect] = plan.effects
    assert (effect.original, effect.written) == (5, 6)


def test_one_that_was_wanted_and_taken_away_at_once_was_added_all_the_same():
    plan = AddReplica("web").plan(world(replicas=2))
    assert not isinstance(plan, Impossible)
    before, added, undone = workload(1.0), workload(10.0, wanted=3), workload(11.0, wanted=2)
    seen = AddReplica("web").verify(plan, world(before, added, undone), 9.0)
    assert seen == Ready(Verified(10.0, "3 replicas of deployment/web were wanted"))
    assert isinstance(AddReplica("web").verify(plan, world(before, added, undone), 10.5), NotYet)
