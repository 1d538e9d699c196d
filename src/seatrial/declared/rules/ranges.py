"""Whether what containers ask for lies within the ranges of their namespace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Container, Resource
from seatrial.declared.rule import EVERY_CONTAINER, Found, Level, Severity, rule
from seatrial.declared.values import brief, mapping, maps
from seatrial.model.quantity import quantity

_KINDS = ("requests", "limits")


def is_ranged(container: Container) -> bool:
    """Whether its namespace has a range for containers."""
    return bool(_ranges(container))


def _ranges(container: Container) -> list[tuple[Resource, dict[str, Any]]]:
    workload = container.workload
    return [
        (each, item)
        for each in workload.graph.of("LimitRange")
        if may_be_one(each.namespace, workload.namespace)
        for _, item in maps(each.spec.get("limits"))
        if item.get("type") == "Container"
    ]


@rule(
    "delivery.limit-range",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="What a container asks for MUST lie within the LimitRange of its namespace.",
    why="The API server refuses each pod outside of it: the controller has no replicas, and says so in its "
    "events only.",
    fix="Change the request or limit, or the range.",
    source="concepts/policy/limit-range/",
    when=is_ranged,
)
def limit_range(container: Container) -> Iterator[Found]:
    given = {"requests": container.requests, "limits": container.limits}
    for owner, item in _ranges(container):
        for kind in _KINDS:
            for name, written in given[kind].items():
                if seen := _outside(item, kind, name, written, given["limits"]):
                    yield container.at("resources", kind, name), f"{owner.title}: {seen}"


def _outside(item: dict[str, Any], kind: str, name: str, written: Any, limits: dict[str, Any]) -> str:
    """Why an amount is outside of a range, or the empty string."""
    amount = quantity(written)
    least, most = (quantity(mapping(item.get(bound)).get(name)) for bound in ("min", "max"))
    if amount is None:
        return ""
    if least is not None and amount < least:
        return f"{brief(written)} is less than its least, {brief(item['min'][name])}"
    if most is not None and amount > most:
        return f"{brief(written)} is more than its most, {brief(item['max'][name])}"
    ceiling = mapping(item.get("default")).get(name)
    given = quantity(ceiling)
    if kind == "requests" and name not in limits and given is not None and amount > given:
        return f"{brief(written)} is more than the limit that it gives, {brief(ceiling)}"
    ratio = quantity(mapping(item.get("maxLimitRequestRatio")).get(name))
    limit = quantity(limits.get(name)) if kind == "requests" else None
    if ratio and limit and amount and limit / amount > ratio:
        return f"the limit is more than {ratio:g} times the request"
    return ""
