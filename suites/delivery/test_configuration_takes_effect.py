"""A changed configuration reaches every replica."""

from seatrial.judge.configured import configuration_takes_effect
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "delivery.configuration-takes-effect",
    level=PROVISIONAL,
    scenario="changed-configuration",
    records={EXCHANGES, TIMELINE},
    requirement="A changed value of a ConfigMap or Secret MUST reach every replica in the declared way.",
    remediation="Mount it as a folder, without subPath, and have the process read it again; or roll the "
    "workload out with each change.",
    shows=("delivery.config-rollout", "delivery.config-reload"),
)
def test_a_changed_configuration_takes_effect(observation: Observation) -> Verdict:
    """A value is changed for a while; each replica is looked at until it has the new one."""
    return configuration_takes_effect(observation)
