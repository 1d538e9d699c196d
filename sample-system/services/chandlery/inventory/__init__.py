"""Inventory: what is on the shelf, what is promised, and why it changed."""

from chandlery.inventory.service import build

__all__ = ["build"]
