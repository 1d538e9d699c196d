"""The process that stores data is killed while it is written to."""

from seatrial.judge.recoverable import RECOVERY
from seatrial.model.fault import INVOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, inject, measure, steps, stop, traffic
from seatrial.scenarios.needs.acknowledged_writes import acknowledged_writes
from seatrial.scenarios.needs.stateful import stateful


@scenario(
    "store-crash", disruption=INVOLUNTARY, needs={stateful, acknowledged_writes}, repetitions=1, look=RECOVERY
)
def store_crash(subject: Subject) -> Steps:
    """Kills every process of the store with SIGKILL under writes, sends them again, and reads them back."""
    moving = subject.system.conserving if subject.system.conserving != subject.journey else ""
    return steps(
        measure("store-activity"),
        hold(3, "what the store does without the traffic"),
        measure("store-activity"),
        traffic(subject.journey, per_second=20, bystanders=5, only_reading=True),  # its writes are counted
        measure("store-activity"),
        hold(10, "enough writes before the crash"),
        measure("store-activity"),
        *([traffic(moving, per_second=5, name="transfers", steady=False)] if moving else []),
        hold(3, "transfers under way at the crash"),
        inject("crash-pod", subject.role),
        hold(15, "clients reconnect, and latency comes back"),
        stop("subject"),
        *([stop("transfers")] if moving else []),
        *([measure("send-again", journey=subject.journey)] if subject.journey_spec.idempotent else []),
        measure("read-back", journey=subject.journey),
    )
