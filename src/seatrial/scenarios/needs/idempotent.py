"""A journey whose writes may be sent again."""

from seatrial.model.scenario import Subject, need


@need("idempotent")
def idempotent(subject: Subject) -> bool:
    """the workload's journey may be sent again with its key (`idempotent: true` of its journey)"""
    return subject.journey_spec.idempotent
