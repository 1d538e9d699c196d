"""A workload whose journey the system counts itself, and metrics that can be asked."""

from seatrial.model.scenario import Subject, need


@need("counted-requests")
def counted_requests(subject: Subject) -> bool:
    """a workload, the first of its journey, whose requests are counted (`counted`, `capabilities.metrics`)"""
    system = subject.system
    first = system.lookup.exercised[subject.journey][0]
    return subject.role == first and subject.journey_spec.counted is not None and bool(system.metrics)
