"""An autoscaled workload gets more load than its minimum of replicas can carry, and loses it again."""

from seatrial.judge.hpa.objectives import SCALING, down_seconds, up_seconds
from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, steps, stop, traffic, wait
from seatrial.scenarios.needs.autoscaled import autoscaled

REST_SECONDS = 180.0
"""How long the workload may take to be at its minimum before the step; more where scale-in takes longer."""
HELD_SECONDS = 8.0
"""How long the load goes on after enough replicas are ready: proxies find them, each takes its share."""
SLACK_SECONDS = 10.0
"""Waited beyond an objective, so that the judge sees that it was missed and not merely that nobody looked."""


@scenario("load-step", disruption=VOLUNTARY, needs={autoscaled}, look=SCALING)
def load_step(subject: Subject) -> Steps:
    """Offers the workload's `load_step` until its replicas are ready, ends it, and waits for the minimum."""
    step, objectives = subject.workload.load_step, subject.system.objectives
    assert step is not None  # the need `autoscaled` says so
    fall_seconds = down_seconds(objectives) + SLACK_SECONDS
    return steps(
        traffic(subject.journey, per_second=20, bystanders=5),
        wait("at-minimum", within_seconds=max(REST_SECONDS, fall_seconds)),
        traffic(step.journey, per_second=step.per_second, name="load", steady=False),
        wait(
            "replicas-ready", replicas=step.replicas, required=False,
            within_seconds=up_seconds(objectives) + SLACK_SECONDS,
        ),
        hold(HELD_SECONDS, "the new replicas serve"),
        stop("load"),
        wait("replicas-at-most-minimum", required=False, within_seconds=fall_seconds),
    )  # fmt: skip
