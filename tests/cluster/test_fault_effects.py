"""Each kind of effect on a real cluster: applied, and reverted from the journal, whatever happened.

A process that was killed leaves exactly such an entry.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.cluster import hermetic
from seatrial.errors import FaultRefused, SeatrialError
from seatrial.faults import journal
from seatrial.faults.effects.base import Effect
from seatrial.faults.effects.created_object import CreatedObject
from seatrial.faults.effects.deleted_object import DeletedObject
from seatrial.faults.effects.engine_container import EngineContainer, heartbeat
from seatrial.faults.effects.ephemeral_container import EphemeralContainer
from seatrial.faults.effects.object_fields import ObjectFields
from seatrial.faults.effects.scaled import Scaled
from seatrial.faults.journal import JournalEntry
from seatrial.faults.revert import pending, revert_all
from seatrial.kube.client import Kube
from seatrial.kube.pod_status import condition
from seatrial.kube.rollout import wait_for_rollouts
from seatrial.waiting import NotYet, Ready, eventually

Revert = Callable[[], str]
Begin = Callable[[Effect], Revert]

ANNOTATION = ("metadata", "annotations", "example.com/a.b")


@pytest.fixture
def begin(deployed: Kube, tmp_path: Path) -> Begin:
    """Journals and applies an effect, as a process that is killed then; returns how to revert it."""

    def begun(effect: Effect) -> Revert:
        entry = JournalEntry(
            id=journal.new_id("test"),
            fault="test",
            target="x",
            workload="web",
            begun_wall=0.0,
            kubeconfig=str(deployed.kubeconfig),
            context=deployed.context,
            namespace=deployed.namespace,
            effects=(effect,),
        )
        journal.write(tmp_path, entry)
        effect.apply(deployed)

        def revert() -> str:
            (result,) = revert_all(tmp_path)
            assert result.done, str(result)
            assert pending(tmp_path) == []
            return result.sentence

        return revert

    return begun


@pytest.fixture
def settings(deployed: Kube) -> str:
    """A ConfigMap of the test's own; its name."""
    name = f"settings-{uuid.uuid4().hex[:6]}"
    deployed.create(config_map(name))
    return name


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"} | data}


def planned(kube: Kube, name: str, values: dict[tuple[str, ...], Any]) -> ObjectFields:
    return ObjectFields.planned(kube, "ConfigMap", name, values, namespace=kube.namespace)


def test_fields_are_written_and_restored(deployed: Kube, settings: str, begin: Begin) -> None:
    effect = planned(deployed, settings, {("data", "a"): None, ("data", "b"): "2", ANNOTATION: "mine"})
    before = deployed.get("ConfigMap", settings)
    assert before["data"] == {"a": "1"}, "planning changes nothing"
    revert = begin(effect)
    written = deployed.get("ConfigMap", settings)
    assert written["data"] == {"b": "2"}
    assert written["metadata"]["annotations"] == {"example.com/a.b": "mine"}
    assert revert() == f"configmap/{settings} restored"
    after = deployed.get("ConfigMap", settings)
    assert after["data"] == {"a": "1"}
    assert not after["metadata"].get("annotations")
    assert effect.revert(deployed) == f"configmap/{settings} was as before"


def test_fields_of_an_object_that_is_gone(deployed: Kube, settings: str, begin: Begin) -> None:
    revert = begin(planned(deployed, settings, {("data", "a"): "2"}))
    deployed.delete("ConfigMap", settings)
    assert revert() == f"configmap/{settings} is gone"


def test_fields_of_an_object_that_was_replaced_are_left(deployed: Kube, settings: str, begin: Begin) -> None:
    revert = begin(planned(deployed, settings, {("data", "a"): "2"}))
    deployed.delete("ConfigMap", settings)
    deployed.create(config_map(settings, a="2"))
    assert "was replaced by another object of that name" in revert()
    assert deployed.get("ConfigMap", settings)["data"] == {"a": "2"}


def test_an_object_with_a_field_that_somebody_changed_is_left(
    deployed: Kube, settings: str, begin: Begin
) -> None:
    revert = begin(planned(deployed, settings, {("data", "a"): "2", ("data", "b"): "2"}))
    deployed.patch("ConfigMap", settings, {"data": {"b": "theirs"}})
    assert revert() == f"configmap/{settings} is left as it is: data.b was changed by somebody else"
    assert deployed.get("ConfigMap", settings)["data"] == {"a": "2", "b": "theirs"}


def test_what_somebody_changed_beside_the_fields_stays(deployed: Kube, settings: str, begin: Begin) -> None:
    revert = begin(planned(deployed, settings, {("data", "a"): "2"}))
    deployed.patch("ConfigMap", settings, {"data": {"c": "theirs"}})
    assert revert() == f"configmap/{settings} restored"
    assert deployed.get("ConfigMap", settings)["data"] == {"a": "1", "c": "theirs"}


