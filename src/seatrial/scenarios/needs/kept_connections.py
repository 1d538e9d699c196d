"""A workload behind connections that clients and proxies keep for the next request."""

from seatrial.model.scenario import Subject, need


@need("kept-connections")
def kept_connections(subject: Subject) -> bool:
    """a stateless workload whose journey is HTTP/1.1 (`stateless: true`, `protocol: http1`)"""
    return subject.workload.stateless and subject.journey_spec.protocol == "http1"
