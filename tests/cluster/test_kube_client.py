"""The client against a real API server: what it reads, and what it says when it may not or cannot."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tiny import Access

from seatrial.errors import BadInput, ClusterUnreachable
from seatrial.kube.client import Kube
from seatrial.kube.errors import Conflict, EvictionBlocked, Forbidden, NotFound
from seatrial.kube.exec import run_in_pod

UserMaker = Callable[[list[dict[str, Any]]], Kube]


def test_an_object_is_made_read_changed_and_deleted(kube: Kube) -> None:
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "note"}, "data": {"a": "1"}}
    kube.create(made)
    kube.patch("ConfigMap", "note", {"data": {"b": "2"}})
    assert kube.get("ConfigMap", "note")["data"] == {"a": "1", "b": "2"}
    assert "note" in [item["metadata"]["name"] for item in kube.objects("ConfigMap")]
    with pytest.raises(Conflict):
        kube.delete("ConfigMap", "note", uid="another-uid")
    kube.delete("ConfigMap", "note")
    assert kube.find("ConfigMap", "note") is None
    with pytest.raises(NotFound, match="note"):
        kube.get("ConfigMap", "note")


def test_apply_makes_and_changes_and_gives_back_what_it_no_longer_names(kube: Kube) -> None:
    metadata = {"name": "applied", "namespace": kube.namespace}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    kube.apply({**config, "data": {"a": "1", "b": "2"}})
    kube.apply({**config, "data": {"a": "3"}})
    assert kube.get("ConfigMap", "applied")["data"] == {"a": "3"}


def test_an_unknown_kind_of_a_manifest_is_named(kube: Kube) -> None:
    with pytest.raises(BadInput, match="does not serve Boat of sea/v1"):
        kube.apply({"apiVersion": "sea/v1", "kind": "Boat", "metadata": {"name": "x"}})


def test_a_missing_namespace_is_told_with_the_nearest_name(make_kube: Callable[[str], Kube]) -> None:
    with pytest.raises(BadInput, match="'kube-sistem' does not exist") as caught:
        make_kube("kube-sistem").require_namespace()
    assert "kube-system" in caught.value.next_step
    make_kube("kube-system").require_namespace()


def test_a_forbidden_call_names_the_rule_that_is_missing(as_user: UserMaker) -> None:
    user = as_user([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}])
    pods = user.objects("Pod")
    with pytest.raises(Forbidden) as caught:
        user.delete("Pod", pods[0]["metadata"]["name"])
    text = str(caught.value)
    assert f"not allowed to delete pods {pods[0]['metadata']['name']} in namespace {user.namespace}" in text
    assert 'a Role with {apiGroups: [""], resources: ["pods"], verbs: ["delete"]}' in text
    with pytest.raises(Forbidden, match="a ClusterRole with"):
        user.objects("Node")


def test_can_i_agrees_with_the_rules(as_user: UserMaker) -> None:
    user = as_user([{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}])
    assert user.can_i("get", "Deployment")
    assert not user.can_i("patch", "Deployment")
    assert not user.can_i("create", "Pod", subresource="exec")


def test_a_server_that_does_not_listen_is_reported_with_its_address(access: Access, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = yaml.safe_load(access.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    with Kube(path, access.context, "default") as kube, pytest.raises(ClusterUnreachable) as caught:
        kube.objects("Pod")
    assert "connection refused" in str(caught.value)
    assert f"https://127.0.0.1:{port}" in str(caught.value)
    assert access.context in str(caught.value)


def test_a_command_in_a_pod_gives_its_output_and_exit_code(deployed: Kube) -> None:
    ran = run_in_pod(deployed, "store-0", "store", ["sh", "-c", "echo here; echo there >&2; exit 3"])
    assert (ran.exit_code, ran.stdout, ran.stderr) == (3, "here\n", "there\n")


def test_a_command_that_may_not_be_run_names_the_rule(as_user: UserMaker) -> None:
    with pytest.raises(Forbidden) as caught:
        run_in_pod(as_user([]), "store-0", "store", ["true"])
    assert 'resources: ["pods/exec"], verbs: ["get"]' in caught.value.next_step
    allowed = as_user([{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get", "create"]}])
    assert run_in_pod(allowed, "store-0", "store", ["true"]).exit_code == 0


def test_logs_are_the_last_lines(deployed: Kube) -> None:
    assert sorted(deployed.logs("store-0").split("\n"))[1:] == ["child runs", "parent runs"]
    assert len(deployed.logs("store-0", tail_lines=1).splitlines()) == 1


def test_an_eviction_that_a_budget_forbids_says_so(deployed: Kube) -> None:
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "store"}}}
    deployed.create(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "store"},
            "spec": budget,
        }
    )
    try:
        with pytest.raises(EvictionBlocked, match="store-0 cannot be evicted now"):
            deployed.evict("store-0")
    finally:
        deployed.delete("PodDisruptionBudget", "store")
