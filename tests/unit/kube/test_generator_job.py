"""The Job that sends traffic: restricted, bounded, away from the system, and no part of it."""

from __future__ import annotations

from typing import Any

from seatrial.declared.values import selects
from seatrial.kube.generator_job import LABELS, generator_job
from seatrial.kube.ours import is_ours
from seatrial.kube.policies import in_the_way
from seatrial.kube.snapshot import compare, snapshot_of
from seatrial.traffic.agent import LINGER_SECONDS, SILENCE_SECONDS
from seatrial.traffic.channel import ANSWER_SECONDS, BEAT_SECONDS, LOST_SECONDS

JOB = generator_job("seatrial-generator-1", "helper:1", own_cluster=False)
POD: dict[str, Any] = JOB["spec"]["template"]["spec"]


def test_it_keeps_to_pod_security_restricted() -> None:
    """The controls of the standard, one by one; a cluster test has the API server enforce them."""
    (container,) = POD["containers"]
    assert POD["securityContext"]["runAsNonRoot"]
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert POD["automountServiceAccountToken"] is False
    assert {kind for volume in POD["volumes"] for kind in volume} == {"name", "emptyDir"}
    assert set(container["resources"]) == {"requests", "limits"}


def test_it_ends_by_itself_and_is_never_tried_again() -> None:
    spec = JOB["spec"]
    assert spec["backoffLimit"] == 0
    assert spec["activeDeadlineSeconds"] > 0
    assert spec["ttlSecondsAfterFinished"] <= 10
    assert POD["restartPolicy"] == "Never"


def test_a_silent_tester_is_noticed_within_seconds_but_not_a_short_break() -> None:
    assert ANSWER_SECONDS + BEAT_SECONDS < SILENCE_SECONDS < 10
    assert LOST_SECONDS < SILENCE_SECONDS + LINGER_SECONDS, "what was recorded is kept for who comes back"


def test_it_stays_away_from_the_systems_pods_and_on_an_own_cluster_on_the_control_plane() -> None:
    (apart,) = POD["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    chosen = apart["podAffinityTerm"]["labelSelector"]
    assert selects(chosen, {"app": "web"})
    assert not selects(chosen, LABELS)
    assert POD["tolerations"] == []
    own = generator_job("g", "helper:1", own_cluster=True)["spec"]["template"]["spec"]
    assert own["tolerations"] == [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]
    assert "nodeAffinity" in own["affinity"]


def test_it_is_no_difference_afterwards() -> None:
    web = {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 2}}
    pod = {"kind": "Pod", "metadata": {"name": "seatrial-generator-1-x", "labels": LABELS}, "spec": {}}
    assert is_ours(JOB)
    assert compare(snapshot_of([web]), snapshot_of([web, JOB, pod])) == []
    foreign = {**JOB, "metadata": {"name": "report"}}
    assert compare(snapshot_of([web]), snapshot_of([web, foreign])) == ["job/report is new"]


class Namespace:
    """What `in_the_way` asks a client for."""

    def __init__(self, *policies: dict[str, Any]) -> None:
        self._policies = list(policies)

    def objects(self, kind: str) -> list[dict[str, Any]]:
        pod = {"metadata": {"name": "web-1", "labels": {"app": "web"}}}
        service = {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}}
        return {"NetworkPolicy": self._policies, "Pod": [pod], "Service": [service]}[kind]


def policy(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": spec}


def found(*policies: dict[str, Any]) -> list[str]:
    return in_the_way(Namespace(*policies), LABELS, "web")  # type: ignore[arg-type]


def test_policies_that_refuse_the_generator_are_named() -> None:
    assert found(policy("deny", podSelector={}, policyTypes=["Ingress", "Egress"])) == [
        "deny limits what the generator may reach",
        "deny limits who may reach the pods of Service web",
    ]
    gateway = [{"from": [{"podSelector": {"matchLabels": {"app": "gateway"}}}]}]
    web = {"matchLabels": {"app": "web"}}
    assert found(policy("web", podSelector=web, ingress=gateway)) == [
        "web limits who may reach the pods of Service web"
    ]


def test_policies_that_admit_it_or_might_are_not() -> None:
    web = {"matchLabels": {"app": "web"}}
    ours = {"podSelector": {"matchLabels": {"seatrial.dev/part": "generator"}}}
    assert found() == []
    assert found(policy("web", podSelector=web, ingress=[{"from": [ours]}])) == []
    assert found(policy("web", podSelector=web, ingress=[{}])) == []
    assert found(policy("web", podSelector=web, ingress=[{"from": [{"namespaceSelector": {}}]}])) == []
    assert found(policy("store", podSelector={"matchLabels": {"app": "store"}}, ingress=[])) == []
    to_web = [{"to": [{"podSelector": web}]}]
    assert found(policy("out", podSelector={}, policyTypes=["Egress"], egress=to_web)) == []


def test_label_expressions() -> None:
    def expression(operator: str, *values: str) -> dict[str, Any]:
        return {"matchExpressions": [{"key": "app", "operator": operator, "values": list(values)}]}

    assert selects(expression("In", "web", "api"), {"app": "web"})
    assert not selects(expression("In", "api"), {"app": "web"})
    assert not selects(expression("NotIn", "web"), {"app": "web"})
    assert selects(expression("NotIn", "web"), {})
    assert selects(expression("Exists"), {"app": ""})
    assert not selects(expression("DoesNotExist"), {"app": ""})
    assert not selects(expression("Near", "web"), {"app": "web"})
