"""One junit.xml for all tools, so that any CI shows the same verdicts as the page."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Tree

from seatrial.errors import SeatrialError
from seatrial.model.verdict import CheckResult, Outcome
from seatrial.report.text import clean
from seatrial.report.view import RunView

_ELEMENTS = {
    Outcome.FAILED: "failure",
    Outcome.ERROR: "error",
    Outcome.INCONCLUSIVE: "error",
    Outcome.UNSUPPORTED: "skipped",
    Outcome.SKIPPED: "skipped",
}


def write_junit(view: RunView, path: Path) -> None:
    """Write the run as JUnit XML.

    failed is a failure; error and inconclusive are errors with their word as `type`; unsupported and
    skipped are skipped with the reason. Whatever else forbids a pass is an error of the suite `seatrial`.

    Raises:
        SeatrialError: the file cannot be written.
    """
    root = junit(view)
    Tree.indent(root)
    try:
        path.write_bytes(Tree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    except OSError as error:
        raise SeatrialError(f"junit.xml cannot be written: {error.strerror}", where=str(path)) from None


def junit(view: RunView) -> Tree.Element:
    """The same as an element tree."""
    run = view.run
    root = Tree.Element("testsuites", {"name": clean(str(run.system.get("name", "seatrial")))})
    tools = dict.fromkeys(result.tool for result in run.results)
    for tool in tools:
        suite = Tree.SubElement(root, "testsuite", {"name": clean(tool)})
        for result in run.results:
            if result.tool == tool:
                _case(suite, result)
        _count(suite)
    if view.troubles:
        suite = Tree.SubElement(root, "testsuite", {"name": "seatrial: the run itself"})
        for trouble in view.troubles:
            facts = {"classname": "run", "name": clean(trouble.name), "time": "0"}
            case = Tree.SubElement(suite, "testcase", facts)
            Tree.SubElement(case, "error", {"type": trouble.kind, "message": clean(trouble.text)})
        _count(suite)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    return root


def _case(suite: Tree.Element, result: CheckResult) -> None:
    verdict = result.verdict
    family = result.check.partition(".")[0]
    seconds = max(result.finished_at - result.started_at, 0.0)
    name = f"{result.check} [{result.subject}]" if result.subject else result.check
    case = Tree.SubElement(
        suite, "testcase", {"classname": clean(family), "name": clean(name), "time": f"{seconds:.3f}"}
    )
    properties = Tree.SubElement(case, "properties")
    facts = {
        "check": result.check,
        "subject": result.subject,
        "requirement": result.requirement,
        "mode": result.mode.value,
        "outcome": verdict.outcome.value,
        "observed": verdict.observed,
        "expected": verdict.expected,
        "observations": " ".join(result.observations),
        "evidence": result.evidence,
    }
    for key, value in facts.items():
        Tree.SubElement(properties, "property", {"name": key, "value": clean(value)})
    if verdict.passed:
        return
    element = Tree.SubElement(
        case, _ELEMENTS[verdict.outcome], {"type": verdict.outcome.value, "message": clean(verdict.observed)}
    )
    element.text = clean(f"{result.requirement}\n{verdict.explain()}")


def _count(suite: Tree.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{element}"))))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in suite.findall('testcase')):.3f}")