def test_an_item_of_a_list_is_restored_by_its_key_wherever_it_stands(deployed: Kube, begin: Begin) -> None:
    def port(name: str, number: int) -> dict[str, Any]:
        return {"name": name, "port": number, "targetPort": 8080, "protocol": "TCP"}

    spec = {"selector": {"app": "web"}, "ports": [port("a", 1), port("b", 2)]}
    deployed.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "two-ports"}, "spec": spec})
    values = {("spec", "ports", "[name=b]", "targetPort"): 9, ("spec", "ports", "[name=c]"): port("c", 3)}
    revert = begin(
        ObjectFields.planned(deployed, "Service", "two-ports", values, namespace=deployed.namespace)
    )
    ports = deployed.get("Service", "two-ports")["spec"]["ports"]
    assert [(item["name"], item["targetPort"]) for item in ports] == [("a", 8080), ("b", 9), ("c", 8080)]
    deployed.patch("Service", "two-ports", {"spec": {"ports": [port("z", 7), *reversed(ports)]}})
    assert revert() == "service/two-ports restored"
    ports = deployed.get("Service", "two-ports")["spec"]["ports"]
    assert [(item["name"], item["targetPort"]) for item in ports] == [("z", 8080), ("b", 8080), ("a", 8080)]


def test_a_probe_that_the_server_completes_is_known_again(deployed: Kube) -> None:
    place = ("spec", "template", "spec", "containers", "[name=web]", "readinessProbe")
    effect = ObjectFields.planned(
        deployed, "Deployment", "web", {place: {"tcpSocket": {"port": 1}}}, namespace=deployed.namespace
    )
    (change,) = effect.fields
    assert change.original["httpGet"]["path"] == "/"
    assert change.written["tcpSocket"] == {"port": 1}
    assert change.written["successThreshold"] == 1, "a default of the server"


def test_what_the_server_would_refuse_is_refused_before_anything_is_written(
    deployed: Kube, settings: str
) -> None:
    with pytest.raises(SeatrialError, match="data"):
        planned(deployed, settings, {("data", "a"): 7})


def test_an_object_is_created_and_deleted_again(deployed: Kube, begin: Begin) -> None:
    effect = CreatedObject.planned(config_map("created"), namespace=deployed.namespace)
    revert = begin(effect)
    effect.apply(deployed)
    assert deployed.get("ConfigMap", "created")["data"] == {"a": "1"}
    assert revert() == "configmap/created deleted"
    assert deployed.find("ConfigMap", "created") is None
    assert effect.revert(deployed) == "configmap/created is gone"


def test_an_object_of_the_same_name_that_is_not_ours_is_left(deployed: Kube, begin: Begin) -> None:
    effect = CreatedObject.planned(config_map("theirs"), namespace=deployed.namespace)
    revert = begin(effect)
    deployed.delete("ConfigMap", "theirs")
    deployed.create(config_map("theirs"))
    assert "is another object of that name" in revert()
    with pytest.raises(SeatrialError, match="is there already, and is not ours"):
        effect.apply(deployed)
    deployed.delete("ConfigMap", "theirs")


def test_an_object_is_deleted_and_created_again_as_it_was(deployed: Kube, begin: Begin) -> None:
    before = deployed.get("Service", "web")
    effect = DeletedObject.planned(deployed, "Service", "web", namespace=deployed.namespace)
    assert effect.revert(deployed) == "service/web was as before"
    revert = begin(effect)
    assert deployed.find("Service", "web") is None
    assert revert() == "service/web created again"
    after = deployed.get("Service", "web")
    assert after["spec"] == before["spec"], "with its address"
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert effect.revert(deployed) == "service/web is there again, and is left as it is"


def test_the_values_of_a_secret_are_not_written_down(deployed: Kube) -> None:
    with pytest.raises(FaultRefused, match="its values would have to be written down"):
        DeletedObject.planned(deployed, "Secret", "any", namespace=deployed.namespace)


def test_a_workload_is_scaled_and_scaled_back(deployed: Kube, begin: Begin) -> None:
    revert = begin(Scaled.planned(deployed, "Deployment", "web", 3))
    assert deployed.get("Deployment", "web")["spec"]["replicas"] == 3
    assert revert() == "deployment/web scaled back to 2"
    assert deployed.get("Deployment", "web")["spec"]["replicas"] == 2


def test_a_workload_that_somebody_else_scaled_is_left(deployed: Kube, begin: Begin) -> None:
    revert = begin(Scaled.planned(deployed, "Deployment", "web", 3))
    deployed.scale("Deployment", "web", 1)
    assert revert() == "deployment/web is left as it is: somebody else scaled it to 1"
    deployed.scale("Deployment", "web", 2)
    wait_for_rollouts(deployed, [("Deployment", "web")], within_seconds=60)


