"""A value of a ConfigMap or Secret that the workload takes is changed, and changed back."""

from seatrial.model.configuration import CHANGE, CONFIGURATION, NEW, OLD, ROLLOUT
from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, measure, release, steps, traffic
from seatrial.scenarios.needs.configured import configured

LOOK_SECONDS = 30.0
MOUNTED_SECONDS = 130.0
"""Kubelet looks after volumes every 60 to 90 s, and may know an object from a minute before by then."""
ROLLED_SECONDS = 600.0
"""The usual progress deadline of a rollout."""


@scenario(
    "changed-configuration", disruption=VOLUNTARY, needs={configured}, repetitions=1, traces=("revisions",)
)
def changed_configuration(subject: Subject) -> Steps:
    """Writes another value, waits until every replica shows it, and puts the old one back."""
    assert subject.workload.configuration is not None  # the need says so
    rolled = subject.workload.configuration.delivered_by == ROLLOUT
    within = ROLLED_SECONDS if rolled else MOUNTED_SECONDS
    return steps(
        traffic(subject.journey, per_second=20, bystanders=5),
        measure(CONFIGURATION, wanted=OLD, within_seconds=LOOK_SECONDS, expected_seconds=1),
        inject(CHANGE, subject.role, held=True),
        measure(CONFIGURATION, wanted=NEW, within_seconds=within, expected_seconds=5),
        release(CHANGE),
        measure(CONFIGURATION, wanted=OLD, within_seconds=within, expected_seconds=5),
    )
