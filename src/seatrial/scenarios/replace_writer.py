"""The pod of a single writer is replaced: deleted, and then rolled out."""

from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, steps, wait
from seatrial.scenarios.needs.single_writer import single_writer

REST_SECONDS = 120.0
"""Until its pod is Ready again: a workload that is not is not rolled out."""


@scenario(
    "replace-writer",
    disruption=VOLUNTARY,
    needs={single_writer},
    repetitions=2,
    traces=("revisions", "restartedAt"),
)
def replace_writer(subject: Subject) -> Steps:
    """Deletes the workload's pod with its grace period, and then rolls the workload out, without traffic."""
    return steps(
        inject("delete-pod", subject.role, allow_last=True),
        wait("at-rest", within_seconds=REST_SECONDS),
        inject("rollout-restart", subject.role),
    )
