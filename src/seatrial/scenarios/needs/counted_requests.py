"""A workload whose journey the system counts itself, and metrics that can be asked."""

from seatrial.model.scenario import Subject, need


@need("counted-requests")
def counted_requests(subject: Subject) -> bool:
    """a workload, the first of its journey, whose requests are counted (`counted`, `capabilities.metrics`)"""
    system = subject.system
    first = next(role for role in system.workloads if system.journey_of(role) == subject.journey)
    return subject.role == first and subject.journey_spec.counted is not None and bool(system.metrics)
