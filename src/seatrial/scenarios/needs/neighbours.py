"""A journey of others, which passes the workload by."""

from seatrial.model.neighbours import neighbours_of
from seatrial.model.scenario import Subject, need


@need("neighbours")
def neighbours(subject: Subject) -> bool:
    """a workload beside which a journey of others is sent: one whose `through` does not name it"""
    return bool(neighbours_of(subject.system, subject.role))
