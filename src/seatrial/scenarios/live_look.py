"""The workload is looked at as it stands; nothing is sent and nothing is disturbed."""

from seatrial.model.fault import NONE
from seatrial.model.measurement import SELECTED_PODS
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, measure, steps, wait

REST_SECONDS = 30.0
"""How long a rollout that is under way may take to end; what does not end is looked at all the same."""
LOOK_SECONDS = 2.0


@scenario("live-look", disruption=NONE, repetitions=0)
def live_look(subject: Subject) -> Steps:  # noqa: ARG001 - the watches are always those of the whole system
    """Watches the workload's pods and Services for a moment, once nothing is being rolled out."""
    return steps(
        wait("at-rest", within_seconds=REST_SECONDS, required=False),
        hold(LOOK_SECONDS, "the watches have told how things stand"),
        measure(SELECTED_PODS, within_seconds=10, expected_seconds=1),
    )
