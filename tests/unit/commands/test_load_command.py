"""`seatrial load` without a cluster: what it refuses, what it starts, and what its exit code and page say."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import Children, Display, passes, settings_in

from seatrial.commands._jobs import LOAD_TEST, load_job
from seatrial.commands.load import job_of, loaded, shared_by
from seatrial.commands.report import rebuild_report
from seatrial.errors import BadInput, SeatrialError
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run
from seatrial.settings import load_system

INSIDE = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: nowhere, namespace: shop}
entry: {service: {name: web, port: 80}}
workloads: {web: {kind: Deployment, name: web, stateless: true}}
journeys: {read: {request: {path: /}}}
"""
OUTSIDE = INSIDE.replace("{service: {name: web, port: 80}}", '{url: "http://shop.example"}')


@pytest.fixture
def files(folder: Path) -> Path:
    (folder / "inside.yaml").write_text(INSIDE)
    (folder / "outside.yaml").write_text(OUTSIDE)
    return folder


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--test", "journey"), "There are capacity, journeys"),
        (("--system", "none.yaml"), "no such system file"),
        (("--workers", "0"), "0 workers send nothing"),
        (("--workers", "-3"), "-3 workers send nothing"),
        (("--workers", "some"), "--workers"),
        (
            ("--workers", "2", "--system", "outside.yaml"),
            "Write `entry: {service: {name: NAME, port: PORT}}`",
        ),
        (("--workers", "2", "--test", "scaling"), "judged by each of its requests"),
        (("--arrivals", "often"), "`often` is no schedule"),
        (("--arrivals", "constant:5", "--test", "capacity"), "chooses its rates itself"),
        (("--seconds", "0"), "--seconds"),
    ],
)
def test_what_cannot_be_is_said_before_anything_starts(types, files, arguments, words) -> None:
    given = arguments if "--system" in arguments else (*arguments, "--system", "inside.yaml")
    code, _, errors = types("load", *given)
    assert code == 2
    assert words in errors
    assert not (files / "reports").exists()


def run(children: Children, folder: Path, *, workers: int | None = None, seconds: int | None = None):
    chosen = settings_in(folder)
    system = load_system(chosen)
    job = job_of(system, LOAD_TEST, seconds, "", workers)
    code, text = loaded(
        chosen, system, job, Display(), shared_by(workers), run_child=children, report=rebuild_report
    )
    return code, text, read_run(folder / "reports" / "latest")


def test_a_load_that_passes_has_a_page_and_exit_code_0(folder: Path) -> None:
    children = Children()
    code, text, recorded = run(children, folder)
    assert code == 0
    assert "page " in text
    assert [planned.stage for planned in recorded.plan] == ["load journeys"]
    assert recorded.exit_codes == {"load journeys": 0}
    assert (folder / "reports" / "latest" / "index.html").is_file()


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.ERROR])
def test_every_other_outcome_has_exit_code_1(folder: Path, outcome: Outcome) -> None:
    code, _, _ = run(Children(load=lambda child: child.reports(outcome).ends(1)), folder)
    assert code == 1


def test_the_child_is_told_who_shares_the_load(folder: Path) -> None:
    seen = {}

    def looks(child) -> int:
        seen.update(child.environment)
        return passes(child)

    run(Children(load=looks), folder)
    assert "SEATRIAL_WORKERS" not in seen
    run(Children(load=looks), folder, workers=4)
    assert seen["SEATRIAL_WORKERS"] == "4"
    assert seen["SEATRIAL_STAGE"] == "load journeys"


def test_a_child_that_ends_without_a_verdict_is_an_error_and_its_last_words_are_shown(folder: Path) -> None:
    code, text, _ = run(Children(load=lambda child: child.ends(1)), folder)
    assert code == 1
    assert "never reported a result" in text


def test_it_lasts_as_long_as_it_is_to_send(files: Path) -> None:
    system = load_system(settings_in(files))

    def lasts(test: str, seconds: int | None, workers: int | None = None) -> str:
        arguments = list(job_of(system, test, seconds, "", workers).arguments)
        return arguments[arguments.index("-t") + 1] if "-t" in arguments else ""

    assert lasts("journeys", None) == "60s"
    assert lasts("soak", 7200) == "7200s"
    assert lasts("journeys", 60, workers=3) == "65s"
    assert lasts("capacity", None) == lasts("capacity", None, workers=3) == ""


def test_every_load_test_that_is_shipped_can_be_named(files: Path) -> None:
    system = load_system(settings_in(files))
    for test in ("journeys", "capacity", "step", "soak", "scaling"):
        assert load_job(system, test, 5).planned.checks == (f"load.{test} [{system.metadata.name}]",)
    with pytest.raises(BadInput, match="no load test") as refused:
        load_job(system, "nonesuch", 5)
    assert refused.value.next_step == "There are capacity, journeys, scaling, soak, step."


def test_one_that_does_not_end_is_said(folder: Path) -> None:
    def hangs(_: object) -> int:
        raise SeatrialError("a stage did not end within 600 s and was stopped")

    with pytest.raises(SeatrialError, match="did not end"):
        run(Children(load=hangs), folder)
    assert (folder / "reports" / "latest" / "index.html").is_file()
