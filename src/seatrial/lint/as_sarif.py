"""The result as SARIF 2.1.0, so that a code host shows each finding at its line."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from seatrial import __version__
from seatrial.declared.engine import Finding
from seatrial.declared.rule import Rule
from seatrial.declared.values import plain
from seatrial.lint.result import Result

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render_sarif(result: Result) -> str:
    """One run; waived findings carry a suppression with the reason, faults are tool notifications."""
    report = result.report
    order = {rule.id: index for index, rule in enumerate(report.rules)}
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "seatrial lint",
                        "semanticVersion": __version__,
                        "rules": [_rule(rule) for rule in report.rules],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not report.faults,
                        "exitCode": result.exit_code,
                        "toolExecutionNotifications": [
                            {
                                "level": "error",
                                "descriptor": {"id": fault.rule.id},
                                "message": {
                                    "text": f"could not judge {fault.resource.title}: {fault.reason}"
                                },
                            }
                            for fault in report.faults
                        ],
                    }
                ],
                "results": [_result(finding, order[finding.rule.id]) for finding in report.findings],
            }
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.replace(".", "-").split("-")),
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
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _address(file)},
                    "region": {"startLine": line, "startColumn": column},
                },
                "logicalLocations": [
                    {"fullyQualifiedName": f"{resource.title}/{plain(finding.path)}", "kind": "object"}
                ],
            }
        ],
        "partialFingerprints": {
            "seatrial/v1": f"{finding.rule.id}|{resource.title}|{finding.container}|{plain(finding.path)}"
        },
    }
    if finding.waiver is not None:
        kind = "external" if finding.waiver.target else "inSource"
        reason = f"{finding.waiver.reason} (until {finding.waiver.until})"
        written["suppressions"] = [{"kind": kind, "status": "accepted", "justification": reason}]
    return written


def _address(file: str) -> str:
    """A file name as a URI reference; relative names stay relative to the checkout."""
    return f"file://{quote(file)}" if file.startswith("/") else quote(file.removeprefix("./"), safe="/")
