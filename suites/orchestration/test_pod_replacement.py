"""Requests keep being answered while one pod of a replicated workload is replaced."""

from seatrial.catalogue import CORE, REPLICAS, check


@check(
    "orchestration.pod-replacement",
    level=CORE,
    needs={REPLICAS},
    disruptive=True,
    requirement="A replicated workload MUST answer while one of its pods is replaced.",
    remediation="Run two or more replicas; fail readiness and wait a few seconds before exit.",
    shows=("orchestration.readiness-probe", "orchestration.replicas", "orchestration.pre-stop"),
)
def test_pod_replacement_loses_no_request(workload, stream, faults, judge):
    """Deletes three pods, one after the other, under 100 requests a second; none may fail."""
    with stream.steady(workload.journey_name, per_second=100):
        for _ in range(3):
            faults.delete_pod(workload)
    judge.voluntary_disruption()
