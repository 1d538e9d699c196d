"""The Job of Locust's workers: restricted, one index each, spread, and not begun again."""

from __future__ import annotations

from typing import Any

from seatrial.declared.values import selects
from seatrial.kube.generator_job import LABELS, generator_job
from seatrial.kube.ours import is_ours
from seatrial.kube.policies import among
from seatrial.kube.worker_job import PORT, worker_job

JOB = worker_job("seatrial-workers-1", "helper:1", 4, "10.0.0.7", own_cluster=False)
POD: dict[str, Any] = JOB["spec"]["template"]["spec"]
OTHER: dict[str, Any] = generator_job("g", "helper:1", own_cluster=False)["spec"]["template"]["spec"]


def test_its_pods_are_as_restricted_as_the_generators() -> None:
    assert POD["securityContext"] == OTHER["securityContext"]
    (container,), (other,) = POD["containers"], OTHER["containers"]
    assert container["securityContext"] == other["securityContext"]
    assert POD["automountServiceAccountToken"] is False
    assert set(container["resources"]) == {"requests", "limits"}
    assert is_ours(JOB)


def test_each_has_an_index_and_one_that_is_lost_neither_comes_again_nor_ends_the_others() -> None:
    spec = JOB["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 4, 4)
    assert spec["backoffLimitPerIndex"] == 0
    assert "backoffLimit" not in spec
    assert POD["restartPolicy"] == "Never"
    assert spec["activeDeadlineSeconds"] > 0
    assert spec["ttlSecondsAfterFinished"] <= 10


def test_they_are_spread_over_the_nodes_and_away_from_the_system() -> None:
    (spread,) = POD["topologySpreadConstraints"]
    assert (spread["topologyKey"], spread["whenUnsatisfiable"]) == (
        "kubernetes.io/hostname",
        "ScheduleAnyway",
    )
    mine = {**LABELS, "batch.kubernetes.io/job-name": "seatrial-workers-1"}
    assert selects(spread["labelSelector"], mine)
    assert not selects(spread["labelSelector"], LABELS), "the master is none of them"
    assert POD["affinity"] == OTHER["affinity"]
    own = worker_job("w", "i", 1, "m", own_cluster=True)["spec"]["template"]["spec"]
    assert "nodeAffinity" not in own["affinity"], "on the control plane as well, and not only there"
    assert own["tolerations"]


def test_they_speak_to_the_pod_of_the_master_by_either_family_of_addresses() -> None:
    assert POD["containers"][0]["command"][-4:] == ["--master", "10.0.0.7", "--port", str(PORT)]
    six = worker_job("w", "i", 1, "fd00::7", own_cluster=False)["spec"]["template"]["spec"]
    assert "[fd00::7]" in six["containers"][0]["command"]


def test_policies_that_keep_workers_from_their_master_are_named() -> None:
    def found(*policies: dict[str, Any]) -> list[str]:
        class Namespace:
            def objects(self, kind: str) -> list[dict[str, Any]]:
                return {"NetworkPolicy": list(policies)}[kind]

        return among(Namespace(), LABELS, PORT)  # type: ignore[arg-type]

    deny = {"metadata": {"name": "deny"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}
    assert found() == []
    assert found(deny) == [
        "deny limits what the generator may reach", "deny limits who may reach the generator"
    ]  # fmt: skip
    ours = {"podSelector": {"matchLabels": {"seatrial.dev/part": "generator"}}}
    admits = {"podSelector": {}, "ingress": [{"from": [ours]}], "egress": [{"to": [ours]}]}
    assert found({"metadata": {"name": "admits"}, "spec": admits}) == []
    for ports, refuses in (
        ([{"port": 53, "protocol": "UDP"}], True),
        ([{"port": 53}], True),
        ([{"port": PORT, "protocol": "UDP"}], True),
        ([{"port": PORT - 1, "endPort": PORT + 1}], False),
        ([{"port": "master"}], False),
        ([{}], False),
        ([], False),
    ):
        rule = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": ports}]}
        assert bool(found({"metadata": {"name": "some"}, "spec": rule})) is refuses, ports
