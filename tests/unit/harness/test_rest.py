"""What is moved before a scenario begins: pods that a drain has left on one node."""

from __future__ import annotations

import pytest
from observations import pod, timeline

from seatrial.harness.rest import crowded, declares_spread

TERM = {"topologyKey": "kubernetes.io/hostname"}


def ready(uid: str, node: str = "worker", **more: object):
    return pod(1.0, f"orders-{uid}", uid=uid, node=node, ready=True, **more)


def test_pods_of_one_controller_on_one_node_are_crowded() -> None:
    ((first, second),) = crowded(timeline(ready("a"), ready("b")))
    assert (first.uid, second.uid) == ("a", "b")


@pytest.mark.parametrize(
    "seen",
    [
        [ready("a"), ready("b", "worker2")],
        [ready("a")],
        [ready("a"), pod(1.0, "orders-b", uid="b")],
        [ready("a"), ready("b", deleting=True)],
        [],
    ],
    ids=["spread", "one", "one that starts", "one that leaves", "none"],
)
def test_others_are_not(seen: list) -> None:
    assert crowded(timeline(*seen)) == []


@pytest.mark.parametrize(
    ("spec", "declared"),
    [
        ({"topologySpreadConstraints": [TERM]}, True),
        ({"topologySpreadConstraints": [{"topologyKey": "topology.kubernetes.io/zone"}]}, False),
        ({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]}}}, True),
        (
            {
                "affinity": {
                    "podAntiAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [{"podAffinityTerm": TERM}]
                    }
                }
            },
            True,
        ),
        ({}, False),
    ],
)
def test_only_a_declared_spread_is_restored(spec: dict, declared: bool) -> None:
    assert declares_spread(spec) is declared
