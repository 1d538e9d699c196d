"""pytest entry point: collects checks, carries out their scenarios, takes their verdicts. Thin."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from seatrial import plugin_report
from seatrial.errors import BadInput
from seatrial.model.check import Check, Every, Level, check_of
from seatrial.model.failure import taken, verdict_of
from seatrial.model.plan import Profile
from seatrial.model.run import lacks_a_pass
from seatrial.model.verdict import CheckResult, Mode, Outcome, Verdict
from seatrial.plugin_report import (
    ACCEPTABLE,
    ACCEPTED,
    CHANGED,
    LEFT_OUT,
    NO_PASS,
    PAGE,
    Uncaptured,
    accepted_of,
    called,
    left_to_full,
    say,
)
from seatrial.plugin_selection import called_result, left_out, ordered, subject_of, unnamed

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.harness.suite import Suite
    from seatrial.model.system import System
    from seatrial.record.writer import RunWriter
    from seatrial.settings import Settings

SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
SYSTEM: pytest.StashKey[System] = pytest.StashKey()
RUN: pytest.StashKey[RunWriter] = pytest.StashKey()
SUITE: pytest.StashKey[Suite] = pytest.StashKey()
BAD_SYSTEM: pytest.StashKey[Exception] = pytest.StashKey()
VERDICT: pytest.StashKey[Verdict] = pytest.StashKey()
OBSERVED: pytest.StashKey[tuple[str, ...]] = pytest.StashKey()
JUDGED: pytest.StashKey[list[tuple[Mode, Outcome]]] = pytest.StashKey()
STARTED: pytest.StashKey[float] = pytest.StashKey()

_FLAGS = {
    "system": "system file (default: seatrial.yaml here, else the sample's)",
    "kubeconfig": "kubeconfig of a foreign cluster",
    "context": "context to use instead of the system file's",
    "namespace": "namespace to use instead of the system file's",
    "seed": "seed that picks victims and draws arrivals (default: drawn and printed)",
    "report-dir": "where run directories are made (default: reports)",
    "run": "existing run directory to append to",
    "profile": "core (default): one workload for each core scenario; full: everything. What is named by "
    "--check, -k or a file is carried out in full",
    "load": "fixed (default): each scenario at its own rates; edge: again at 90 % of the capacity that "
    "loadtests/capacity.py measured",
    "repeats": "how often at most a scenario is carried out again where its evidence was too weak to judge "
    "(default: 0, at most 9)",
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
    group.addoption("--accept", action="append", default=[], dest="seatrial_accept", choices=ACCEPTABLE,
                    help="end with exit code 0 although nothing passed, where every check ended so "
                    "(repeatable) [SEATRIAL_ACCEPT]")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    for level in Level:
        config.addinivalue_line("markers", f"{level}: level of a check")
    config.addinivalue_line("markers", "disruptive: the check disturbs the system (needs consent)")
    config.addinivalue_line("markers", "k8s: mark of pytest-kubernetes, which does not register it")
    config.pluginmanager.register(plugin_report, plugin_report.__name__)
    config.stash[JUDGED] = []
    config.stash[ACCEPTED] = accepted_of(config)


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


def suite_of(config: pytest.Config) -> Suite:
    """The system, brought up when the first check needs it, with the observations of this run."""
    if SUITE not in config.stash:
        from seatrial.harness.suite import Suite

        config.stash[SUITE] = Suite(
            settings_of(config), system_of(config), progress_of(config), run_of(config), profile_of(config)
        )
    return config.stash[SUITE]


def profile_of(config: pytest.Config) -> Profile:
    """How much is carried out: what a flag says; all of what is named; else as the environment has it."""
    named = (
        config.getoption("seatrial_check")
        or config.getoption("keyword")
        or any("::" in each or each.endswith(".py") for each in config.args)
    )
    if named and not config.getoption("seatrial_profile"):
        return Profile.FULL
    return settings_of(config).profile


def progress_of(config: pytest.Config) -> Progress:
    """Where setting up says what it does: past pytest's capture, so that a long build is seen."""
    from seatrial.cluster.progress import PlainProgress

    capture = config.pluginmanager.getplugin("capturemanager")
    return PlainProgress(Uncaptured(capture))  # type: ignore[arg-type]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    if SUITE in config.stash:
        config.stash[CHANGED] = config.stash[SUITE].close()
    judged, accepted = config.stash[JUDGED], config.stash[ACCEPTED]
    config.stash[NO_PASS] = lacks_a_pass(judged, accepted)
    # By the verdicts, not by pytest's count: another plugin may run a test again, or change its report.
    red = any(outcome.makes_red for _, outcome in judged) or len(judged) < called(session)
    if red or config.stash[NO_PASS] or config.stash.get(CHANGED, None):
        session.exitstatus = exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED
    writer = config.stash.get(RUN, None)
    if writer is None:
        return
    if left_out := config.stash.get(LEFT_OUT, []):
        writer.note(left_to_full(left_out))
    writer.tool_finished(int(exitstatus), accepted=accepted)
    writer.close()
    if settings_of(config).run_directory is None:
        from seatrial.report.html import build_report

        config.stash[PAGE] = str(build_report(writer.directory))


