"""pytest entry point: options, selection, outcomes. Thin: the fixtures stand in `fixtures/trial.py`."""

from __future__ import annotations

import difflib
import sys
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.catalogue import Check, Level, check_of
from seatrial.errors import BadInput, SeatrialError
from seatrial.model.verdict import CheckResult, Mode, Outcome, Verdict, merge
from seatrial.outcomes import CheckUnsupported, NotPassed, verdict_of

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.model.system import System
    from seatrial.record.writer import RunWriter
    from seatrial.settings import Settings

pytest_plugins = ["seatrial.fixtures.trial"]

VERDICTS: pytest.StashKey[list[Verdict]] = pytest.StashKey()
STARTED = pytest.StashKey[float]()
SETTINGS = pytest.StashKey["Settings"]()
SYSTEM = pytest.StashKey["System"]()
RUN = pytest.StashKey["RunWriter"]()
BAD_SYSTEM = pytest.StashKey[BadInput]()
PAGE = pytest.StashKey[str]()
FAILED = pytest.StashKey[bool]()
"""Set on an item whose call did not pass, before its fixtures are torn down."""

_FLAGS = {
    "system": "the system file (default: fixtures/systems/chandlery.yaml)",
    "kubeconfig": "kubeconfig of a foreign cluster (default: KUBECONFIG, then ~/.kube/config)",
    "context": "context of the kubeconfig to use; overrides the system file",
    "namespace": "namespace of the system; overrides the system file",
    "seed": "seed that picks victims and draws arrivals (default: drawn and printed)",
    "report-dir": "where run directories are made (default: reports)",
    "run": "existing run directory to append to",
}
_CATEGORIES = {
    Outcome.INCONCLUSIVE: ("inconclusive", "?", ("INCONCLUSIVE", {"yellow": True})),
    Outcome.ERROR: ("error", "E", ("ERROR", {"red": True})),
    Outcome.UNSUPPORTED: ("unsupported", "u", ("UNSUPPORTED", {"yellow": True})),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("seatrial", "Seatrial: conformance of a backend on Kubernetes")
    for name, text in _FLAGS.items():
        variable = f"SEATRIAL_{name.replace('-', '_').upper()}"
        group.addoption(f"--{name}", dest=f"seatrial_{name}", help=f"{text} [{variable}]")
    group.addoption("--manifests", dest="seatrial_manifests", metavar="PATH",
                    help="judge the declared rules on this file or folder: no cluster needed")  # fmt: skip
    group.addoption("--check", action="append", default=[], dest="seatrial_check", metavar="ID",
                    help="run only this check (repeatable)")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    for level in Level:
        config.addinivalue_line("markers", f"{level}: level of a check")
    config.addinivalue_line("markers", "disruptive: the check disturbs the system (needs consent)")
    config.addinivalue_line("markers", "k8s: mark of pytest-kubernetes, which does not register it")


def settings_of(config: pytest.Config) -> Settings:
    """The settings of this pytest run, from flags and environment."""
    if SETTINGS not in config.stash:
        from seatrial.settings import settings_from

        flags = {name.replace("-", "_"): config.getoption(f"seatrial_{name}") for name in _FLAGS}
        try:
            config.stash[SETTINGS] = settings_from(flags)
        except BadInput as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[SETTINGS]


def system_of(config: pytest.Config) -> System:
    """The system under test. Raises BadInput for a bad file."""
    if SYSTEM not in config.stash:
        from seatrial.settings import load_system

        config.stash[SYSTEM] = load_system(settings_of(config))
    return config.stash[SYSTEM]


def run_of(config: pytest.Config) -> RunWriter:
    """The run that results go to: the one of SEATRIAL_RUN or --run, else a new one."""
    if RUN not in config.stash:
        from seatrial.record.writer import RunWriter
        from seatrial.versions import versions

        settings = settings_of(config)
        if settings.run_directory is not None:
            writer = RunWriter(settings.run_directory, "pytest")
        else:
            writer = RunWriter.open_or_create("pytest", reports=settings.reports_directory, environment={})
        config.stash[RUN] = writer
        writer.tool_started(argv=sys.argv, versions=versions(), seed=settings.seed)
    return config.stash[RUN]


def progress_of(config: pytest.Config) -> Progress:
    """Where setting up says what it does: past pytest's capture, so that a long build is seen."""
    from seatrial.cluster.progress import PlainProgress

    capture = config.pluginmanager.getplugin("capturemanager")
    return PlainProgress(_Uncaptured(capture))  # type: ignore[arg-type]


class _Uncaptured:
    """A text sink that writes to the terminal while pytest captures."""

    def __init__(self, capture: Any) -> None:
        self._capture = capture

    def write(self, text: str) -> int:
        with self._capture.global_and_fixture_disabled():
            sys.stderr.write(text)
            sys.stderr.flush()
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    writer = session.config.stash.get(RUN, None)
    if writer is None:
        return
    writer.tool_finished(int(exitstatus))
    writer.close()
    if settings_of(session.config).run_directory is None:
        from seatrial.report.html import build_report

        session.config.stash[PAGE] = str(build_report(writer.directory))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    item = check_of(metafunc.function)
    if item is None or "workload" not in metafunc.fixturenames:
        return
    try:
        system = system_of(metafunc.config)
    except BadInput as error:
        # Raised here it would be shown as a failed collection, with a traceback: kept for the end of it.
        metafunc.config.stash[BAD_SYSTEM] = error
        metafunc.parametrize("workload", [None], ids=["none"], indirect=True)
        return
    roles = [role for role, workload in system.workloads.items() if item.applies_to(workload, system)]
    metafunc.parametrize("workload", roles or [None], ids=roles or ["none"], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if BAD_SYSTEM in config.stash:
        raise pytest.UsageError(str(config.stash[BAD_SYSTEM]))
    checks = {item.nodeid: check_of(getattr(item, "function", None)) for item in items}
    for item in items:
        found = checks[item.nodeid]
        if found is not None:
            item.add_marker(found.level.value)
            if found.disruptive:
                item.add_marker("disruptive")
    wanted = config.getoption("seatrial_check")
    if wanted:
        _select(config, items, checks, wanted)


def _select(
    config: pytest.Config, items: list[pytest.Item], checks: dict[str, Check | None], wanted: list[str]
) -> None:
    known = {found.id for found in checks.values() if found is not None}
    for name in wanted:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            listed = ", ".join(sorted(known)) or "none"
            hint = f"; did you mean {nearest[0]}?" if nearest else f"; known: {listed}"
            raise pytest.UsageError(f"--check {name}: no such check among those collected{hint}")
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        found = checks[item.nodeid]
        (kept if found is not None and found.id in wanted else dropped).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=dropped)


def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[VERDICTS] = []
    item.stash[STARTED] = time.monotonic()
    found = check_of(getattr(item, "function", None))
    if found is not None:
        run_of(item.config).check_started(found.id, _subject(item), found.requirement)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """A check that judged nothing is an error: no evidence, no green."""
    result = yield
    if check_of(pyfuncitem.function) is not None and not pyfuncitem.stash[VERDICTS]:
        raise SeatrialError(
            "the check ended without a verdict", where=pyfuncitem.nodeid,
            next_step="A check must end with a judge's verdict; see CONTRIBUTING.md.",
        )  # fmt: skip
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    found = check_of(getattr(item, "function", None))
    if found is None or (call.when != "call" and call.excinfo is None):
        return report
    if call.excinfo is not None and call.excinfo.errisinstance(pytest.skip.Exception):
        verdict = Verdict(Outcome.SKIPPED, str(call.excinfo.value), "a check that runs")
    elif call.excinfo is not None:
        verdict = verdict_of(call.excinfo.value)
        _rewrite(report, found, item, verdict, call.excinfo.value)
    else:
        verdicts: list[Verdict] = item.stash[VERDICTS]
        verdict = merge(verdicts)
    if not verdict.passed:
        item.stash[FAILED] = True
    evidence = f"evidence/{found.id}/{_subject(item)}" if found.mode is Mode.PROVEN else ""
    result = CheckResult(
        found.id, _subject(item), found.requirement, verdict, "pytest",
        item.stash[STARTED], time.monotonic(), evidence, found.mode, found.shows,
    )  # fmt: skip
    words = {"check": found.id, "requirement": found.requirement, "observed": verdict.observed}
    report.user_properties += list(words.items())
    report.__dict__.update(seatrial_outcome=verdict.outcome, seatrial_mode=found.mode)
    run_of(item.config).check_finished(result)
    return report


def _rewrite(
    report: pytest.TestReport, found: Check, item: pytest.Item, verdict: Verdict, error: BaseException
) -> None:
    """Text for people in place of a traceback, which stays only for defects of our own."""
    if verdict.outcome in (Outcome.SKIPPED, Outcome.UNSUPPORTED):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), 0, f"{found.id}: {verdict.observed}")
        return
    if isinstance(error, NotPassed | SeatrialError):
        title = f"{verdict.outcome.upper()} {found.id} [{_subject(item)}]  {found.requirement}"
        text = verdict.explain() or str(error)
        report.longrepr = title + "\n" + "\n".join(f"  {line}" for line in text.splitlines())


