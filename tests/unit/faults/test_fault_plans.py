"""What may be hit and what is refused, decided on finished timelines and plain objects."""

from __future__ import annotations

from typing import Any

import pytest
from stand_ins import pod, recorder, system, timeline, workload

from seatrial.errors import FaultRefused
from seatrial.faults.crash_pod import exit_codes
from seatrial.faults.delete_all_pods import all_replaced
from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.drain_node import MARK, require_uncordoned, still_waiting
from seatrial.faults.nodes import no_refuge, require_replicas, stays, takes_pods, tied_to_node
from seatrial.faults.victims import candidates, pods_gone, replacement_of, require_consent
from seatrial.model.timeline import Change
from seatrial.waiting import NotYet, Ready

TWO = (workload(), pod("a"), pod("b"))


def names(*seen: Any, role: str = "web", spare_last: bool = True, allow_last: bool = False) -> list[str]:
    found = candidates(timeline(*seen), system(), role, spare_last=spare_last, allow_last=allow_last)
    return [item.name for item in found]


def test_ready_pods_of_the_role_are_candidates() -> None:
    others = (pod("x", role="store"), pod("c", ready=False), pod("d", deleting=True))
    gone = (pod("e"), pod("e", 1.0, change=Change.DELETED))
    assert names(*TWO, *others, *gone) == ["a", "b"]


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(FaultRefused, match="no workload has the role 'wep'") as caught:
        names(*TWO, role="wep")
    assert "store, web" in caught.value.next_step


def test_a_workload_that_does_not_exist_is_refused_and_is_no_pass() -> None:
    with pytest.raises(FaultRefused, match="does not exist, nothing was disturbed"):
        names(pod("x", role="store"))
    with pytest.raises(FaultRefused, match="does not exist"):
        names(workload(), workload(1.0, change=Change.DELETED), pod("a"))


def test_no_ready_pod_is_refused_with_the_state_of_each() -> None:
    with pytest.raises(FaultRefused, match="no ready pod") as caught:
        names(workload(), pod("a", deleting=True), pod("b", ready=False, reason="CrashLoopBackOff"))
    assert caught.value.next_step == "pods: a terminating, b CrashLoopBackOff"


def test_the_last_replica_that_must_stay_up_is_refused() -> None:
    with pytest.raises(FaultRefused, match="a is the last ready replica"):
        names(workload(), pod("a"), pod("b", deleting=True))
    assert names(workload(), pod("a"), allow_last=True) == ["a"]
    assert names(workload(), pod("a"), spare_last=False) == ["a"]


CONSENT = {"disruptive": True, "context": "kind-x", "namespace": "shop"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"disruptive": False}, "does not consent"),
        ({"context": "prod"}, "consent is given for context 'prod'"),
        ({"context": None}, "consent is given for context None"),
        ({"namespace": "other"}, "consent is given for namespace 'other'"),
    ],
)
def test_consent_counts_only_for_exactly_this_context_and_namespace(
    changes: dict[str, Any], words: str
) -> None:
    made_for = system(consent=CONSENT | changes)
    with pytest.raises(FaultRefused, match=words):
        require_consent(made_for, recorder(timeline(), made_for).kube)
    require_consent(system(), recorder(timeline(), system()).kube)


def test_another_namespace_than_the_systems_is_refused() -> None:
    made_for = system(target={"context": "kind-x", "namespace": "prod"})
    with pytest.raises(FaultRefused, match="in namespace 'prod', not in 'shop'"):
        require_consent(made_for, recorder(timeline(), made_for).kube)


def test_the_same_seed_picks_the_same_victims_whatever_their_order() -> None:
    pods = [pod(name) for name in "abcdefgh"]
    first, second = DeletePod("web", seed=3), DeletePod("web", seed=3)
    picked = [first.pick(pods).name for _ in range(6)]
    assert picked == [second.pick(pods[::-1]).name for _ in range(6)]
    assert len(set(picked)) > 1, "each round draws anew"
    other = DeletePod("web", seed=4)
    assert picked != [other.pick(pods).name for _ in range(6)]


def test_a_named_victim_must_be_a_candidate() -> None:
    assert DeletePod("web", pod="b").pick([pod("a"), pod("b")]).name == "b"
    with pytest.raises(FaultRefused, match="pod z is no ready pod") as caught:
        DeletePod("web", pod="z").pick([pod("b"), pod("a")])
    assert caught.value.next_step == "ready: a, b"


def test_a_pod_is_gone_only_when_its_uid_was_seen_deleted() -> None:
    there = timeline(pod("a"), pod("a", 1.0, change=Change.MODIFIED, deleting=True))
    assert pods_gone(there, ["uid-a"]) == NotYet("a terminating")
    assert pods_gone(there, ["uid-z"]) == NotYet("uid-z never seen")
    gone = timeline(
        pod("a"), pod("b"), pod("a", 2.0, change=Change.DELETED), pod("b", 3.0, change=Change.DELETED)
    )
    assert pods_gone(gone, ["uid-a", "uid-b"]) == Ready(3.0)


def test_all_pods_are_replaced_when_all_are_gone_and_as_many_have_come() -> None:
    victims = [pod("a"), pod("b")]
    gone = [pod(name, 2.0, change=Change.DELETED) for name in ("a", "b")]
    came = [pod("c", 2.1, ready=False), pod("d", 2.2, ready=False)]
    assert all_replaced(timeline(*victims, gone[0], *came), victims, 1.0) == NotYet("b still there")
    one = timeline(*victims, *gone, came[0], pod("s", 2.3, role="store"))
    assert all_replaced(one, victims, 1.0) == NotYet("1 of 2 pods of web came again")
    found = all_replaced(timeline(*victims, *gone, *came), victims, 1.0)
    assert isinstance(found, Ready)
    assert (found.value.at, found.value.replacement) == (2.0, "c")
    assert found.value.words == "all 2 pods of web gone after 1.0 s"


