"""`seatrial status` names what is not as deployed: cordoned node, changed objects, lacking pods, a lease."""

from __future__ import annotations

import json

from seatrial.cluster import ClusterStatus
from seatrial.cluster.state import node_states
from seatrial.commands.status import Objects, _as_json, _of_cluster, _of_objects


def node(name, ready="True", **spec):
    return {
        "metadata": {"name": name},
        "spec": spec,
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def test_a_cordoned_node_is_shown_and_is_no_unready_one():
    nodes = [node("a"), node("b", unschedulable=True), node("c", "Unknown", unschedulable=True)]
    states, unready = node_states(nodes)
    assert states == {"a": "Ready", "b": "Ready, cordoned", "c": "NotReady, cordoned"}
    assert unready == ["c"]
    (line,) = [line for line in _of_cluster(ClusterStatus(None, states)) if line.startswith("nodes")]
    assert "b Ready, cordoned" in line


def test_what_is_not_as_deployed_is_named():
    found = Objects(
        "", ["deployment/a: spec.replicas was 2, is 0"], ["Deployment/b: 1 of 2 pods ready"], ["x: y"]
    )
    assert _of_objects(found) == [
        "objects  deployment/a: spec.replicas was 2, is 0",
        "pods     Deployment/b: 1 of 2 pods ready",
        "lease    x: y",
    ]
    shown = json.loads(_as_json(None, found, ["a fault"], ""))
    assert shown["different"] == found.differences
    assert shown["left_behind"] == ["a fault"]


def test_what_nobody_looked_at_is_not_called_unchanged():
    assert _of_objects(Objects("no cluster")) == ["objects  not read: no cluster"]
    assert _of_objects(Objects()) == ["objects  there are no manifests to compare with"]
    assert _of_objects(Objects(differences=[])) == ["objects  as the manifests declare them"]
