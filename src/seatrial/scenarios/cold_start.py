"""Every pod of a workload is taken away at once, and the workload has to begin from nothing."""

from seatrial.model.fault import INVOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, inject, steps, traffic
from seatrial.scenarios.needs.replicated import replicated


@scenario("cold-start", disruption=INVOLUNTARY, needs={replicated}, repetitions=1)
def cold_start(subject: Subject) -> Steps:
    """Deletes all pods of the workload at once under traffic, and waits until they serve again."""
    return steps(
        traffic(subject.journey, per_second=50, bystanders=5),
        inject("delete-all-pods", subject.role),
        hold(10, "clients are answered as before again"),
    )
