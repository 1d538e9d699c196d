"""A judged input and the exit code that it gives."""

from __future__ import annotations

from typing import NamedTuple

from seatrial.declared.engine import Finding, Report
from seatrial.declared.rule import Severity
from seatrial.lint.given import Input

CLEAN, FINDINGS, NOT_JUDGED = 0, 1, 2
_REPEATED = "delivery.unique-object"


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


def with_repeats_told_once(report: Report) -> Report:
    """The report with one finding for two files with the same objects, not one for each copy.

    Folders side by side that share several objects are versions or environments of each other: no fault.
    """
    copies: dict[tuple[str, str, str], list[tuple[str, int, Finding]]] = {}
    repeats = [item for item in report.findings if item.rule.id == _REPEATED and item.waiver is None]
    for finding in repeats:
        resource = finding.resource
        file, line, _ = resource.origin.position(finding.path)
        name = (resource.type, resource.namespace, resource.name)
        copies.setdefault(name, []).append((file, line, finding))
    alike: dict[tuple[str, ...], list[tuple[Finding, list[str]]]] = {}
    for places in copies.values():
        places.sort(key=lambda place: place[:2])
        files = sorted({file for file, _, _ in places})
        alike.setdefault(_where_they_part(files), []).append((places[-1][2], files))
    dropped = set(map(id, repeats))
    told = {}
    for (_, *parts), found in alike.items():
        if len(found) > 1 and all(part.endswith("/") for part in parts):
            continue
        first, files = min(found, key=lambda each: (each[0].resource.title, each[1]))
        told[id(first)] = first._replace(seen=_seen_in(files, len(found) - 1))
    dropped -= told.keys()
    findings = [told.get(id(each), each) for each in report.findings if id(each) not in dropped]
    return report._replace(findings=findings)


def _where_they_part(files: list[str]) -> tuple[str, ...]:
    """The folder that holds all of some files, and the files or folders (with a `/`) by which they differ."""
    paths = [file.split("/") for file in files]
    depth = 0
    while len({tuple(path[: depth + 1]) for path in paths}) == 1 and depth < len(paths[0]) - 1:
        depth += 1
    parts = {path[depth] + ("/" if depth < len(path) - 1 else "") for path in paths}
    return ("/".join(paths[0][:depth]), *sorted(parts))


def _seen_in(files: list[str], others: int) -> str:
    where = f"in {files[0]}" if len(files) == 1 else f"in {files[0]} and in {files[1]}"
    where += f" and {len(files) - 2} more files" if len(files) > 2 else ""
    twice = " twice" if len(files) == 1 else ""
    more = {0: "", 1: ", as does another object"}.get(others, f", as do {others} other objects")
    return f"it stands{twice} {where}{more}"


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
