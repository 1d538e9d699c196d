"""A workload that an autoscaler scales, whatever load it needs for that."""

from seatrial.model.scenario import Subject, need


@need("autoscaler")
def autoscaler(subject: Subject) -> bool:
    """a workload that a HorizontalPodAutoscaler scales (`autoscaled: NAME`)"""
    return subject.workload.autoscaled is not None
