"""The controllers of the cluster are restarted at the begin of a load step."""

from seatrial.judge.hpa.objectives import SCALING, up_seconds
from seatrial.model.fault import RESTART_CONTROLLERS, VOLUNTARY
from seatrial.model.load import OWN_PER_SECOND, REST_SECONDS, SLACK_SECONDS
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, inject, steps, stop, traffic, wait
from seatrial.scenarios.needs.autoscaled import autoscaled
from seatrial.scenarios.needs.own_nodes import own_nodes

HELD_SECONDS = 17.0
"""The load goes on for another decision, which comes every 15 s: it must not turn back."""


@scenario(
    "controller-restart", disruption=VOLUNTARY, needs={autoscaled, own_nodes}, repetitions=1, look=SCALING
)
def controller_restart(subject: Subject) -> Steps:
    """Begins the workload's `load_step`, restarts the controllers, and waits for decisions."""
    step = subject.workload.load_step
    assert step is not None  # the need `autoscaled` says so
    return steps(
        traffic(subject.journey, per_second=OWN_PER_SECOND, bystanders=5),
        wait("at-minimum", within_seconds=REST_SECONDS),
        traffic(step.journey, per_second=step.per_second, name="load", steady=False),
        inject(RESTART_CONTROLLERS, subject.role),
        wait(
            "scaled-out", required=False,
            within_seconds=up_seconds(subject.system.objectives) + SLACK_SECONDS,
        ),
        hold(HELD_SECONDS, "another decision under the same load"),
        stop("load"),
    )  # fmt: skip
