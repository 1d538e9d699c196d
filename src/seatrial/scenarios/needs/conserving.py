"""A journey that moves something whose total an invariant counts."""

from seatrial.model.scenario import Subject, need


@need("conserving")
def conserving(subject: Subject) -> bool:
    """a journey that moves something whose total an invariant counts (`conserves: INVARIANT` of a journey)"""
    return bool(subject.system.conserving)
