"""A workload that an autoscaler scales."""

from seatrial.model.scenario import Subject, need


@need("autoscaled")
def autoscaled(subject: Subject) -> bool:
    """an autoscaled workload, and the load that makes it grow (`autoscaled: NAME`, `load_step:`)"""
    return subject.workload.autoscaled is not None and subject.workload.load_step is not None
