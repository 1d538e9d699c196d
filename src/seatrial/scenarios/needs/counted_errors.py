"""A workload whose journey names a request that is counted as an error."""

from seatrial.model.scenario import Subject, need


@need("counted-errors")
def counted_errors(subject: Subject) -> bool:
    """a workload whose journey names a request that is counted as an error (`counted.error`)"""
    counted = subject.journey_spec.counted
    return counted is not None and counted.error is not None
