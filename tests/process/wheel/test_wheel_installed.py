"""The wheel alone, in an empty folder: all ways in work, with no checkout."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import jsonschema
import pytest
import yaml

import seatrial

ROOT = Path(__file__).parents[3]
Typed = Callable[..., "CompletedProcess[str]"]
SYSTEM = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: vanished, namespace: shop}
entry: {url: "http://127.0.0.1:9"}
workloads:
  basket:
    kind: Deployment
    name: basket
    stateless: true
    load_step: {journey: look, per_second: 9, replicas: 2}
journeys: {look: {request: {path: /}}}
consent: {disruptive: true, context: vanished, namespace: shop}
"""
MANIFESTS = str(ROOT / "sample-system" / "manifests" / "catalogue.yaml")
EXPERIMENTS = sorted(path.name for path in (ROOT / "experiments").glob("*.yaml"))
EACH_PATH = """
import contextlib, io, sys
from pathlib import Path
from seatrial.__main__ import main
for name in sys.stdin.read().split():
    sys.argv, told = ["seatrial", "path", name], io.StringIO()
    with contextlib.redirect_stdout(told):
        code = main()
    print(name, code, Path(told.getvalue().strip()).is_file())
"""
"""Types the command once for each name on standard input, in one process."""
EACH_EXPERIMENT = """
import sys
from click.testing import CliRunner
from chaostoolkit.cli import cli
for path in sys.argv[1:]:
    told = CliRunner().invoke(cli, ["--no-version-check", "validate", path])
    print(path, told.exit_code, told.exception)
"""
"""`chaos validate` of each experiment, in one process."""


@pytest.fixture
def system(empty: Path) -> str:
    """A system file whose cluster is not there."""
    (empty / "shop.yaml").write_text(SYSTEM)
    return "shop.yaml"


def well(told: CompletedProcess[str]) -> str:
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def test_it_runs_from_the_environment_and_not_from_the_checkout(types: Typed, python: Path) -> None:
    told = well(types("seatrial", "path", "experiments/delete-pod.yaml"))
    assert Path(told.strip()).is_relative_to(python.parents[1].resolve())
    assert str(ROOT) not in told


def test_what_it_depends_on_is_declared(types: Typed) -> None:
    """Against the versions that are installed here, by pip itself."""
    assert well(types("pip", "check")).strip() == "No broken requirements found."


def test_version_checks_and_explanations(types: Typed) -> None:
    assert well(types("seatrial", "--version")) == f"{seatrial.__version__}\n"
    checks = json.loads(well(types("seatrial", "checks", "--json")))
    known = {item["id"] for item in checks}
    assert {"orchestration.pod-replacement", "orchestration.replicas"} <= known
    assert "delete-pod: a scenario" in well(types("seatrial", "explain", "delete-pod"))


def test_a_path_that_is_not_shipped_lists_what_is(types: Typed) -> None:
    told = types("seatrial", "path", "experiments/none.yaml")
    assert (told.returncode, told.stdout) == (2, "")
    listed = well(types("seatrial", "path")).split()
    assert all(name in told.stderr for name in listed)
    assert {f"experiments/{name}" for name in EXPERIMENTS} <= set(listed)


def test_every_listed_path_is_a_file(types: Typed, runs: Typed) -> None:
    listed = well(types("seatrial", "path")).split()
    told = well(runs("-c", EACH_PATH, text="\n".join(listed)))
    assert told.splitlines() == [f"{name} 0 True" for name in listed]


def test_init_writes_a_file_that_names_the_schema_of_the_package(types: Typed, empty: Path) -> None:
    well(types("seatrial", "init", MANIFESTS))
    text = (empty / "seatrial.yaml").read_text()
    key, _, named = text.splitlines()[0].partition("=")
    assert key == "# yaml-language-server: $schema"
    published = Path(well(types("seatrial", "path", "system.schema.json")).strip())
    assert (empty / named).read_bytes() == published.read_bytes()
    jsonschema.validate(yaml.safe_load(text), json.loads(published.read_text()))
    told = types("pytest", "--pyargs", "seatrial.suites", "--collect-only", "-q", "-p", "no:cacheprovider")
    assert "test_pod_replacement_loses_no_request[catalogue]" in well(told)


