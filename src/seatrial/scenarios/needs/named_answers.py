"""A journey whose answers say which pod gave them."""

from seatrial.model.scenario import Subject, need


@need("named-answers")
def named_answers(subject: Subject) -> bool:
    """a workload whose answers name their pod (`served_by`, of the entry or of the journey)"""
    return subject.journey_spec.served_by is not None
