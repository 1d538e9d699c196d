"""The declared rules as pytest items, one for each rule and object (`suites/*/test_declared.py`).

With `--manifests PATH` they judge files and need no cluster. Without it they judge the live namespace, and
before the system is deployed the manifests that its system file would deploy.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from seatrial.declared.catalogue import choose
from seatrial.declared.engine import Fault, Finding, Report, examine, subjects_of
from seatrial.declared.graph import Graph
from seatrial.declared.kinds import TEMPLATES
from seatrial.declared.objects import Resource
from seatrial.declared.rule import CONTAINER, EVERY_CONTAINER, WAIVER, WORKLOAD, Rule, Severity
from seatrial.declared.values import plain
from seatrial.declared.waivers import Waiver, from_system
from seatrial.declared.worlds import Worlds
from seatrial.errors import BadInput, SeatrialError
from seatrial.lint.decoding import parse
from seatrial.lint.live import Unlined
from seatrial.lint.reading import read_whole
from seatrial.model.check import Level, check, check_of
from seatrial.model.failure import verdict_of
from seatrial.model.verdict import Mode, Outcome, Verdict

if TYPE_CHECKING:
    from seatrial.model.system import System


class Judged(NamedTuple):
    """A judged input: the report, and the name that each object has in items.

    Attributes:
        source: where the objects were read from.
    """

    report: Report
    source: str
    roles: dict[tuple[str, str], str]


class Subject(NamedTuple):
    """What one item judges: a rule on one object; no object means that there is none to judge."""

    name: str
    verdict: Verdict

    def __str__(self) -> str:
        return self.name


_JUDGED: pytest.StashKey[Judged | SeatrialError] = pytest.StashKey()


def declared(family: str) -> tuple[type, Any]:
    """The test class of one family and the hook that finds its subjects; a module assigns both.

    Rules that are optional are left out, as in `seatrial lint`.
    """
    rules = choose([family])
    methods = {f"test_{rule.id.partition('.')[2].replace('-', '_')}": _test_of(rule) for rule in rules}
    return type("TestDeclared", (), methods), _find_subjects


def _test_of(rule: Rule) -> Any:
    level = Level.CORE if str(rule.level) == "core" else Level.EXTENDED

    @check(
        rule.id, level=level, requirement=rule.requirement, remediation=rule.remediation, mode=Mode.DECLARED
    )
    def test(_self: object, subject: Subject) -> Verdict:
        return subject.verdict

    test.__doc__ = rule.why
    return test


def _find_subjects(metafunc: pytest.Metafunc) -> None:
    item = check_of(metafunc.function)
    if item is None or "subject" not in metafunc.fixturenames:
        return
    judged = _judged(metafunc.config)
    if isinstance(judged, SeatrialError):
        verdict = replace(verdict_of(judged), expected="an input that can be judged")
        subjects = [Subject("system", verdict)]
    else:
        subjects = list(_subjects(item.id, judged)) or [_nobody(item.id, judged)]
    metafunc.parametrize("subject", subjects, ids=str)


def _subjects(rule_id: str, judged: Judged) -> list[Subject]:
    graph = judged.report.graph
    rule = next(rule for rule in judged.report.rules if rule.id == rule_id)
    if rule.on == WAIVER:
        found = [finding for finding in judged.report.findings if finding.rule.id == rule_id]
        fault = next((each for each in judged.report.faults if each.rule.id == rule_id), None)
        verdict = _verdict(rule, found, judged.source, fault)
        return [Subject("waivers", verdict)] if judged.report.applied[rule_id] else []
    resources: dict[int, Resource] = {}
    for subject in subjects_of(graph, rule.on):
        if _applies(rule, subject):
            resources.setdefault(id(subject.resource), subject.resource)
    findings: dict[int, list[Finding]] = {}
    for finding in judged.report.findings:
        if finding.rule.id == rule_id:
            findings.setdefault(id(finding.resource), []).append(finding)
    faults = {id(each.resource): each for each in judged.report.faults if each.rule.id == rule_id}
    names = [judged.roles.get((item.kind, item.name)) or item.name for item in resources.values()]
    return [
        Subject(
            name if names.count(name) == 1 else f"{item.kind}-{item.name}",
            _verdict(rule, findings.get(key, []), judged.source, faults.get(key)),
        )
        for name, (key, item) in zip(names, resources.items(), strict=True)
    ]


def _applies(rule: Rule, subject: object) -> bool:
    """Whether a rule applies; where it could not tell, its fault is the verdict."""
    try:
        return rule.when is None or rule.when(subject)
    except Exception:
        return True


def _verdict(rule: Rule, findings: list[Finding], source: str, fault: Fault | None = None) -> Verdict:
    open_ones = [finding for finding in findings if finding.waiver is None]
    expected = "none"
    observed = "; ".join(
        f"{finding.container + ': ' if finding.container else ''}{finding.seen}" for finding in findings
    )
    places = tuple(_place(finding) for finding in open_ones)
    if open_ones and rule.severity is not Severity.NOTE:
        return Verdict(Outcome.FAILED, observed, expected, rule.remediation, reasons=places)
    if fault is not None:
        return _not_judged(fault)
    if open_ones:
        return Verdict(Outcome.PASSED, f"advice only: {observed}", expected, rule.remediation, reasons=places)
    if findings and findings[0].waiver is not None:
        waiver = findings[0].waiver
        return Verdict(
            Outcome.SKIPPED, f"waived until {waiver.until}: {waiver.reason} ({observed})", expected
        )
    return Verdict(Outcome.PASSED, f"nothing to object to in {source}", expected)


def _not_judged(fault: Fault) -> Verdict:
    """The verdict of a rule that could not judge an object, whatever it found before."""
    if fault.unread:
        what, _, next_step = fault.unread.partition("; ")
        return Verdict(Outcome.UNSUPPORTED, what, "objects that the rule looks at may be read", next_step)
    return Verdict(
        Outcome.ERROR, f"the rule could not judge it: {fault.reason}", "the rule can judge it",
        "This is a defect of the rule, not of the system: please report it.",
    )  # fmt: skip


def _place(finding: Finding) -> str:
    file, line, _ = finding.resource.origin.position(finding.path)
    where = f"{file}:{line}" if line else f"{file}, {finding.resource.title}"
    return f"{where} {plain(finding.path)}"


def _nobody(rule_id: str, judged: Judged) -> Subject:
    rule = next(rule for rule in judged.report.rules if rule.id == rule_id)
    unread = judged.report.graph.unread
    for kind in TEMPLATES if rule.on in (WORKLOAD, CONTAINER, EVERY_CONTAINER) else rule.on.split("|"):
        if kind in unread:
            what, _, next_step = unread[kind].partition("; ")
            expected = "objects that the rule looks at may be read"
            return Subject("none", Verdict(Outcome.UNSUPPORTED, what, expected, next_step))
    on = rule.on.replace("|", " or ")
    return Subject(
        "none", Verdict(Outcome.UNSUPPORTED, f"no {on} it applies to in {judged.source}", "at least one")
    )


def _judged(config: pytest.Config) -> Judged | SeatrialError:
    if _JUDGED not in config.stash:
        try:
            config.stash[_JUDGED] = _judge(config)
        except SeatrialError as error:
            config.stash[_JUDGED] = error
    return config.stash[_JUDGED]


def _judge(config: pytest.Config) -> Judged:
    graph, source = _graph_of(config)
    if not graph.workloads:
        raise BadInput(
            f"there is no workload to judge in {source}",
            next_step="deploy the system, or name files: --manifests PATH",
        )
    from seatrial.plugin import settings_of

    system = _system_of(config)
    waivers = [] if system is None else waivers_of(system, str(settings_of(config).system_path))
    report = examine(graph, choose(), today=time.strftime("%Y-%m-%d"), waivers=waivers)
    workloads = {} if system is None else system.workloads
    return Judged(report, source, {(each.kind, each.name): role for role, each in workloads.items()})


def waivers_of(system: System, source: str) -> list[Waiver]:
    """The waivers of a system file, as the rules take them."""
    written = [waiver.model_dump(mode="json") for waiver in system.waivers]
    data = {"kind": "System", "metadata": {"name": system.metadata.name}}
    return from_system(written, Resource(data, Unlined(source), Graph([])))


def _graph_of(config: pytest.Config) -> tuple[Graph | Worlds, str]:
    manifests = config.getoption("seatrial_manifests", None)
    if manifests:
        return _graph_of_files(manifests), manifests
    from seatrial.harness.access import access, beside
    from seatrial.kube.client import Kube
    from seatrial.lint.live import read_live
    from seatrial.plugin import settings_of, system_of

    settings, system = settings_of(config), system_of(config)
    folder = beside(settings.system_path, system.deploy.kustomize) if system.deploy is not None else None
    try:
        kube = Kube(*access(settings, system), system.target.namespace)
        try:
            graph = read_live(kube, judged=True)
        finally:
            kube.close()
        if graph.workloads or folder is None:
            return graph, f"namespace {system.target.namespace}"
    except SeatrialError:
        if folder is None:
            raise
    return _graph_of_files(str(folder)), str(system.deploy.kustomize if system.deploy else folder)


def _graph_of_files(name: str) -> Graph | Worlds:
    worlds = [Graph(world, parse) for world in read_whole([name]).worlds]
    return worlds[0] if len(worlds) == 1 else Worlds(worlds)


def _system_of(config: pytest.Config) -> System | None:
    """The system file: for roles and waivers. Files can be judged without one."""
    from seatrial.plugin import system_of

    try:
        return system_of(config)
    except BadInput:
        if config.getoption("seatrial_system", None):
            raise  # named, so it is meant
        return None
