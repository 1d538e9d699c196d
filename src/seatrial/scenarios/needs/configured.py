"""A workload whose configuration may be changed for a while."""

from seatrial.model.scenario import Subject, need


@need("configured")
def configured(subject: Subject) -> bool:
    """a workload with a value that may be changed for a while, and where it shows (`configuration:`)"""
    return subject.workload.configuration is not None
