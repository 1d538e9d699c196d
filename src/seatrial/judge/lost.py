"""Whether a workload answers again when nodes, or a whole zone of them, are lost. Pure."""

from __future__ import annotations

from seatrial.judge.disruption import involuntary
from seatrial.model.fault import ONE_ZONE
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "clients are answered by pods on other nodes within the recovery objective"
SPREAD = (
    "Spread the replicas over zones (topologySpreadConstraints by topology.kubernetes.io/zone, or "
    "podAntiAffinity): as they run, the loss of that zone is the loss of all of them."
)
ELSEWHERE = "Such a loss needs other nodes whose pods may come from anywhere, and labels that name the zones."


def survived(observation: Observation) -> Verdict:
    """Whether the loss stayed within the error budget, and was over within the recovery objective.

    Replicas that all run in one of several zones are FAILED, and nothing is tried; a cluster that has no
    other node, or zone, for them is UNSUPPORTED.
    """
    found = next((fault for fault in observation.faults if fault.impossible), None)
    if found is None:
        return involuntary(observation)
    if not found.details.get(ONE_ZONE):
        return Verdict(Outcome.UNSUPPORTED, found.impossible, EXPECTED, ELSEWHERE)
    text = f"cannot hold: {found.impossible}; it was not tried"
    return Verdict(Outcome.FAILED, text, EXPECTED, SPREAD)
