"""What one pod takes: of a node, and of a ResourceQuota's entries. Accepts a pod's spec of any shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatrial.model.quantity import thousandths


def staying(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The containers of a pod's spec that run as long as it does: its own, then its sidecars."""
    stay = [one for one in _members(spec, "initContainers") if one.get("restartPolicy") == "Always"]
    return [*_members(spec, "containers"), *stay]


def amounts(spec: Mapping[str, Any], part: str) -> dict[str, int]:
    """A pod's requests or limits by resource, in thousandths: of its containers, or its own."""
    first = [one for one in _members(spec, "initContainers") if one.get("restartPolicy") != "Always"]
    total: dict[str, int] = {}
    for container in staying(spec):
        for name, amount in _written(container, part).items():
            total[name] = total.get(name, 0) + amount
    for container in first:
        for name, amount in _written(container, part).items():
            total[name] = max(total.get(name, 0), amount)
    total |= _written(spec, part)
    for name, written in _mapping(spec.get("overhead")).items():
        total[name] = total.get(name, 0) + (thousandths(written) or 0)
    return total


def counted(name: str, spec: Mapping[str, Any]) -> int:
    """What one pod of this spec takes from a quota's entry, in thousandths; 0 where it is not about pods."""
    if name in ("pods", "count/pods"):
        return 1000
    part, _, resource = name.partition(".") if "." in name else ("requests", "", name)
    if part not in ("requests", "limits"):
        return 0
    return amounts(spec, part).get(resource, 0)


def as_written(amount: int) -> str:
    """Thousandths as people write quantities: `1.5`, `250m`, `2147483648`."""
    whole, rest = divmod(amount, 1000)
    return f"{whole}" if not rest else f"{amount}m" if amount < 1000 else f"{amount / 1000:g}"


def _members(spec: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    given = spec.get(field)
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, (list, tuple)) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _written(holder: Mapping[str, Any], part: str) -> dict[str, int]:
    found = _mapping(_mapping(holder.get("resources")).get(part)).items()
    return {name: thousandths(written) or 0 for name, written in found}
