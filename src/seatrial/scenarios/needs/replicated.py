"""A workload of which any pod may be replaced at any time."""

from seatrial.model.scenario import Subject, need


@need("replicated")
def replicated(subject: Subject) -> bool:
    """a stateless workload: any of its pods may be replaced at any time (`stateless: true`)"""
    return subject.workload.stateless