def test_the_replacement_is_the_first_new_pod_of_the_same_role() -> None:
    seen = timeline(pod("a"), pod("b"), pod("x", 2.0, role="store"), pod("c", 3.0), pod("d", 4.0))
    assert replacement_of(pod("a"), seen, since=1.0) == "c"
    assert replacement_of(pod("a"), seen, since=5.0) == ""
    again = pod("store-0", 3.0, role="store", uid="uid-new")
    assert replacement_of(pod("store-0", role="store"), timeline(again), since=1.0) == "store-0"


def node(name: str = "n", **changes: Any) -> dict[str, Any]:
    status = {"conditions": [{"type": "Ready", "status": "True"}]}
    return {"metadata": {"name": name, "uid": "u"}, "spec": {}, "status": status} | changes


def test_a_node_with_no_refuge_for_its_pods_is_impossible_with_its_arithmetic() -> None:
    tainted = node("t", spec={"taints": [{"key": "control-plane", "effect": "NoSchedule"}]})
    away = node("x", status={"conditions": [{"type": "Ready", "status": "Unknown"}]})
    cordoned = node("c", spec={"unschedulable": True})
    assert not any(takes_pods(other) for other in (tainted, away, cordoned))
    reason = no_refuge(["n"], [node(), tainted, away, cordoned])
    assert reason == "no other node could take the pods of n: of 3 others 0 take pods: c, t, x"
    assert no_refuge(["n"], [node()]).endswith("of 0 others 0 take pods")
    other = node("o")
    assert no_refuge(["n", "o"], [node(), other]).startswith(
        "no other node could take the pods of n, o: of 0"
    )
    assert no_refuge(["n"], [node(), other]) == ""
    prefers = node("p", spec={"taints": [{"key": "k", "effect": "PreferNoSchedule"}]})
    assert no_refuge(["n"], [node(), prefers]) == ""


def test_a_node_that_is_cordoned_already_is_refused() -> None:
    with pytest.raises(FaultRefused, match="node n is cordoned already\n"):
        require_uncordoned(node(spec={"unschedulable": True}))
    ours = node(spec={"unschedulable": True}, metadata={"name": "n", "annotations": {MARK: "run-1"}})
    with pytest.raises(FaultRefused, match="cordoned already by run-1"):
        require_uncordoned(ours)
    require_uncordoned(node())


def owned(kind: str) -> dict[str, Any]:
    return {"metadata": {"name": "p", "ownerReferences": [{"kind": kind, "controller": True}]}, "status": {}}


def test_a_drain_leaves_what_it_must() -> None:
    assert stays(owned("ReplicaSet")) == ""
    assert stays(owned("StatefulSet")) == ""
    assert "DaemonSet" in stays(owned("DaemonSet"))
    assert "no controller" in stays({"metadata": {"name": "bare"}})
    mirror = {"metadata": {"name": "m", "annotations": {"kubernetes.io/config.mirror": "x"}}}
    assert "static" in stays(mirror)
    assert "ended" in stays({**owned("Job"), "status": {"phase": "Succeeded"}})
    generator = owned("Job")
    generator["metadata"]["labels"] = {"seatrial.dev/part": "generator"}
    assert "sends the traffic" in stays(generator)


def volume(key: str) -> dict[str, Any]:
    terms = [{"matchExpressions": [{"key": key, "operator": "In", "values": ["node-1"]}]}]
    return {"metadata": {"name": "v"}, "spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}}


def test_a_drain_leaves_a_pod_whose_volume_cannot_follow_it() -> None:
    assert tied_to_node(volume("kubernetes.io/hostname"))
    assert not tied_to_node(volume("topology.kubernetes.io/zone"))
    assert not tied_to_node({"metadata": {"name": "v"}, "spec": {}})
    claiming = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data-store-0"}}]}
    stored = {**owned("StatefulSet"), "spec": claiming}
    assert stays(stored, {"data-store-0"}) == "its volume data-store-0 lies on this node"
    assert stays(stored, {"data-other-0"}) == ""


def test_a_drain_names_what_does_not_take_the_place_of_evicted_pods() -> None:
    new = pod("c", 3.0, ready=False, phase="Pending", reason="Unschedulable")
    other = pod("x", 3.0, ready=False, owner="ReplicaSet/other-1")
    leaving = pod("d", 3.0, ready=False, deleting=True)
    assert still_waiting([pod("a")], timeline(pod("b"), new, other, leaving)) == ["c is Unschedulable"]
    assert still_waiting([pod("a")], timeline(pod("b"))) == []


def test_a_drain_that_takes_a_lone_stateless_replica_is_refused() -> None:
    lone = timeline(workload(), pod("a"), pod("s", role="store"))
    with pytest.raises(FaultRefused, match="a is the last ready replica of role 'web'"):
        require_replicas([pod("a")], lone, ["web"])
    require_replicas([pod("s", role="store")], lone, ["web"])
    require_replicas([pod("a"), pod("b")], timeline(*TWO), ["web"])


def test_exit_codes_are_those_of_the_victims_own_containers() -> None:
    old = {"terminated": {"containerID": "c://1", "exitCode": 137}}
    containers = [
        {"name": "a", "state": {"running": {}}, "lastState": old},
        {"name": "b", "state": {"terminated": {"containerID": "c://2", "exitCode": 0}}},
        {"name": "c", "state": {"terminated": {"containerID": "c://other", "exitCode": 1}}},
    ]
    found = exit_codes({"status": {"containerStatuses": containers}}, ("c://1", "c://2", "c://3"))
    assert found == {"c://1": 137, "c://2": 0}
