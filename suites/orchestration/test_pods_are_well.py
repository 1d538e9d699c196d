"""Nothing is amiss with the workload as it stands."""

from seatrial.judge.standing import as_it_stands
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "orchestration.pods-are-well",
    level=PROVISIONAL,
    scenario="live-look",
    records={TIMELINE},
    requirement="At rest every pod of a workload MUST be Ready and of the one version that is declared, and "
    "MUST NOT keep ending, nor share a Service or an autoscaler with pods of others.",
    remediation="End what is half done (rollouts, images that cannot be pulled, pods without a node), and "
    "let each Service select its own pods only.",
    shows=(
        "container.image-tag",
        "cost.memory-limit",
        "delivery.config-map-exists",
        "discovery.service-selects",
        "delivery.fields-together",
    ),
)
def test_pods_are_well(observation: Observation) -> Verdict:
    """Ready pods, versions, ends for lack of memory and foreign pods of a Service, read and not disturbed."""
    return as_it_stands(observation)
