"""Judges of acknowledged data: what the system promised must be there, once, and in an order that can be."""

from seatrial.judge.consistency.writes import ReadBack, lost_writes

__all__ = ["ReadBack", "lost_writes"]
