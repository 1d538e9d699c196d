"""What holding replicas means, decided on plain objects."""

import pytest

from seatrial.errors import BadInput
from seatrial.faults.hold_replicas import HoldReplicas, bounds_of
from seatrial.faults.registry import make_fault, uses_of


def test_the_bounds_of_an_autoscaler():
    assert bounds_of({"spec": {"minReplicas": 2, "maxReplicas": 6}}) == (2, 6)
    assert bounds_of({"spec": {"maxReplicas": 6}}) == (1, 6), "the server's default is 1"
    assert bounds_of({"spec": {"minReplicas": 0, "maxReplicas": 6}}) == (0, 6)


def test_it_is_made_by_name_and_needs_the_autoscaler_and_the_scale():
    made = make_fault("hold-replicas", "web", {"replicas": 3})
    assert isinstance(made, HoldReplicas)
    assert made.replicas == 3
    needed = {(use.right.kind, use.right.subresource) for use in uses_of(HoldReplicas, None)}
    assert {("HorizontalPodAutoscaler", ""), ("Deployment", "scale")} <= needed
    with pytest.raises(BadInput, match="whole number"):
        make_fault("hold-replicas", "web", {"replicas": "three"})
