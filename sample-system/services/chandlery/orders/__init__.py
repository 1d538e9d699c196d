"""Orders: the API that acknowledges, and the orchestrator of the saga that keeps the promise."""

from chandlery.orders.service import build

__all__ = ["build"]
