"""A run directory to which something was added, from which it was taken, or in which it was changed."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import Children
from observations import pod, timeline, workload
from unhurried import ROOT

from seatrial.commands._rejudging import rejudge, rejudged_text
from seatrial.commands.report import rebuild_report
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import Observation
from seatrial.model.step import StepRecord
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record.observations import ObservationWriter, read_observation
from seatrial.record.reader import read_run
from seatrial.record.timelines import read_timeline, write_timeline
from seatrial.record.writer import STAGE_VARIABLE, RunWriter


@pytest.fixture
def passed(runs, folder) -> Path:
    """The directory of a run in which everything passed, by stand-ins of its tools."""
    code, text, _ = runs(report=rebuild_report)
    assert code == 0, text
    return (folder / "reports" / "latest").resolve()


def is_red(directory: Path, words: str) -> bool:
    code, text = rebuild_report(directory)
    assert code == 1
    run = read_run(directory)
    said = " ".join([*text.split(), *run.damage])
    assert words.casefold() in said.casefold(), text
    return run.outcome is Outcome.ERROR


@pytest.mark.parametrize("stage", ["", "suites", "load journeys", "a stage of its own"])
def test_a_tool_that_was_not_planned_took_part(passed, monkeypatch, stage: str) -> None:
    monkeypatch.setenv(STAGE_VARIABLE, stage)
    writer = RunWriter(passed, "chaos")
    writer.tool_started(argv=["chaos"], versions={}, seed=7)
    verdict = Verdict(Outcome.PASSED, "all is well", "all is well")
    writer.check_finished(CheckResult("experiment.more", "orders", "It MUST.", verdict, "chaos", 0.0, 1.0))
    writer.tool_finished(0)
    writer.close()
    assert is_red(passed, "chaos took part")
    assert sum("was not planned" in text for text in read_run(passed).broken) == 1


def test_a_result_that_was_not_planned_was_reported(runs) -> None:
    def more(child):
        verdict = Verdict(Outcome.PASSED, "all is well", "all is well")
        child.reports(Outcome.PASSED)
        child.run.check_finished(CheckResult("data.more", "till", "It MUST.", verdict, child.tool, 0.0, 1.0))
        return child.ends(0)

    code, _, run = runs(Children(suites=more))
    assert code == 1
    assert run.broken == ("stage suites: reported and not planned: data.more [till]",)


def test_one_result_was_reported_twice(runs) -> None:
    def twice(child):
        return child.reports(Outcome.PASSED).reports(Outcome.PASSED).ends(0)

    code, _, run = runs(Children(load=twice))
    assert code == 1
    assert run.broken == ("stage load journeys: reported more than once: load.journeys [chandlery]",)


@pytest.mark.parametrize("name", ["chandlery", "somewhere-else"])
def test_one_tool_looked_at_another_system(runs, name: str) -> None:
    def looks(digest: str, name: str) -> Callable[..., int]:
        def at(child):
            told = {"source": "a.yaml", "namespace": "shop", "context": "nowhere", "objectives": {}}
            child.run.system(name=name, digest=digest, **told)
            return child.reports(Outcome.PASSED).ends(0)

        return at

    same = {"suites": looks("sha256:1", "chandlery"), "experiment": looks("sha256:1", "chandlery")}
    assert runs(Children(**same))[0] == 0
    code, _, run = runs(Children(**same | {"experiment": looks("sha256:2", name)}))
    assert code == 1
    (sentence,) = run.broken
    assert sentence.startswith("one system: ")
    assert name in sentence


@pytest.mark.parametrize("content", ["", "\n", "{}\n", "[]\n", "no JSON"])
def test_a_file_of_events_in_which_no_tool_began(passed: Path, content: str) -> None:
    (passed / "events-chaos-1.ndjson").write_text(content)
    assert is_red(passed, "events-chaos-1.ndjson: no tool says in it that it has started")


@pytest.mark.parametrize("tool", ["pytest", "locust", "chaos"])
def test_the_events_of_a_tool_were_taken_away(passed: Path, tool: str) -> None:
    for file in passed.glob(f"events-{tool}-*"):
        file.unlink()
    assert is_red(passed, f"{tool} was planned and never reported a result")


Change = Callable[[dict[str, object]], dict[str, object] | None]


def edit(directory: Path, tool: str, change: Change) -> None:
    """Change each event of a tool; None takes it away."""
    for file in directory.glob(f"events-{tool}-*"):
        events = [change(json.loads(line)) for line in file.read_text().splitlines()]
        file.write_text("".join(f"{json.dumps(event)}\n" for event in events if event is not None))


@pytest.mark.parametrize(
    ("tool", "type_of_event", "words"),
    [
        ("pytest", "tool-started", "pytest was planned and never reported a result"),
        ("pytest", "tool-finished", "pytest left no closing record"),
        ("pytest", "check-finished", "pytest was planned and never reported a result"),
        ("seatrial", "stage-finished", "stage suites: unfinished"),
        ("seatrial", "plan", "seatrial took part and left no plan"),
        ("seatrial", "tool-finished", "seatrial left no closing record"),
    ],
)
def test_events_of_one_kind_were_taken_away(passed: Path, tool: str, type_of_event: str, words: str) -> None:
    edit(passed, tool, lambda event: None if event["type"] == type_of_event else event)
    assert is_red(passed, words)


def test_an_exit_code_was_made_0_by_the_tool_and_not_by_its_parent(runs) -> None:
    code, _, run = runs(Children(suites=lambda child: child.reports(Outcome.PASSED).ends(0) + 1))
    assert code == 1
    assert run.broken == ("stage suites: ended with exit code 1, which no verdict of it explains",)


@pytest.fixture
def recorded_run(tmp_path: Path) -> Path:
    """A copy of the recorded example."""
    return Path(shutil.copytree(ROOT / "reports" / "example", tmp_path / "run"))


def test_a_verdict_that_was_changed_to_passed_is_found_by_judging_the_records_again(
    recorded_run: Path,
) -> None:
    """Nobody can see it on the page; `seatrial judge` can, for it reads what was recorded."""
    folder = next((recorded_run / "observations").glob("delete-pod.*"))
    records = folder / "records.ndjson"
    lines = [json.loads(line) for line in records.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if line["type"] == "fault":
            line["record"]["available_at"] = None
    records.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    code, text = rejudged_text(rejudge(recorded_run))
    assert code == 1
    assert "DIFFERS, recorded as passed" in text


def test_the_observation_of_a_passed_check_was_taken_away(recorded_run: Path) -> None:
    shutil.rmtree(next((recorded_run / "observations").glob("delete-pod.*")))
    assert rebuild_report(recorded_run)[0] == 1
    found = rejudge(recorded_run)
    gone = [item for item in found if item.verdict is None and item.result.check.endswith("pod-replacement")]
    others = [item for item in found if item.verdict is not None and item.same][:1]
    assert rejudged_text(others)[0] == 0
    code, text = rejudged_text([*others, *gone])
    assert code == 1
    assert "orchestration.pod-replacement [" in text
    assert "passed, and cannot be judged again: there is no observation that can be read" in text


def test_requests_were_taken_out_of_a_record(recorded_run: Path) -> None:
    file = next((recorded_run / "observations").glob("delete-pod.*/exchanges-*.gz"))
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join(lines[:100] + lines[101:])))
    code, text = rejudged_text(rejudge(recorded_run))
    assert code == 1
    assert "exchanges are there" in text


@pytest.mark.parametrize("left_out", [1, 2, 3])
def test_a_record_was_taken_out_of_an_observation(tmp_path: Path, left_out: int) -> None:
    writer = ObservationWriter(tmp_path / "look", Observation({}, "look", "live-look", "orders"))
    writer.step(StepRecord("1", "measure", "invariants", 1.0, 2.0))
    for name in ("stock", "money"):
        writer.measurement(Measurement("invariant", name, 1.0, 2.0, MeasurementOutcome.ANSWERED))
    writer.close(timeline(workload(1.0), pod(2.0), pod(3.0)), missing={}, failure=None)
    assert read_observation(tmp_path / "look").damage == ()
    records = tmp_path / "look" / "records.ndjson"
    lines = records.read_text().splitlines(keepends=True)
    records.write_text("".join(lines[: left_out - 1] + lines[left_out:]))
    found = read_observation(tmp_path / "look")
    assert found.observation.failure is not None
    assert "2 of 3 lines are there" in found.damage[0]


def test_a_change_that_was_seen_was_taken_out_of_a_timeline(tmp_path: Path) -> None:
    write_timeline(tmp_path / "t.gz", timeline(workload(1.0), pod(2.0), pod(3.0)))
    assert read_timeline(tmp_path / "t.gz", "t")[1] == []
    lines = gzip.decompress((tmp_path / "t.gz").read_bytes()).splitlines(keepends=True)
    (tmp_path / "t.gz").write_bytes(gzip.compress(b"".join(lines[:2] + lines[3:])))
    assert read_timeline(tmp_path / "t.gz", "t")[1] == ["t: 2 of 3 records are there"]
