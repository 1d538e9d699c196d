"""Replicas follow the load: up within the objective, down again, and no request is lost on the way."""

from seatrial.catalogue import AUTOSCALER, CORE, check


@check(
    "scaling.follows-load",
    level=CORE,
    needs={AUTOSCALER},
    disruptive=True,
    shows=(
        "scaling.autoscaler-target",
        "scaling.metric-has-request",
        "scaling.reachable-target",
        "orchestration.pre-stop",
    ),
    requirement="An autoscaled workload MUST gain ready replicas under load within the objective, and shed "
    "them afterwards without failing a request.",
    remediation="Point the autoscaler at the workload and at a metric that the load moves; drain before exit.",
)
def test_replicas_follow_the_load(workload, stream, load, judge):
    """Adds a load step through Locust until enough replicas are ready, ends it, and waits for the minimum."""
    with stream.steady(workload.journey_name, per_second=20):
        step = load.step_until_scaled(workload)
    judge.follows_load(step)
