"""A workload that writes which may be sent again pass."""

from seatrial.model.scenario import Subject, need


@need("repeated-writes")
def repeated_writes(subject: Subject) -> bool:
    """a journey that passes the workload (`through`) may be sent again with its key (`idempotent: true`)"""
    return bool(subject.system.idempotent_through(subject.role))
