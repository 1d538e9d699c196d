"""The result as SARIF 2.1.0, so that a code host shows each finding at its line."""

from __future__ import annotations

from typing import Any

from seatrial.declared.engine import Fault, Finding
from seatrial.declared.rule import Rule
from seatrial.declared.values import Path, mapping, plain, printable, sequence
from seatrial.lint.result import Result
from seatrial.report.sarif_form import address, document, in_words, location

_TELLING = ("name", "key", "mountPath", "containerPort", "port", "host", "path", "type", "topologyKey")
"""Fields by which members of lists are told apart, the best first."""


def render_sarif(result: Result) -> str:
    """One run; waived findings carry a suppression with the reason, faults are tool notifications."""
    report = result.report
    taken: dict[str, int] = {}
    order = {rule.id: index for index, rule in enumerate(report.rules)}
    return document(
        "seatrial lint",
        [_rule(rule) for rule in report.rules],
        [_result(finding, order[finding.rule.id], taken) for finding in report.findings],
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


def _fingerprint(finding: Finding, file: str, taken: dict[str, int]) -> str:
    """What names a finding from one run to the next: no line, no place in a list, and none that another has.

    Args:
        file: as it is written in the result.
        taken: how often each was given so far in this run.
    """
    path = _by_name(finding.path, finding.resource.data)
    written = f"{finding.rule.id}|{file}|{finding.resource.title}|{finding.container}|{path}"
    taken[written] = taken.get(written, 0) + 1
    return written if taken[written] == 1 else f"{written}|{taken[written]}"


def _by_name(path: Path, data: Any) -> str:
    """A path in which members of lists go by what tells them apart: containers[web].image."""
    written, value = "", data
    for part in path:
        if part.__class__ is str:
            written += f".{part}" if written else str(part)
            value = mapping(value).get(str(part))
            continue
        items = sequence(value)
        value = items[int(part)] if int(part) < len(items) else None
        # of plain texts the place is told: an argument may be a secret
        names = (mapping(value).get(key) for key in _TELLING)
        name = next((str(each) for each in names if each.__class__ in (str, int)), str(part))
        written += f"[{printable(name)}]"
    return written


def _result(finding: Finding, index: int, taken: dict[str, int]) -> dict[str, Any]:
    resource = finding.resource
    file, line, column = resource.origin.position(finding.path)
    container = f", container {finding.container}" if finding.container else ""
    written: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": str(finding.rule.severity),
        "message": {"text": f"{resource.title}{container}: {finding.seen}. {finding.rule.remediation}"},
        "locations": [location(file, line, column, f"{resource.title}/{plain(finding.path)}")],
        "partialFingerprints": {"seatrial/v2": _fingerprint(finding, address(file), taken)},
    }
    if finding.waiver is not None:
        kind = "external" if finding.waiver.target else "inSource"
        reason = f"{finding.waiver.reason} (until {finding.waiver.until})"
        written["suppressions"] = [{"kind": kind, "status": "accepted", "justification": reason}]
    return written
