"""A Go service right behind its Service, on a context of the user's: all four ways in."""

from __future__ import annotations

import json
from typing import Any

import yaml
from stranger import Owned, Stranger

from seatrial.model.system_file import parse_system
from seatrial.model.verdict import Mode, Outcome

SYSTEM = "abacus"
REPLACEMENT = "orchestration.pod-replacement"


def test_init_proposes_what_the_file_says(stranger: Stranger, system: dict[str, Any], owned: Owned) -> None:
    """All of it but what only its owner knows."""
    stranger.file.unlink()
    typed = stranger.types("seatrial", "init", "--context", owned.kube.context, "--namespace", SYSTEM)
    assert typed.code == 0, typed.text
    text = stranger.file.read_text(encoding="utf-8")
    proposed = yaml.safe_load(text)
    known = {key: value for key, value in system["workloads"]["abacus"].items() if key != "load_step"}
    assert proposed["workloads"] == {"abacus": {**known, "journey": "abacus-ready"}}
    assert (proposed["target"], proposed["entry"]) == (system["target"], system["entry"])
    assert proposed["journeys"]["abacus-ready"]["request"]["path"] == "/-/ready"
    for left_out in ("CronJob each-minute", "DaemonSet agent"):
        assert f"# left out: {left_out}" in text
    assert not parse_system(text, source="proposed").consent.disruptive


def test_doctor_finds_nothing_in_the_way(stranger: Stranger) -> None:
    typed = stranger.types("seatrial", "doctor")
    assert typed.code == 0, typed.text
    for said in (
        "abacus: the entry is Service abacus, which selects its pods only",
        f"{REPLACEMENT} can judge abacus",
        "abacus: abacus from 2 to 4, now 2",
        "node-loss-is-survived is unsupported: it needs a kind cluster of its own",
    ):
        assert said in typed.text


def test_pytest_judges_what_its_objects_declare(stranger: Stranger) -> None:
    """The CronJob's and the DaemonSet's, too; the waiver of the system file is heeded."""
    typed = stranger.suites("-k", "Declared")
    assert typed.code == 0, typed.text
    outcomes = [each.verdict.outcome for each in stranger.latest().results if each.mode is Mode.DECLARED]
    assert len(outcomes) > 200
    assert {*outcomes} == {Outcome.PASSED, Outcome.UNSUPPORTED, Outcome.SKIPPED}


def test_a_run_with_every_tool_ends_on_one_page(stranger: Stranger) -> None:
    """While an autoscaler looks on, a pod runs on each node, and another one ends every minute."""
    typed = stranger.types(
        "seatrial", "run", "--check", REPLACEMENT, "--experiment", "delete-pod", "--load-seconds", "10"
    )
    assert typed.code == 0, typed.text
    assert stranger.proven() == {
        f"{REPLACEMENT} [abacus]": Outcome.PASSED,
        "load.journeys [abacus]": Outcome.PASSED,
        "experiment.delete-pod [abacus]": Outcome.PASSED,
    }
    run = stranger.latest()
    assert (run.outcome, run.broken, run.changed_objects) == (Outcome.PASSED, (), ())
    latest = stranger.working / "reports" / "latest"
    assert json.loads((latest / "run.json").read_text(encoding="utf-8"))["exit_code"] == 0
    assert (latest / "index.html").stat().st_size > 10_000
