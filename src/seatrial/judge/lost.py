"""Whether a workload answers again when nodes, or a whole zone of them, are lost. Pure."""

from __future__ import annotations

from dataclasses import replace

from seatrial.judge.disruption import involuntary
from seatrial.model.fault import LOST_PODS, ONE_ZONE, TIED, TOLERATED
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "clients are answered by pods on other nodes within the recovery objective"
SPREAD = (
    "Spread the replicas over zones (topologySpreadConstraints by topology.kubernetes.io/zone, or "
    "podAntiAffinity): as they run, the loss of that zone is the loss of all of them."
)
ELSEWHERE = "Such a loss needs other nodes whose pods may come from anywhere, and labels that name the zones."

NOTICED_SECONDS = 50
"""Until the API server calls a node lost (kube-controller-manager, node-monitor-grace-period)."""


def stays_away(tolerated_seconds: float | None, *, tied: bool) -> str:
    """When a pod of a StatefulSet whose node is lost would run elsewhere, with the arithmetic: never."""
    waits = (
        "it tolerates that for ever" if tolerated_seconds is None
        else f"{NOTICED_SECONDS} + {tolerated_seconds:g} s until it is told to end"
    )  # fmt: skip
    why = "its volume is tied to the node" if tied else "nobody knows whether it still runs there"
    return f"{waits}, and then it never comes back without the node, for {why}"


def survived(observation: Observation) -> Verdict:
    """Whether the loss stayed within the error budget, and was over within the recovery objective.

    Replicas that all run in one of several zones are FAILED, and nothing is tried; a cluster that has no
    other node, or zone, for them is UNSUPPORTED. Which pods nothing but the node brings back is told.
    """
    found = next((fault for fault in observation.faults if fault.impossible), None)
    if found is None:
        verdict = involuntary(observation)
        stays = _stays_away(observation)
        return replace(verdict, reasons=(*verdict.reasons, *stays)) if stays else verdict
    if not found.details.get(ONE_ZONE):
        return Verdict(Outcome.UNSUPPORTED, found.impossible, EXPECTED, ELSEWHERE)
    text = f"cannot hold: {found.impossible}; it was not tried"
    return Verdict(Outcome.FAILED, text, EXPECTED, SPREAD)


def _stays_away(observation: Observation) -> list[str]:
    """Pods that only the return of the node brought back, which a longer loss would not show otherwise."""
    owners = {} if observation.timeline is None else {
        states[-1].name: states[-1].owner for states in observation.timeline.pods.values()
    }  # fmt: skip
    return [
        f"{name}: {stays_away(fault.details.get(TOLERATED, {}).get(name), tied=name in fault.details[TIED])}"
        for fault in observation.faults if TIED in fault.details
        for name in fault.details.get(LOST_PODS, ())
        if owners.get(name, "").startswith("StatefulSet/")
    ]  # fmt: skip
