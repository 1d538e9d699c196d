"""Quota and admission leave room for the pod that replaces one that is still ending."""

from seatrial.judge.replacement import replaced
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "orchestration.replacement-is-admitted",
    level=PROVISIONAL,
    scenario="delete-pod",
    records={TIMELINE},
    requirement="A pod that is taken away MUST be replaced without its creation being refused, "
    "so that the workload is back at its declared replicas as soon as the new pod is ready.",
    remediation="Leave room in quotas for a pod beside those that end; requests and limits as LimitRange and "
    "admission policies permit.",
    shows=("delivery.quota-room",),
)
def test_replacement_is_admitted(observation: Observation) -> Verdict:
    """No creation of a pod is refused while three pods are replaced; tells the seconds below the declared."""
    return replaced(observation)
