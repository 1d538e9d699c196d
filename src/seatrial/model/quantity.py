"""Kubernetes quantities (apimachinery, pkg/api/resource): "500m", "1.5Gi", 2."""

from __future__ import annotations

import math
from typing import Any

_FACTORS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_FACTORS |= {unit: 1024.0**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)}

LONGEST = 40
"""More characters than this are no quantity."""


def quantity(value: Any) -> float | None:
    """A Kubernetes quantity ("500m", "1.5Gi", 2) in its base unit (cores, bytes), or None when it is none."""
    if value.__class__ is int or value.__class__ is float:
        return float(value)
    written = value.strip() if value.__class__ is str else ""
    suffix = written[-2:] if written[-1:] == "i" else written[-1:]
    factor = _FACTORS.get(suffix)
    number = written if factor is None else written[: -len(suffix)]
    if (
        (not number[-1:].isdecimal() and number[-1:] != ".")
        or not number.isascii()
        or "_" in number
        or len(number) > LONGEST
    ):
        return None
    try:
        return float(number) * (factor or 1.0)
    except ValueError:
        return None


def thousandths(value: Any) -> int | None:
    """A quantity in thousandths, rounded up as the autoscaler's controller does (`MilliValue`), or None."""
    amount = quantity(value)
    # Nine digits behind the point are all that a quantity can have: what is beyond is the float's own error.
    return None if amount is None or math.isinf(amount) else math.ceil(round(amount * 1000, 6))
