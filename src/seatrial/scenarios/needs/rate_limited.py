"""Requests that are limited."""

from seatrial.model.scenario import Subject, need


@need("rate-limited")
def rate_limited(subject: Subject) -> bool:
    """a system that says which requests are limited (`entry.rate_limits`)"""
    return bool(subject.system.entry.rate_limits)
