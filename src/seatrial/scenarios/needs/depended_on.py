"""A workload that the system file names as a dependency of others."""

from seatrial.model.scenario import Subject, need


@need("depended-on")
def depended_on(subject: Subject) -> bool:
    """a workload that others need (`dependencies`)"""
    return subject.role in subject.system.dependencies
