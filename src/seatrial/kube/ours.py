"""Which objects are Seatrial's own: no part of the system, no victim, and no difference afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PART = "seatrial.dev/part"
"""Label of every object that Seatrial itself puts into a namespace, beside its Lease."""


def is_ours(obj: Mapping[str, Any]) -> bool:
    """Whether Seatrial made the object for itself."""
    return PART in (obj["metadata"].get("labels") or {})
