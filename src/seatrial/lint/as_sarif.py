"""The result as SARIF 2.1.0, so that a code host shows each finding at its line."""

from __future__ import annotations

from typing import Any

from seatrial.declared.engine import Fault, Finding
from seatrial.declared.rule import Rule
from seatrial.declared.values import plain
from seatrial.lint.result import Result
from seatrial.report.sarif_form import document, in_words, location


def render_sarif(result: Result) -> str:
    """One run; waived findings carry a suppression with the reason, faults are tool notifications."""
    report = result.report
    order = {rule.id: index for index, rule in enumerate(report.rules)}
    return document(
        "seatrial lint",
        [_rule(rule) for rule in report.rules],
        [_result(finding, order[finding.rule.id]) for finding in report.findings],
        exit_code=result.exit_code,
        notifications=[_notification(fault) for fault in report.faults],
    )


def _notification(fault: Fault) -> dict[str, Any]:
    return {
        "level": "error",
        "descriptor": {"id": fault.rule.id},
        "message": {"text": f"could not judge {fault.resource.title}: {fault.reason}"},
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": in_words(rule.id),
        "shortDescription": {"text": rule.requirement},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{rule.remediation} Why: {rule.why}",
            "markdown": f"{rule.remediation}\n\n**Why** {rule.why}",
        },
        "helpUri": rule.source,
        "defaultConfiguration": {"level": str(rule.severity)},
        "properties": {"tags": [rule.family, str(rule.level)], "precision": "high"},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    resource = finding.resource
    file, line, column = resource.origin.position(finding.path)
    container = f", container {finding.container}" if finding.container else ""
    written: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": str(finding.rule.severity),
        "message": {"text": f"{resource.title}{container}: {finding.seen}. {finding.rule.remediation}"},
        "locations": [location(file, line, column, f"{resource.title}/{plain(finding.path)}")],
        "partialFingerprints": {
            "seatrial/v1": f"{finding.rule.id}|{resource.title}|{finding.container}|{plain(finding.path)}"
        },
    }
    if finding.waiver is not None:
        kind = "external" if finding.waiver.target else "inSource"
        reason = f"{finding.waiver.reason} (until {finding.waiver.until})"
        written["suppressions"] = [{"kind": kind, "status": "accepted", "justification": reason}]
    return written
