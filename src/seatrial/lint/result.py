"""A judged input and the exit code that it gives."""

from __future__ import annotations

from typing import NamedTuple

from seatrial.declared.engine import Report
from seatrial.declared.rule import Severity
from seatrial.lint.given import Input

CLEAN, FINDINGS, NOT_JUDGED = 0, 1, 2


def without_copies(report: Report) -> Report:
    """The report with each finding once that several worlds share: they include the same file."""
    known = set()
    findings = []
    for finding in report.findings:
        place = finding.resource.origin.position(finding.path)
        key = (finding.rule.id, place, finding.container, finding.path, finding.seen, finding.waiver is None)
        if key not in known:
            known.add(key)
            findings.append(finding)
    return report._replace(findings=findings)


class Result(NamedTuple):
    """A judged input: what was read, what was found, and from which severity on it counts."""

    given: Input
    report: Report
    fail_on: Severity

    @property
    def exit_code(self) -> int:
        if self.report.faults:
            return NOT_JUDGED
        grave = [item for item in self.report.open_findings if item.rule.severity.rank >= self.fail_on.rank]
        return FINDINGS if grave else CLEAN
