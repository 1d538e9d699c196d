"""A journey whose accepted writes can be read back."""

from seatrial.model.scenario import Subject, need


@need("acknowledged-writes")
def acknowledged_writes(subject: Subject) -> bool:
    """the workload's journey writes, and accepted writes can be read back (`acknowledged:` of its journey)"""
    return subject.journey_spec.acknowledged is not None
