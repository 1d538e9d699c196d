"""What was acknowledged is still there after the process that stores it was killed."""

from seatrial.catalogue import ACKNOWLEDGED_WRITES, CORE, STATE, check


@check(
    "data.acknowledged-writes-survive",
    level=CORE,
    needs={STATE, ACKNOWLEDGED_WRITES},
    disruptive=True,
    shows=("data.stateful-volume", "data.lasting-volume"),
    requirement="A write that was acknowledged MUST be readable after its store was killed.",
    remediation="Answer only after the commit is durable (fsync on, synchronous replicas where there are any).",
)
def test_acknowledged_writes_survive_a_killed_store(workload, stream, faults, judge):
    """Kills every process of the store with SIGKILL under writes, then reads each accepted write back."""
    faults.rest(workload)
    with stream.steady(workload.journey_name, per_second=20) as writes:
        writes.wait_for_requests(250, within_seconds=60)
        faults.crash_pod(workload)
    judge.lost_writes(workload.journey_name)
    judge.crash()
