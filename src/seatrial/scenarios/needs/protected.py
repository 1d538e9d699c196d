"""Requests that need a token."""

from seatrial.model.scenario import Subject, need


@need("protected")
def protected(subject: Subject) -> bool:
    """a system that says which requests need a token (`entry.authentication.protected`)"""
    return subject.system.entry.authentication is not None
