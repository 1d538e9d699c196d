"""The result as JUnit XML: one suite per object, one case per rule, passes included."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from seatrial.declared.engine import Finding, subjects_of
from seatrial.declared.objects import Resource
from seatrial.declared.rule import WAIVER, Rule
from seatrial.declared.values import plain
from seatrial.lint.result import Result

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def render_junit(result: Result) -> str:
    """Findings at or above --fail-on are failures, waived ones are skipped, milder ones go to system-out."""
    cases: dict[int, tuple[Resource, list[Rule]]] = {}
    for rule in result.report.rules:
        if rule.on == WAIVER:
            continue
        for subject in subjects_of(result.report.graph, rule.on):
            if rule.when is None or rule.when(subject):
                _add(cases, subject.resource, rule)
    found: dict[tuple[int, str], list[Finding]] = {}
    for finding in result.report.findings:
        found.setdefault((id(finding.resource), finding.rule.id), []).append(finding)
        _add(cases, finding.resource, finding.rule)
    suites = [_suite(resource, rules, found, result) for resource, rules in cases.values()]
    faults = [
        f"<testcase classname={_attribute(fault.rule.family)} name={_attribute(fault.rule.id)}>"
        f"<error message={_attribute(fault.reason)}/></testcase>"
        for fault in result.report.faults
    ]
    if faults:
        suites.append(
            f'<testsuite name="could not judge" tests="{len(faults)}">{"".join(faults)}</testsuite>'
        )
    body = "\n".join(suites)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="seatrial lint">\n{body}\n</testsuites>\n'
    )


def _add(cases: dict[int, tuple[Resource, list[Rule]]], resource: Resource, rule: Rule) -> None:
    rules = cases.setdefault(id(resource), (resource, []))[1]
    if rule not in rules[-1:] and rule not in rules:
        rules.append(rule)


def _suite(
    resource: Resource, rules: list[Rule], found: dict[tuple[int, str], list[Finding]], result: Result
) -> str:
    lines, failures, skipped = [], 0, 0
    file, line, _ = resource.origin.position(())
    for rule in rules:
        findings = found.get((id(resource), rule.id), [])
        open_ones = [finding for finding in findings if finding.waiver is None]
        head = f"<testcase classname={_attribute(resource.title)} name={_attribute(rule.id)}"
        head += f' file={_attribute(file)} line="{line}">'
        inner = ""
        if open_ones and rule.severity.rank >= result.fail_on.rank:
            failures += 1
            inner = f"<failure message={_attribute(rule.requirement)}>{_text(open_ones)}</failure>"
        elif open_ones:
            inner = f"<system-out>{rule.severity}: {_text(open_ones)}</system-out>"
        elif findings and findings[0].waiver is not None:
            skipped += 1
            waiver = findings[0].waiver
            told = f"waived until {waiver.until}: {waiver.reason}"
            inner = f"<skipped message={_attribute(told)}/>"
        lines.append(f"{head}{inner}</testcase>")
    counts = f'tests="{len(rules)}" failures="{failures}" skipped="{skipped}" errors="0"'
    return f"<testsuite name={_attribute(resource.title)} {counts}>\n" + "\n".join(lines) + "\n</testsuite>"


def _text(findings: list[Finding]) -> str:
    lines = []
    for finding in findings:
        file, line, _ = finding.resource.origin.position(finding.path)
        lines.append(f"{finding.container or finding.resource.name}: {finding.seen}")
        lines.append(f"  {file}:{line} {plain(finding.path)}")
    lines.append(f"next: {findings[0].rule.remediation}")
    return escape(_FORBIDDEN.sub("?", "\n".join(lines)))


def _attribute(written: str) -> str:
    return quoteattr(_FORBIDDEN.sub("?", written))