def test_a_pod_with_an_ephemeral_container_is_replaced(deployed: Kube, begin: Begin) -> None:
    pod = deployed.objects("Pod", selector="app=web")[0]
    body = {
        "name": "debug",
        "image": pod["spec"]["containers"][0]["image"],
        "command": ["sleep", "100"],
    }
    effect = EphemeralContainer.planned(deployed, pod["metadata"]["name"], body)
    revert = begin(effect)
    effect.apply(deployed)
    with_it = deployed.get("Pod", pod["metadata"]["name"])
    assert [item["name"] for item in with_it["spec"]["ephemeralContainers"]] == ["debug"]
    assert "could not be taken away" in revert()
    assert pod["metadata"]["uid"] not in {item["metadata"]["uid"] for item in deployed.objects("Pod")}
    assert effect.revert(deployed).endswith("is gone, and the container with it")
    wait_for_rollouts(deployed, [("Deployment", "web")], within_seconds=60)


IMAGE = ("spec", "template", "spec", "containers", "[name=store]", "image")


def stuck_store(deployed: Kube) -> Ready[str] | NotYet:
    pod = deployed.find("Pod", "store-0")
    waiting = [] if pod is None else (pod.get("status") or {}).get("containerStatuses") or ()
    stuck = any("Pull" in (item["state"].get("waiting") or {}).get("reason", "") for item in waiting)
    return Ready(pod["metadata"]["uid"]) if stuck and pod else NotYet("store-0 does not wait for its image")


@pytest.mark.parametrize("killed_in_between", [False, True])
def test_a_stateful_set_gets_rid_of_its_stuck_pod(
    deployed: Kube, begin: Begin, killed_in_between: bool
) -> None:
    values = {IMAGE: "127.0.0.1:1/none:none"}
    effect = ObjectFields.planned(deployed, "StatefulSet", "store", values, namespace=deployed.namespace)
    revert = begin(effect)
    uid = eventually(lambda: stuck_store(deployed), within_seconds=60, what="store-0 stuck")
    if killed_in_between:
        # The process restored the template and was killed before it came to the pod.
        (change,) = effect.fields
        containers = [{"name": "store", "image": change.original}]
        body = {"spec": {"template": {"spec": {"containers": containers}}}}
        deployed.patch("StatefulSet", "store", body, how="strategic")
    state = "was as before" if killed_in_between else "restored"
    assert revert() == (f"statefulset/store {state}, store-0 was stuck on the bad revision and deleted")
    wait_for_rollouts(deployed, [("StatefulSet", "store")], within_seconds=60)
    assert deployed.get("Pod", "store-0")["metadata"]["uid"] != uid


def test_a_node_comes_back_ready_and_sealed(deployed: Kube, begin: Begin) -> None:
    node = deployed.objects("Pod", selector="app=web")[0]["spec"]["nodeName"]
    assert hermetic.has_rules(node)
    reported = heartbeat(deployed.get("Node", node))
    effect = EngineContainer.planned(node, "killed")
    revert = begin(effect)
    with pytest.raises(SeatrialError, match="the engine runs no container"):
        EngineContainer.planned(node, "killed")
    assert revert() == f"node/{node} started again, it is Ready"
    back = deployed.get("Node", node)
    assert condition(back, "Ready")["status"] == "True"
    assert heartbeat(back) > reported, "what the API server says of it is news"
    assert hermetic.has_rules(node)
    assert effect.revert(deployed) == f"node/{node} ran already, it is Ready"
    eventually(
        lambda: all_ready(deployed), within_seconds=90, every_seconds=0.5, in_a_row=3, what="workloads ready"
    )


def all_ready(kube: Kube) -> Ready[None] | NotYet:
    """Whether every pod is ready, and says so since the node came back."""
    unready = [
        pod["metadata"]["name"]
        for pod in kube.objects("Pod")
        if condition(pod, "Ready").get("status") != "True"
    ]
    return NotYet(f"not ready: {', '.join(unready)}") if unready else Ready(None)


def test_fields_are_written_although_the_object_changes_all_the_time(kube: Kube) -> None:
    """As a Node does, whose kubelet reports it."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "busy"}, "data": {"a": "1"}}
    kube.create(body)
    ended = threading.Event()

    def keep_changing() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            kube.patch("ConfigMap", "busy", {"data": {"other": str(number)}})

    thread = threading.Thread(target=keep_changing)
    thread.start()
    try:
        for value in ("2", "3", "4", "5", "6"):
            planned = ObjectFields.planned(
                kube, "ConfigMap", "busy", {("data", "a"): value}, namespace=kube.namespace
            )
            planned.apply(kube)
            assert kube.get("ConfigMap", "busy")["data"]["a"] == value
    finally:
        ended.set()
        thread.join(30)
