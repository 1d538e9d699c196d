"""Applying rules to a graph: one pass, every rule, nothing observed is never a pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from seatrial.declared.graph import Graph
from seatrial.declared.kinds import Unread
from seatrial.declared.objects import Container, Resource
from seatrial.declared.rule import CONTAINER, EVERY_CONTAINER, RESOURCE, WAIVER, WORKLOAD, Found, Rule
from seatrial.declared.values import Path, printable
from seatrial.declared.waivers import Waiver, annotated
from seatrial.declared.worlds import Worlds


class Finding(NamedTuple):
    """A requirement that one object does not meet.

    Attributes:
        resource: the object.
        container: the container's name, or empty.
        path: the field at fault, from the object's root.
        seen: what stands there.
        waiver: why it is tolerated, or None.
    """

    rule: Rule
    resource: Resource
    container: str
    path: Path
    seen: str
    waiver: Waiver | None = None


class Fault(NamedTuple):
    """A rule that could not judge an object: never a pass.

    Attributes:
        unread: what it needed to read and may not; empty where the rule has a defect.
    """

    rule: Rule
    resource: Resource
    reason: str
    unread: str = ""


class Report(NamedTuple):
    """What a set of rules found in a graph.

    Attributes:
        applied: for each rule, the number of subjects it was applied to; 0 means it proved nothing.
        findings: in the order of the input, then of the rules; waived ones included.
        faults: rules that raised.
    """

    graph: Graph | Worlds
    rules: Sequence[Rule]
    applied: dict[str, int]
    findings: list[Finding]
    faults: list[Fault]

    @property
    def open_findings(self) -> list[Finding]:
        """Those that nobody waived."""
        return [finding for finding in self.findings if finding.waiver is None]


def examine(
    graph: Graph | Worlds, rules: Iterable[Rule], *, today: str, waivers: Iterable[Waiver] = ()
) -> Report:
    """Apply every rule to all of its subjects, then the waivers.

    Args:
        graph: the input.
        rules: which rules to apply.
        today: ISO date by which waivers are judged.
        waivers: those that do not stand in annotations of the input.
    """
    selected = list(rules)
    report = Report(graph, selected, {rule.id: 0 for rule in selected}, [], [])
    by_subject: dict[str, list[Rule]] = {}
    for rule in selected:
        by_subject.setdefault(rule.on, []).append(rule)
    about_waivers = by_subject.pop(WAIVER, [])
    for on, group in by_subject.items():
        _apply_all(group, subjects_of(graph, on), report)
    given = [*annotated(graph), *waivers]
    if given:
        _waive(given, report, today)
        spoken_of = [waiver for waiver in given if waiver.problem or waiver.rule_id in report.applied]
        _apply_all(about_waivers, spoken_of, report)
    order = {id(resource): index for index, resource in enumerate(graph.resources)}
    report.findings.sort(key=lambda finding: order.get(id(finding.resource), len(order)))
    return report


def _apply_all(rules: Sequence[Rule], subjects: Sequence[Any], report: Report) -> None:
    for subject in subjects:
        for rule in rules:
            try:
                if rule.when is not None and not rule.when(subject):
                    continue
                report.applied[rule.id] += 1
                for path, seen in rule.check(subject):
                    container = printable(subject.name) if subject.__class__ is Container else ""
                    report.findings.append(Finding(rule, subject.resource, container, path, printable(seen)))
            except Unread as error:
                report.faults.append(Fault(rule, subject.resource, str(error), error.why))
            except Exception as error:  # one broken rule must not hide the others; it is reported as an error
                report.faults.append(Fault(rule, subject.resource, f"{type(error).__name__}: {error}"))


def _waive(waivers: list[Waiver], report: Report, today: str) -> None:
    findings, faults = _by_rule(report.findings), _by_rule(report.faults)
    for waiver in waivers:
        if not waiver.is_applied(today):
            continue
        key = (waiver.rule_id, None if waiver.target else id(waiver.resource))
        about = [report.faults[index] for index in faults.get(key, ())]
        reasons = (each.unread for each in about if waiver.covers(each.rule.id, each.resource))
        waiver.not_judged = next(filter(None, reasons), "")
        for index in findings.get(key, ()):
            finding = report.findings[index]
            if finding.waiver is None and waiver.covers(finding.rule.id, finding.resource):
                waiver.matched = True
                if not waiver.expired:
                    report.findings[index] = finding._replace(waiver=waiver)


def _by_rule(items: Sequence[Finding | Fault]) -> dict[tuple[str, int | None], list[int]]:
    """Indexes by rule and object, and by rule alone: a waiver then looks only at what it may cover."""
    found: dict[tuple[str, int | None], list[int]] = {}
    for index, item in enumerate(items):
        for place in (id(item.resource), None):
            found.setdefault((item.rule.id, place), []).append(index)
    return found


def subjects_of(graph: Graph | Worlds, on: str) -> Sequence[Any]:
    """Everything that a rule with this `on` is applied to."""
    if on == WORKLOAD:
        return graph.workloads
    if on == CONTAINER:
        return graph.containers()
    if on == EVERY_CONTAINER:
        return graph.every_container()
    if on == RESOURCE:
        return graph.resources
    return [resource for kind in on.split("|") for resource in graph.by_type.get(kind, [])]


def verdicts(rule: Rule, graph: Graph) -> Iterator[tuple[Any, list[Found]]]:
    """One rule, subject by subject: each one it applies to, with what is wrong there (empty: it holds)."""
    for subject in subjects_of(graph, rule.on):
        if rule.when is None or rule.when(subject):
            yield subject, list(rule.check(subject))
