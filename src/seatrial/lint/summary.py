"""The figures under a report."""

from __future__ import annotations

from typing import NamedTuple

from seatrial.declared.kinds import TEMPLATES
from seatrial.declared.rule import CONTAINER, EVERY_CONTAINER, RESOURCE, RULES, WAIVER, WORKLOAD
from seatrial.lint.left_out import left_out_of
from seatrial.lint.result import Result


class Summary(NamedTuple):
    """Counts of one result.

    Attributes:
        rules_applied: rules that had at least one subject; the others proved nothing.
        open: findings by severity, without the waived ones.
        unknown: objects of kinds that no rule speaks of, by kind.
        left_out: what was not judged on purpose, in words.
    """

    objects: int
    workloads: int
    rules: int
    rules_applied: int
    open: dict[str, int]
    waived: int
    unknown: dict[str, int]
    left_out: str


def summary_of(result: Result) -> Summary:
    """Count everything once."""
    report = result.report
    graph = report.graph
    open_ones = {"error": 0, "warning": 0, "note": 0}
    for finding in report.open_findings:
        open_ones[str(finding.rule.severity)] += 1
    known = _known_kinds()
    unknown: dict[str, int] = {}
    for resource in graph.resources:
        if resource.type not in known:
            unknown[resource.type] = unknown.get(resource.type, 0) + 1
    left_out = [
        count(number, what)
        for number, what in (
            (graph.owned, "object owned by another of the input"),
            (graph.helm_tests, "Helm test"),
        )
        if number
    ]
    return Summary(
        objects=len(graph.resources),
        workloads=len(graph.workloads),
        rules=len(report.rules),
        rules_applied=sum(1 for number in report.applied.values() if number),
        open=open_ones,
        waived=len(report.findings) - len(report.open_findings),
        unknown=unknown,
        left_out=", ".join(filter(None, [*left_out, left_out_of(result.given)])),
    )


def _known_kinds() -> set[str]:
    """Kinds that rules are applied to, or that they look up."""
    subjects = {WORKLOAD, CONTAINER, EVERY_CONTAINER, RESOURCE, WAIVER}
    known = {kind for rule in RULES.values() if rule.on not in subjects for kind in rule.on.split("|")}
    looked_up = {
        "ServiceAccount",
        "Secret",
        "PersistentVolumeClaim",
        "ReferenceGrant",
        "ResourceQuota",
        "LimitRange",
    }
    return known | looked_up | set(TEMPLATES)


def count(number: int, what: str) -> str:
    """`1 error`, `2 errors`."""
    if number == 1:
        return f"1 {what}"
    head, _, tail = what.partition(" ")
    return f"{number} {head}s {tail}" if head == "object" and tail else f"{number} {what}s"


def locations(result: Result) -> str:
    """Where the objects came from, briefly."""
    sources = result.given.sources
    return sources[0] if len(sources) == 1 else f"{len(sources)} files"