@pytest.fixture
def observation(request: pytest.FixtureRequest) -> Any:
    """Stands for what a check judges; the plugin hands the check the observation itself."""
    return request.param


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item of a check for each workload that has what its scenario needs, or one that says what lacks."""
    found = check_of(metafunc.function)
    if found is None or "observation" not in metafunc.fixturenames:
        return
    names = ["system"] if isinstance(found.scenario, Every) else []
    if not names:
        try:
            names = [subject.role for subject in found.subjects(system_of(metafunc.config))]
        except (BadInput, pytest.UsageError) as error:
            # Raised here it would be shown as a failed collection, with a traceback: kept for its end.
            metafunc.config.stash[BAD_SYSTEM] = error
    metafunc.parametrize("observation", names or [""], ids=names or ["none"], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if BAD_SYSTEM in config.stash:
        raise pytest.UsageError(str(config.stash[BAD_SYSTEM]))
    for item in items:
        found = check_of(getattr(item, "function", None))
        if found is not None:
            item.add_marker(found.level.value)
            if found.mode is Mode.PROVEN:
                item.add_marker("disruptive")
    dropped = unnamed(items, config.getoption("seatrial_check"))
    profile = profile_of(config)
    if profile is not Profile.FULL:
        rest = [item for item in items if item not in dropped]
        left = left_out(rest, profile, lambda: system_of(config))
        config.stash[LEFT_OUT] = [called_result(item) for item in left]
        dropped |= {*left}
    items[:] = ordered(item for item in items if item not in dropped)
    if dropped:
        config.hook.pytest_deselected(items=list(dropped))


@pytest.hookimpl(tryfirst=True)  # before marks are looked at: a check that is skipped has begun, too
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[STARTED] = time.monotonic()
    item.stash[OBSERVED] = ()
    found = check_of(getattr(item, "function", None))
    if found is not None:
        run_of(item.config).check_started(found.id, subject_of(item), found.requirement)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Calls a check and keeps its verdict, the one value that report and exit code are taken from."""
    found = check_of(pyfuncitem.function)
    if found is None:
        return None
    try:
        if found.mode is Mode.DECLARED:
            arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
            verdict = taken(pyfuncitem.obj(**arguments))
        else:
            suite = suite_of(pyfuncitem.config)
            verdict, pyfuncitem.stash[OBSERVED] = suite.verdict(
                found, str(pyfuncitem.callspec.params["observation"])
            )
    except Exception as error:
        verdict = verdict_of(error)
    pyfuncitem.stash[VERDICT] = verdict
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The report of a check says what its verdict says; no mark and no exception changes that."""
    report = yield
    found = check_of(getattr(item, "function", None))
    if found is None or (call.when != "call" and call.excinfo is None):
        return report
    verdict = _verdict(item, call)
    say(report, found, subject_of(item), verdict)
    report.__dict__.update(seatrial_outcome=verdict.outcome, seatrial_mode=found.mode)
    item.config.stash[JUDGED].append((found.mode, verdict.outcome))
    result = CheckResult(
        found.id, subject_of(item), found.requirement, verdict, "pytest",
        item.stash[STARTED], time.monotonic(), _evidence(item, found, verdict), found.mode, found.shows,
        item.stash[OBSERVED],
    )  # fmt: skip
    run_of(item.config).check_finished(result)
    return report


def _verdict(item: pytest.Item, call: pytest.CallInfo[None]) -> Verdict:
    if call.excinfo is None:
        return item.stash[VERDICT]
    if call.excinfo.errisinstance(pytest.skip.Exception):
        return Verdict(Outcome.SKIPPED, str(call.excinfo.value), "a check that runs")
    return verdict_of(call.excinfo.value)


def _evidence(item: pytest.Item, found: Check, verdict: Verdict) -> str:
    if found.mode is Mode.DECLARED or SUITE not in item.config.stash or not verdict.outcome.makes_red:
        return ""
    return item.config.stash[SUITE].collect_evidence(found.id, subject_of(item))
