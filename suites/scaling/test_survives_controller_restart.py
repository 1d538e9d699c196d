"""An autoscaler goes on deciding by its algorithm after its controller was restarted."""

from seatrial.judge.controller_away import survives_controller_restart
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "scaling.survives-controller-restart",
    level=PROVISIONAL,
    scenario="controller-restart",
    records={TIMELINE},
    requirement="An autoscaled workload MUST follow its load when the cluster's controllers are restarted, "
    "and MUST NOT lose replicas by that.",
    remediation="Rely on nothing that a controller only remembers: a minimum of replicas and policies of "
    "`behavior.scaleDown` hold without its memory.",
    shows=("scaling.one-autoscaler",),
    tells_others=True,
)
def test_a_controller_restart_is_survived(observation: Observation) -> Verdict:
    """The controllers are restarted as a load begins: replicas are added by the algorithm, none is taken."""
    return survives_controller_restart(observation)
