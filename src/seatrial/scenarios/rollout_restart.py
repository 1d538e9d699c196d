"""A replicated workload is rolled out anew."""

from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, steps, traffic
from seatrial.scenarios.needs.replicated import replicated


@scenario(
    "rollout-restart",
    disruption=VOLUNTARY,
    needs={replicated},
    repetitions=1,  # each replaces every pod
    traces=("revisions", "restartedAt"),
)
def rollout_restart(subject: Subject) -> Steps:
    """Restarts every pod of the workload by a rollout, as `kubectl rollout restart` does, under traffic."""
    return steps(
        traffic(subject.journey, per_second=100, bystanders=5),
        inject("rollout-restart", subject.role),
    )
