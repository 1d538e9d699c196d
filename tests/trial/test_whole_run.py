"""`seatrial run` from end to end: each tool, one page, a true exit code; it passes once, and fails once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from person import Person, only_catalogue

from seatrial.model.verdict import Mode, Outcome
from seatrial.record.reader import read_run

CHECK = "orchestration.pod-replacement"


@pytest.fixture
def system(person: Person) -> str:
    return str(person.system(lambda data: only_catalogue(data, "place-order")))


def page_of(person: Person) -> tuple[Path, dict[str, Any]]:
    latest = (person.folder / "reports" / "latest").resolve()
    return latest, json.loads((latest / "run.json").read_text(encoding="utf-8"))


def test_a_short_run_carries_out_every_stage_and_exits_0(person: Person, system: str) -> None:
    """One scenario, one load test, one experiment."""
    typed = person.types(
        "seatrial", "run", "--system", system, "--check", CHECK, "--experiment", "delete-pod",
        "--load-seconds", "50", "--seed", "7",
    )  # fmt: skip
    assert typed.code == 0, typed.text
    latest, page = page_of(person)
    run = read_run(latest)
    assert (run.outcome, run.broken, run.changed_objects) == (Outcome.PASSED, (), ())
    assert {result.name: result.tool for result in run.results if result.mode is Mode.PROVEN} == {
        f"{CHECK} [catalogue]": "pytest",
        "load.journeys [chandlery]": "locust",
        "experiment.delete-pod [catalogue]": "chaos",
    }
    assert [stage.name for stage in run.stages] == [
        "bring up", "suites", "load journeys", "experiment delete-pod", "compare objects",
    ]  # fmt: skip
    assert (page["exit_code"], page["outcome"]) == (0, "passed")
    assert (latest / "index.html").stat().st_size > 10_000
    assert person.types("seatrial", "judge", latest).code == 0


def test_a_run_whose_experiment_fails_exits_1_and_names_it(person: Person, system: str) -> None:
    """A version is rolled out that is Ready and answers 500: nothing of the sample system declares that."""
    name = "A version that answers 500 costs no request."

    def change(data: dict[str, Any]) -> None:
        data["title"] = name
        data["controls"][0]["provider"]["arguments"] = {
            "role": "catalogue",
            "repetitions": 1,
            "per_second": 50,
        }
        arguments = {"kind": "answers-500", "hold_seconds": 8}
        del data["method"][:-1]  # its own traffic flows already
        provider = data["method"][0]["provider"]
        provider["func"] = "inject"
        provider["arguments"] = {"fault": "bad-rollout", "held": True, "arguments": arguments}
        release = {**provider, "func": "release", "arguments": {"fault": "bad-rollout"}}
        data["rollbacks"] = [{"type": "action", "name": "roll-back", "provider": release}]

    experiment = person.experiment("delete-pod", change)
    typed = person.types(
        "seatrial", "run", "--system", system, "--only", "experiments", "--experiment", experiment
    )
    assert typed.code == 1, typed.text
    latest, page = page_of(person)
    run = read_run(latest)
    (result,) = run.results
    assert result.name == "experiment.a-version-that-answers-500-costs-no-request [catalogue]"
    assert result.verdict.outcome is Outcome.FAILED, result.verdict.explain()
    assert "status 500" in result.verdict.observed
    assert (run.outcome, run.broken, run.changed_objects) == (Outcome.FAILED, (), ())
    assert (page["exit_code"], page["outcome"]) == (1, "failed")
