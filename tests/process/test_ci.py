"""The GitHub Action and the GitLab component: what the platforms document, and their shell steps carried out.

Where a cluster would be needed a recorded run stands in: `seatrial run` puts it where a run puts its own, and
ends with the code that is asked for. Everything else is the real command.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Tree

import pytest
import yaml

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "reports" / "example"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HEADER, COMPONENT = yaml.safe_load_all((ROOT / "templates" / "seatrial.yml").read_text(encoding="utf-8"))
(JOB,) = COMPONENT.values()
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}
PASSED = '"verdict":{"outcome":"passed"'
BAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: web}]}}}
"""
STAND_IN = """#!/bin/sh
[ "$1" = run ] || exec {python} -m seatrial "$@"
shift; echo "$SEATRIAL_SYSTEM|$*" > "{asked}"
[ -d "{recorded}" ] || exit 2
reports="${{SEATRIAL_REPORT_DIR:-reports}}"
mkdir -p "$reports" && cp -R "{recorded}" "$reports/one" && ln -sfn one "$reports/latest" && exit {code}
"""


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def test_the_action_is_what_github_documents() -> None:
    assert set(ACTION) <= {"name", "author", "description", "inputs", "outputs", "runs", "branding"}
    assert ACTION["runs"]["using"] == "composite"
    for value in (*ACTION["inputs"].values(), *ACTION["outputs"].values()):
        assert value["description"]
    assert all(isinstance(value["default"], str) for value in ACTION["inputs"].values())
    for step in ACTION["runs"]["steps"]:
        assert set(step) <= {"name", "id", "if", "uses", "with", "env", "shell", "run"}
        assert ("uses" in step) != ("run" in step)
        assert ("run" in step) == ("shell" in step)
        assert re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", step.get("uses", "actions/none@v1"))
        assert "${{" not in step.get("run", ""), "what a person wrote must not become a part of a script"
    used = set(re.findall(r"inputs\.([\w-]+)", "\n".join(texts(ACTION["runs"]))))
    assert used == set(ACTION["inputs"])
    ids = {step.get("id") for step in ACTION["runs"]["steps"]}
    assert set(re.findall(r"steps\.([\w-]+)\.", "\n".join(texts(ACTION)))) <= ids


def test_the_component_is_what_gitlab_documents() -> None:
    assert set(HEADER) == {"spec"}
    inputs = HEADER["spec"]["inputs"]
    assert all(set(value) == {"description", "default"} for value in inputs.values())
    assert set(JOB) <= {"stage", "image", "variables", "script", "artifacts"}
    assert set(JOB["artifacts"]) == {"when", "expose_as", "paths", "reports"}
    assert JOB["artifacts"]["when"] == "always"
    used = set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", "\n".join([*COMPONENT, *texts(JOB)])))
    assert used == set(inputs)
    assert not any("$[[" in line for line in JOB["script"])


def test_both_have_the_same_inputs_where_they_mean_the_same() -> None:
    ours, theirs = ACTION["inputs"], HEADER["spec"]["inputs"]
    both = set(ours) & set(theirs)
    assert both == {"system", "manifests", "arguments"}
    assert all(ours[name] == theirs[name] for name in both)


@dataclass
class Ended:
    """How the steps ended, and what they left."""

    code: int
    results: Path
    summary: str
    output: str
    asked: str


@dataclass
class Runner:
    """A runner of CI: a folder, a way to say what `seatrial run` does, and the steps of one platform."""

    platform: str
    folder: Path

    def __post_init__(self) -> None:
        self.recorded, self.code = self.folder / "recorded", 0
        shutil.copytree(EXAMPLE, self.recorded)

    def failing(self) -> None:
        """One verdict of the recorded run is another."""
        (events,) = self.recorded.glob("events-pytest-*.ndjson")
        lines = events.read_text("utf-8").splitlines(keepends=True)
        chosen = ('"type":"check-finished"', '"orchestration.pod-replacement"', '"subject":"orders"')
        (number,) = [n for n, line in enumerate(lines) if all(word in line for word in chosen)]
        lines[number] = lines[number].replace(PASSED, PASSED.replace("passed", "failed"))
        events.write_text("".join(lines), "utf-8")
        self.code = 1

    def run(self, system: str = "", manifests: str = "", arguments: str = "") -> Ended:
        work, temporary = self.folder / "work", self.folder / "temporary"
        for folder in (work / ".seatrial-venv" / "bin", temporary):
            folder.mkdir(parents=True)
        asked = self.folder / "asked"
        stand_in = work / ".seatrial-venv" / "bin" / "seatrial"
        names = {"asked": asked, "recorded": self.recorded, "code": self.code, "python": sys.executable}
        stand_in.write_text(STAND_IN.format(**names))
        stand_in.chmod(0o755)
        (work / "bad.yaml").write_text(BAD)
        given = {"PATH": f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(work)}
        given |= {"SEATRIAL_SYSTEM": system, "SEATRIAL_MANIFESTS": manifests, "SEATRIAL_ARGUMENTS": arguments}
        ended = (self._github if self.platform == "github" else self._gitlab)(work, temporary, given)
        ended.asked = asked.read_text().strip() if asked.exists() else ""
        return ended

    def _github(self, work: Path, temporary: Path, given: dict[str, str]) -> Ended:
        step, verdict = STEPS["Run Seatrial"], STEPS["Verdict"]
        outputs, summary = temporary / "output", temporary / "summary"
        assert set(given) - set(step["env"]) == {"PATH", "HOME"}
        given |= {"RUNNER_TEMP": str(temporary), "GITHUB_OUTPUT": str(outputs)}
        given |= {"GITHUB_STEP_SUMMARY": str(summary), "SEATRIAL_REPORT_DIR": str(temporary / "reports")}
        shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
        ran = _ran((*shell, step["run"]), work, given)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        written = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
        code = _ran((*shell, verdict["run"]), work, {"EXIT_CODE": written["exit-code"]}).returncode
        assert (Path(written["results"]) / "summary.md").read_text() == summary.read_text()
        return Ended(code, Path(written["results"]), summary.read_text(), ran.stdout + ran.stderr, "")

    def _gitlab(self, work: Path, _temporary: Path, given: dict[str, str]) -> Ended:
        del given["PATH"]
        ran = _ran(("sh", "-e", "-c", JOB["script"][-1]), work, given | {"PATH": os.environ["PATH"]})
        results = work / JOB["artifacts"]["paths"][0]
        summary = (results / "summary.md").read_text()
        return Ended(ran.returncode, results, summary, ran.stdout + ran.stderr, "")


