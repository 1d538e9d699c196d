"""Which process is restarted, and when it leads again."""

from types import SimpleNamespace

import pytest
from stand_ins import endpoints, pod, recorder, system, timeline, workload

from seatrial.errors import FaultRefused
from seatrial.faults.base import Impossible, Plan
from seatrial.faults.restart_controllers import RestartControllers, leader
from seatrial.model.fault import Target
from seatrial.waiting import NotYet, Ready

KIND = system(target={"kind": {"config": "three.yaml"}, "namespace": "shop"})
PLAN = Plan(Target("Pod", "kube-system", "kcm-1"), "web", 0, (), details={"leader": "node_1"})


def world(*pods, holder="node_1", of=KIND):
    found = recorder(timeline(workload(), pod("a"), pod("b"), endpoints(0.0, pod("a"), pod("b"))), of)
    found.kube = SimpleNamespace(
        **vars(found.kube),
        objects=lambda *_, **__: list(pods),
        get=lambda *_, **__: {"spec": {"holderIdentity": holder}},
    )
    return found


def test_only_ones_own_controllers_are_restarted():
    with pytest.raises(FaultRefused, match="are everybody's, nothing was disturbed"):
        RestartControllers("web").plan(world(of=system()))


@pytest.mark.parametrize("number", [0, 2])
def test_where_not_one_of_them_runs_it_is_impossible(number):
    found = RestartControllers("web").plan(world(*[{"metadata": {"name": "x"}}] * number))
    assert isinstance(found, Impossible)
    assert found.reason == (
        f"{number} pods of kube-system are labelled component=kube-controller-manager, "
        "and one was to be restarted"
    )


def test_it_leads_again_under_another_name():
    assert leader(world(holder="node_2").kube) == "node_2"
    same = RestartControllers("web").verify(PLAN, world(), 5.0)
    assert same == NotYet("node_1 is still named as the leader")
    assert isinstance(RestartControllers("web").verify(PLAN, world(holder=""), 5.0), NotYet)
    seen = RestartControllers("web").verify(PLAN, world(holder="node_2"), 5.0)
    assert isinstance(seen, Ready)
    assert seen.value.words.endswith(", as node_2")
