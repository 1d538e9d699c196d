"""An autoscaled workload gets more load than its minimum of replicas can carry, and loses it again."""

from seatrial.judge.hpa.objectives import SCALING, down_seconds, up_seconds
from seatrial.model.fault import VOLUNTARY
from seatrial.model.load import (
    BESIDE_PER_SECOND,
    HELD_SECONDS,
    OWN_PER_SECOND,
    REST_SECONDS,
    SLACK_SECONDS,
)
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, steps, stop, traffic, wait
from seatrial.scenarios.needs.autoscaled import autoscaled


@scenario("load-step", disruption=VOLUNTARY, needs={autoscaled}, look=SCALING)
def load_step(subject: Subject) -> Steps:
    """Offers the workload's `load_step` until its replicas are ready, ends it, and waits for the minimum."""
    step, objectives = subject.workload.load_step, subject.system.objectives
    assert step is not None  # the need `autoscaled` says so
    fall_seconds = down_seconds(objectives) + SLACK_SECONDS
    return steps(
        traffic(subject.journey, per_second=OWN_PER_SECOND, bystanders=BESIDE_PER_SECOND),
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