def _ran(
    command: tuple[str, ...], folder: Path, given: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=dict(given), capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(params=["github", "gitlab"])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    return Runner(request.param, tmp_path)


def test_a_run_that_passed_leaves_page_junit_sarif_and_summary(runner: Runner) -> None:
    ended = runner.run(system="shop.yaml", arguments="--only suites --context staging")
    assert (ended.code, ended.asked) == (0, "shop.yaml|--only suites --context staging"), ended.output
    assert ended.summary.startswith("### seatrial: passed, chandlery\n")
    assert "<html" in (ended.results / "index.html").read_text("utf-8")
    assert Tree.parse(ended.results / "junit.xml").getroot().get("failures") == "0"
    assert json.loads((ended.results / "run.sarif").read_text())["version"] == "2.1.0"
    assert (ended.results / "observations" / "delete-pod.orders" / "head.json").is_file()


def test_a_run_that_failed_is_red_and_says_what(runner: Runner) -> None:
    runner.failing()
    ended = runner.run(system="shop.yaml")
    assert ended.code == 1, ended.output
    assert ended.summary.startswith("### seatrial: FAILED, chandlery\n")
    assert "| **FAILED** | orchestration.pod-replacement | orders |" in ended.summary
    assert Tree.parse(ended.results / "junit.xml").getroot().get("failures") == "1"
    results = json.loads((ended.results / "run.sarif").read_text())["runs"][0]["results"]
    assert "orchestration.pod-replacement" in {item["ruleId"] for item in results}


def test_a_run_that_could_not_begin_is_said(runner: Runner) -> None:
    shutil.rmtree(runner.recorded)
    ended = runner.run(system="shop.yaml")
    assert (ended.code, ended.summary) == (2, "### seatrial: no run (exit code 2); the log says why\n")


def test_manifests_are_judged_without_a_cluster(runner: Runner) -> None:
    ended = runner.run(manifests="bad.yaml")
    assert (ended.code, ended.asked) == (1, "")
    assert ended.summary.startswith("### seatrial lint: not clean\n")
    (run,) = json.loads((ended.results / "lint.sarif").read_text())["runs"]
    assert run["results"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "bad.yaml"
    assert list(Tree.parse(ended.results / "lint.xml").iter("failure"))


def test_the_worse_of_both_is_the_verdict(runner: Runner) -> None:
    ended = runner.run(system="shop.yaml", manifests="bad.yaml none.yaml")
    assert ended.code == 2, "a run that passed does not make up for manifests that cannot be read"
    assert "### seatrial: passed, chandlery\n" in ended.summary
    assert "none.yaml" in ended.output


def test_nothing_to_do_is_not_green(runner: Runner) -> None:
    ended = runner.run()
    assert (ended.code, ended.summary) == (
        2, "### seatrial: nothing to do; name a system file, or manifests\n",
    )  # fmt: skip


def test_what_is_left_is_what_the_platform_collects() -> None:
    reports = JOB["artifacts"]["reports"]["junit"]
    assert reports == ["seatrial-results/junit.xml", "seatrial-results/lint.xml"]
    keeping, alerts = STEPS["Keep the page"], STEPS["Show what is red among the alerts"]
    assert keeping["with"]["path"] == alerts["with"]["sarif_file"] == "${{ runner.temp }}/seatrial-results"
    assert keeping["if"] == "always()"
