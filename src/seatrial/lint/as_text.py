"""Findings for people: grouped by object, what was seen, where, one remediation."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.engine import Finding
from seatrial.declared.objects import Resource, Workload
from seatrial.declared.rule import Severity
from seatrial.declared.values import plain
from seatrial.lint.result import Result
from seatrial.lint.summary import Summary, count, locations, summary_of

_COLOURS = {
    "error": "31",
    "warning": "33",
    "note": "36",
    "waived": "2",
    "title": "1",
    "dim": "2",
    "good": "32",
}


class _Paint:
    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, written: str, colour: str) -> str:
        return f"\033[{_COLOURS[colour]}m{written}\033[0m" if self._on else written


def render_text(result: Result, *, colour: bool) -> Iterator[str]:
    """The report line by line, findings below --fail-on counted but not listed."""
    paint = _Paint(colour)
    shown = [
        finding
        for finding in result.report.findings
        if finding.waiver is not None or finding.rule.severity.rank >= result.fail_on.rank
    ]
    by_resource: dict[int, list[Finding]] = {}
    for finding in shown:
        by_resource.setdefault(id(finding.resource), []).append(finding)
    for findings in by_resource.values():
        yield from (f"{line}\n" for line in _group(findings[0].resource, findings, paint))
    for fault in result.report.faults:
        told = f"could not judge {fault.resource.title} by {fault.rule.id}: {fault.reason}"
        yield paint(told, "error") + "\n"
    yield from (f"{line}\n" for line in _closing(summary_of(result), result, paint))


def _group(resource: Resource, findings: list[Finding], paint: _Paint) -> list[str]:
    file, line, _ = resource.origin.position(())
    lines = [f"{paint(resource.title, 'title')}  {paint(f'{file}:{line}', 'dim')}"]
    open_ones = sorted(
        (finding for finding in findings if finding.waiver is None), key=lambda item: -item.rule.severity.rank
    )
    by_rule: dict[str, list[Finding]] = {}
    for finding in open_ones:
        by_rule.setdefault(finding.rule.id, []).append(finding)
    for same in by_rule.values():
        lines += _one_rule(same, paint)
    for finding in findings:
        if finding.waiver is not None:
            told = f"  waived   {finding.rule.id}  until {finding.waiver.until}: {finding.waiver.reason}"
            lines.append(paint(told, "waived"))
    return [*lines, ""]


def _one_rule(findings: list[Finding], paint: _Paint) -> list[str]:
    rule = findings[0].rule
    severity = str(rule.severity)
    lines = [f"  {paint(severity.ljust(7), severity)}  {paint(rule.id, 'title')}  {rule.requirement}"]
    for finding in findings:
        inside = isinstance(finding.resource, Workload) and finding.container
        container = f"{finding.container}: " if inside and len(finding.resource.every_container) > 1 else ""  # type: ignore[attr-defined]
        file, line, _ = finding.resource.origin.position(finding.path)
        where = paint(f"{file}:{line} {plain(finding.path)}", "dim")
        lines.append(f"           seen  {container}{finding.seen}  {where}")
    lines.append(f"           next  {rule.remediation}")
    return lines


def _closing(summary: Summary, result: Result, paint: _Paint) -> list[str]:
    read = (
        f"{count(summary.objects, 'object')} in {locations(result)}: {count(summary.workloads, 'workload')}"
    )
    lines = [f"{read}, {summary.rules_applied} of {count(summary.rules, 'rule')} had something to judge"]
    if summary.unknown:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(summary.unknown.items()))
        lines.append(paint(f"no rule knows: {kinds}", "dim"))
    if summary.left_out:
        lines.append(paint(f"left out: {summary.left_out}", "dim"))
    if result.given.ignored:
        names = ", ".join(result.given.ignored)
        lines.append(paint(f"ignored, no Kubernetes object in it: {names}", "dim"))
    counts = ", ".join(count(summary.open[severity], severity) for severity in ("error", "warning", "note"))
    waived = f", {summary.waived} waived" if summary.waived else ""
    verdict = (
        "could not judge all" if result.report.faults else "clean" if result.exit_code == 0 else "not clean"
    )
    lines.append(f"{paint(verdict, 'good' if result.exit_code == 0 else 'error')}: {counts}{waived}")
    hidden = sum(summary.open[str(severity)] for severity in Severity if severity.rank < result.fail_on.rank)
    if hidden:
        lines.append(
            paint(f"{count(hidden, 'finding')} below {result.fail_on} not listed: --fail-on note", "dim")
        )
    return lines
