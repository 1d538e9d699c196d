"""The result as Markdown, for a comment on a change."""

from __future__ import annotations

from seatrial.declared.engine import Finding
from seatrial.declared.values import plain
from seatrial.lint.result import Result
from seatrial.lint.summary import count, summary_of
from seatrial.report.text import markdown


def render_markdown(result: Result) -> str:
    """A line of counts, one table of open findings by rule, one of waived ones."""
    summary = summary_of(result)
    counts = ", ".join(count(summary.open[severity], severity) for severity in ("error", "warning", "note"))
    verdict = {0: "clean", 1: "not clean", 2: "could not judge all"}[result.exit_code]
    lines = [f"### seatrial lint: {verdict}", ""]
    lines.append(f"{count(summary.workloads, 'workload')} in {count(summary.objects, 'object')}: {counts}.")
    for fault in result.report.faults:
        lines.append(
            f"\n**Could not judge** {_cell(fault.resource.title)} by `{fault.rule.id}`: {_cell(fault.reason)}"
        )
    findings = sorted(result.report.open_findings, key=lambda item: -item.rule.severity.rank)
    if findings:
        lines += ["", "| severity | object | seen | where | rule | next |", "|---|---|---|---|---|---|"]
        lines += [_row(finding) for finding in findings]
    waived = [finding for finding in result.report.findings if finding.waiver is not None]
    if waived:
        lines += ["", "| waived | object | until | reason |", "|---|---|---|---|"]
        for finding in waived:
            if finding.waiver is not None:
                reason, title = _cell(finding.waiver.reason), _cell(finding.resource.title)
                lines.append(f"| {finding.rule.id} | {title} | {finding.waiver.until} | {reason} |")
    return "\n".join(lines) + "\n"


def _row(finding: Finding) -> str:
    rule = finding.rule
    file, line, _ = finding.resource.origin.position(finding.path)
    cells = (
        str(rule.severity),
        _cell(finding.resource.title),
        _cell(finding.seen),
        f"{_cell(file)}:{line} {_cell(plain(finding.path))}",
        f"[{rule.id}]({rule.source})",
        _cell(rule.remediation),
    )
    return f"| {' | '.join(cells)} |"


def _cell(written: str) -> str:
    return markdown(written, 2000)