def _subject(item: pytest.Item) -> str:
    params = getattr(getattr(item, "callspec", None), "params", {})
    return str(params.get("workload") or params.get("subject") or "system")


def pytest_report_teststatus(report: pytest.TestReport) -> Any:
    outcome = getattr(report, "seatrial_outcome", None)
    if outcome in _CATEGORIES and (report.when == "call" or not report.passed):
        return _CATEGORIES[outcome]
    return None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for category in ("inconclusive", "unsupported"):
        reports = terminalreporter.getreports(category)
        if reports:
            terminalreporter.section(category)
        declared = 0
        for report in reports:
            if category == "unsupported" and report.seatrial_mode is Mode.DECLARED:
                declared += 1
                continue
            text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            terminalreporter.line(text)
        if declared:
            terminalreporter.line(f"{declared} declared rules have no object here; the page names them")
    page = terminalreporter.config.stash.get(PAGE, "")
    if page:
        terminalreporter.line(f"page  {page}")


def unsupported(check: Check) -> CheckUnsupported:
    """What a check says of a system that has nothing for it."""
    needs = ", ".join(sorted(check.needs))
    return CheckUnsupported(
        Verdict(
            Outcome.UNSUPPORTED,
            f"no workload of the system file has what the check needs: {needs}",
            "at least one such workload",
            "Declare it in the system file if the system has it; docs/your-system.md says how.",
        )
    )
