"""Ingest: readings of devices, taken at once and counted from the broker."""

from chandlery.ingest.service import build

__all__ = ["build"]
