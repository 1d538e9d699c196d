"""Payments: a double-entry ledger."""

from chandlery.payments.service import build

__all__ = ["build"]
