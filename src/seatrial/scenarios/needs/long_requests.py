"""A workload that long requests pass."""

from seatrial.model.scenario import Subject, need


@need("long-requests")
def long_requests(subject: Subject) -> bool:
    """a workload that journeys with `long: true` pass (it stands in their `through`)"""
    journeys = subject.system.journeys
    return any(subject.role in journeys[name].through for name in subject.system.lookup.long)