def test_the_suites_are_collected_for_the_named_system(types: Typed, system: str) -> None:
    suites = ("--pyargs", "seatrial.suites", "--collect-only", "-q", "--system", system)
    collected = well(types("pytest", *suites))
    assert "test_pod_replacement_loses_no_request[basket]" in collected
    for family in (path.parent.name for path in (ROOT / "suites").glob("*/__init__.py")):
        assert f"{family}/test_" in collected
    told = types("pytest", *suites[:-1], "none.yaml")
    assert (told.returncode, "no such system file" in told.stderr) == (4, True)


def test_a_cluster_that_is_not_there_is_an_error_and_no_pass(types: Typed, system: str) -> None:
    chosen = ("--system", system, "--check", "orchestration.pod-replacement")
    suite = types("pytest", "--pyargs", "seatrial.suites", *chosen)
    experiment = well(types("seatrial", "path", "experiments/delete-pod.yaml")).strip()
    chaos = types("chaostoolkit", "run", experiment, SEATRIAL_SYSTEM=system)
    for told in (suite, chaos):
        assert told.returncode == 1, told.stdout + told.stderr
        assert ".kube/config" in told.stdout + told.stderr
        assert "Traceback" not in told.stdout + told.stderr


def test_experiments_are_valid(types: Typed, runs: Typed, system: str) -> None:
    """The first by the command itself, all of them by the same program."""
    first = Path(well(types("seatrial", "path", f"experiments/{EXPERIMENTS[0]}")).strip())
    told = types("chaostoolkit", "validate", str(first), SEATRIAL_SYSTEM=system)
    assert "experiment syntax and semantic look valid" in well(told) + told.stderr
    paths = [str(first.with_name(name)) for name in EXPERIMENTS]
    told = runs("-c", EACH_EXPERIMENT, *paths, SEATRIAL_SYSTEM=system)
    assert well(told).splitlines() == [f"{path} 0 None" for path in paths], told.stderr


def test_load_tests_are_found_by_locust(types: Typed, system: str) -> None:
    for name, user in (("journeys", "Journeys"), ("step", "Step")):
        file = well(types("seatrial", "path", f"loadtests/{name}.py")).strip()
        told = types("locust", "-f", file, "--list", SEATRIAL_SYSTEM=system)
        assert user in (well(told) + told.stderr).split()
        told = types("locust", "-f", file, "--headless", "--arrivals", "often", SEATRIAL_SYSTEM=system)
        assert (told.returncode, "often" in told.stderr) == (1, True), told.stderr


def test_lint_judges_manifests(types: Typed) -> None:
    told = types("seatrial", "lint", MANIFESTS, "--format", "sarif")
    assert (told.returncode in (0, 1), told.stderr) == (True, "")
    assert json.loads(told.stdout)["runs"][0]["tool"]["driver"]["rules"]


def test_a_recorded_run_is_judged_and_shown_again(types: Typed, empty: Path) -> None:
    shutil.copytree(ROOT / "reports" / "example", empty / "run")
    (empty / "run" / "index.html").unlink()
    told = types("seatrial", "judge", "run")  # today's judges are stricter than those of that day
    assert ("14 judged again" in told.stdout, told.stderr) == (True, "")
    well(types("seatrial", "report", "run"))
    assert "<svg" in (empty / "run" / "index.html").read_text()


def test_without_any_system_file_it_is_said_how_to_get_one(types: Typed) -> None:
    told = types("seatrial", "run")
    assert (told.returncode, "seatrial init" in told.stderr) == (2, True)


@pytest.mark.parametrize(
    ("shell", "sign"), [("bash", "complete -o"), ("zsh", "#compdef"), ("fish", "complete --command")]
)
def test_shells_complete(types: Typed, shell: str, sign: str) -> None:
    """The script is the library's, and what it asks is answered."""
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    assert sign in well(types("seatrial", "--show-completion", shell, **named))
    typed = "seatrial path loadtests/"
    asked = {"_SEATRIAL_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": typed, "COMP_WORDS": typed}
    asked |= {"COMP_CWORD": "2", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    answered = types("seatrial", **asked).stdout
    assert all(name in answered for name in ("loadtests/journeys.py", "loadtests/step.py"))
    assert "experiments/" not in answered
