"""Journeys whose way through the workloads is known."""

from seatrial.model.scenario import Subject, need
from seatrial.model.traced import traced_journeys


@need("known-way")
def known_way(subject: Subject) -> bool:
    """a journey that names the workloads it passes (`through`), or whose messages one takes (`consumes`)"""
    return bool(traced_journeys(subject.system))
