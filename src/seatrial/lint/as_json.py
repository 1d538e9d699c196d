"""The result as JSON (schema 1)."""

from __future__ import annotations

import json
from typing import Any

from seatrial import __version__
from seatrial.declared.engine import Finding
from seatrial.declared.values import plain
from seatrial.lint.result import Result
from seatrial.lint.summary import summary_of

SCHEMA_VERSION = 1


def render_json(result: Result) -> str:
    """Every finding, waived ones too, with its position, and every rule with the number of its subjects."""
    report = result.report
    found: dict[str, int] = {}
    for finding in report.findings:
        found[finding.rule.id] = found.get(finding.rule.id, 0) + 1
    document = {
        "schema": SCHEMA_VERSION,
        "tool": {"name": "seatrial", "version": __version__},
        "exit_code": result.exit_code,
        "fail_on": str(result.fail_on),
        "input": {**result.given.names(), "objects": len(result.given.objects)},
        "summary": summary_of(result)._asdict(),
        "findings": [_finding(finding) for finding in report.findings],
        "faults": [
            {"rule": fault.rule.id, "object": fault.resource.title, "reason": fault.reason}
            for fault in report.faults
        ],
        "rules": [
            {"id": rule.id, "subjects": report.applied[rule.id], "findings": found.get(rule.id, 0)}
            for rule in report.rules
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    rule, resource = finding.rule, finding.resource
    file, line, column = resource.origin.position(finding.path)
    waiver = finding.waiver
    return {
        "rule": rule.id,
        "severity": str(rule.severity),
        "level": str(rule.level),
        "object": {"kind": resource.kind, "namespace": resource.namespace, "name": resource.name},
        "container": finding.container or None,
        "path": plain(finding.path),
        "file": file,
        "line": line,
        "column": column,
        "requirement": rule.requirement,
        "seen": finding.seen,
        "remediation": rule.remediation,
        "source": rule.source,
        "waived": None if waiver is None else {"reason": waiver.reason, "until": waiver.until},
    }
