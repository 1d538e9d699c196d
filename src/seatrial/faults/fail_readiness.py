"""Make one pod unready that goes on working: its readiness probe is refused on its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from seatrial.declared.live_probe import LIVENESS, READINESS, LiveProbe, live_probes
from seatrial.faults.base import Fault, Impossible, Picking, Plan, Verified
from seatrial.faults.effects.node_rule import NodeRule
from seatrial.faults.kind_nodes import require_kind_node, require_own_cluster
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import NO_PROBE, Disruption, Target
from seatrial.model.right import Right, on_own_cluster
from seatrial.waiting import NotYet, Ready

SLACK_SECONDS = 15.0
"""Beyond the probe's own arithmetic: kubelet, API server and watch of a busy machine."""
LONGEST_SECONDS = 120.0
"""A probe that takes longer to notice is not waited for."""


@fault(
    "fail-readiness",
    disruption=Disruption.VOLUNTARY,
    expected_seconds=5,
    at_most_seconds=LONGEST_SECONDS + SLACK_SECONDS,
    becomes_available=False,
    rights=[Right(("get",), "Pod", when=on_own_cluster)],
)
class FailReadiness(Fault):
    """Refuse the readiness probe of a ready pod on its node, so that kubelet calls the pod unready.

    The pod itself is untouched and answers whoever still asks it. Where its liveness probe asks the same, the
    container must not be restarted before the fault is over, or the fault is impossible. A probe that is a
    command in the container cannot be refused from outside.

    Args:
        role, pod, selector, seed: see `Fault`.
        hold_seconds: how long the pod stays unready.
    """

    def __init__(self, role: str, *, hold_seconds: float = 15.0, **picking: Unpack[Picking]) -> None:
        super().__init__(role, **picking)
        self._hold_for(hold_seconds)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        system, kube = recorder.system, recorder.kube
        require_own_cluster(system, "probes are refused only on nodes of Seatrial's own kind cluster")
        ready = candidates(recorder.snapshot(), system, self.role, spare_last=True)
        victim = self.pick(self.matching(ready, recorder))
        require_kind_node(victim.node)
        target = Target("Pod", kube.namespace, victim.name, victim.uid)
        found = way(kube.get("Pod", victim.name), self.hold_seconds)
        if isinstance(found, NoWay):
            return Impossible(
                target, self.role, self.seed, f"{victim.name} cannot be made unready: {found.reason}",
                {NO_PROBE: found.undeclared},
            )  # fmt: skip
        return Plan(
            target=target,
            workload=self.role,
            seed=self.seed,
            victims=(victim,),
            effects=(NodeRule.planned(victim.node, victim.ip, found.probe.port, found.begins),),
            verify_seconds=found.probe.unanswered_at_most_seconds + SLACK_SECONDS,
            hold_seconds=self.hold_seconds,
            details={"node": victim.node, "probe": str(found.probe), "container": found.probe.container},
        )

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        victim = plan.victims[0]
        states = [s for s in recorder.snapshot().pods.get(victim.uid, ()) if s.at >= injected_at]
        if any(state.deleting for state in states):
            return NotYet(f"{victim.name} is being deleted")
        unready = next((state for state in states if not state.ready), None)
        if unready is None:
            return NotYet(f"{victim.name} is still Ready")
        words = f"{victim.name} unready {unready.at - injected_at:.1f} s after its probe was refused"
        return Ready(Verified(unready.at, f"{words} ({plan.details['probe']})"))


@dataclass(frozen=True)
class Way:
    """The probe that is refused; `begins` when only what begins so must be."""

    probe: LiveProbe
    begins: str


@dataclass(frozen=True)
class NoWay:
    """Why a pod cannot be made unready from outside; `undeclared` when nothing could make it unready."""

    reason: str
    undeclared: bool = False


def way(pod: Mapping[str, Any], hold_seconds: float) -> Way | NoWay:
    """How to make a pod unready from its node without touching it, or why that cannot be done."""
    if pod["spec"].get("hostNetwork"):
        return NoWay("it uses its node's network, so what the node sends to others would be refused, too")
    probes = list(live_probes(pod, READINESS))
    if not probes:
        return NoWay("none of its containers has a readiness probe", undeclared=True)
    liveness = list(live_probes(pod, LIVENESS))
    found = [_way(probe, liveness, hold_seconds) for probe in probes]
    return next((one for one in found if isinstance(one, Way)), found[0])


def _way(probe: LiveProbe, liveness: list[LiveProbe], hold_seconds: float) -> Way | NoWay:
    if probe.handler == "exec":
        return NoWay(f"the readiness of {probe.container} is {probe}, which nobody can refuse from outside")
    if probe.elsewhere or not probe.port:
        return NoWay(f"the readiness probe of {probe.container} asks {probe.elsewhere or 'no known port'}")
    if probe.unanswered_at_most_seconds > LONGEST_SECONDS:
        return NoWay(
            f"its readiness probe takes {probe.unanswered_at_most_seconds:g} s to act "
            f"({probe.threshold} x {probe.period_seconds} s + {probe.timeout_seconds} s), and at most "
            f"{LONGEST_SECONDS:g} s are waited for it"
        )
    same = [one for one in liveness if one.port == probe.port]
    # Where both ask one port, only requests can be told apart, and only those that can be read on the way.
    apart = all(one.begins and not one.begins.startswith(probe.begins) for one in same) and probe.begins
    if same and apart:
        return Way(probe, probe.begins)
    acts_seconds = probe.unanswered_at_most_seconds
    needed_seconds = acts_seconds + hold_seconds
    for one in same:
        if one.refused_at_least_seconds < needed_seconds:
            return NoWay(
                f"its liveness probe asks the same ({one}) and may restart it after {one.threshold - 1} x "
                f"{one.period_seconds} = {one.refused_at_least_seconds:g} s, where {needed_seconds:g} s are "
                f"needed: {acts_seconds:g} s until it is unready, {hold_seconds:g} s to look"
            )
    return Way(probe, "")
