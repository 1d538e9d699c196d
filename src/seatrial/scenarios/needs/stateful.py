"""A workload that keeps data."""

from seatrial.model.scenario import Subject, need


@need("stateful")
def stateful(subject: Subject) -> bool:
    """a workload that keeps data (`stateful: true`)"""
    return subject.workload.stateful
