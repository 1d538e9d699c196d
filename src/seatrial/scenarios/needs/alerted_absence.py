"""A workload of which an alert tells when no pod of it is left."""

from seatrial.model.fault import SCALE_TO_ZERO
from seatrial.model.scenario import Subject, need


@need("alerted-absence")
def alerted_absence(subject: Subject) -> bool:
    """a workload with an alert for its absence (`alerts: {scale-to-zero: NAME}`, role metrics)"""
    return SCALE_TO_ZERO in subject.workload.alerts and bool(subject.system.metrics)
