"""A workload of which an alert tells when one of its pods hangs."""

from seatrial.model.scenario import Subject, need


@need("alerted-hang")
def alerted_hang(subject: Subject) -> bool:
    """a workload with an alert for a pod that hangs (`alerts: {freeze-process: NAME}`, role metrics)"""
    return "freeze-process" in subject.workload.alerts and bool(subject.system.metrics)
