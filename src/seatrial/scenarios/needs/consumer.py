"""A workload that takes messages from a broker or a queue."""

from seatrial.model.scenario import Subject, need


@need("consumer")
def consumer(subject: Subject) -> bool:
    """a workload that takes messages, with the counter of those redelivered (`consumes`, role metrics)"""
    system = subject.system
    return subject.workload.consumes is not None and bool(system.metrics and system.invariants)
