"""`seatrial observe` without a cluster: replays of a recorded run, what is kept of a watch, bad input."""

import dataclasses
import signal
from pathlib import Path

import pytest
from load_steps import SYSTEM

from seatrial.commands._rejudging import rejudge
from seatrial.commands.observe import _one_interrupt, results_of
from seatrial.harness.watching import SCENARIO, kept
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome
from seatrial.record.observations import read_observation
from seatrial.record.reader import read_run
from seatrial.record.writer import RunWriter
from seatrial.report.html import write_report
from seatrial.report.view import view_of

EXAMPLE = Path(__file__).parents[3] / "reports" / "example"


@pytest.fixture(scope="module")
def recorded() -> Timeline:
    found = read_observation(EXAMPLE / "observations" / "load-step.orders").observation.timeline
    assert found is not None
    return found


@pytest.fixture
def directory(tmp_path: Path, recorded: Timeline) -> Path:
    """A run of the command as it would be if the watch had seen what the example's load step saw."""
    writer = RunWriter(tmp_path / "run", "observe")
    writer.tool_started(argv=["seatrial", "observe"], versions={}, seed=None)
    for observation in kept(writer, SYSTEM, recorded):
        for result in results_of(observation):
            writer.check_finished(result)
    writer.tool_finished(0)
    writer.close()
    return writer.directory


def test_what_was_watched_is_judged_and_judged_again_alike(directory: Path) -> None:
    run = read_run(directory)
    outcomes = {result.check: result.verdict.outcome for result in run.results}
    assert outcomes == {
        "observe.obeys-the-algorithm": Outcome.PASSED,
        "observe.does-not-oscillate": Outcome.PASSED,
        "observe.pods-are-well": Outcome.PASSED,
    }
    assert [observation.scenario for observation in run.observations] == [SCENARIO]
    again = rejudge(directory)
    assert len(again) == len(outcomes)
    assert all(item.same and item.verdict is not None for item in again)


def test_the_page_shows_the_watch(directory: Path) -> None:
    view = view_of(read_run(directory))
    assert view.exit_code == 0
    page = write_report(view).read_text(encoding="utf-8")
    assert "2 of 2 decisions explained" in page
    assert "observe.does-not-oscillate" in page


def test_what_was_watched_is_replayed(types, directory: Path) -> None:
    code, out, _ = types("observe", "--run", str(directory), "--what-if", "target=60,max=12")
    assert code == 0
    assert "replayed as it was    2 -> 4 at 39 s, 4 -> 2 at 84 s" in out
    assert "2 -> 5  cpu: 140 % of 60 %, ceil(2.333 x 2 ready) = 5" in out


def test_a_watch_that_delivered_nothing_is_no_pass(tmp_path: Path, recorded: Timeline) -> None:
    writer = RunWriter(tmp_path / "run", "observe")
    empty = dataclasses.replace(recorded, seen=())
    results = [result for each in kept(writer, SYSTEM, empty) for result in results_of(each)]
    assert results
    assert not any(result.verdict.passed for result in results)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--run", str(EXAMPLE)], "a recorded run is only replayed here"),
        (["--run", "nowhere", "--what-if", "max=3"], "nowhere"),
        (["--run", str(EXAMPLE), "--what-if", "replicas=3"], "is none of target=N"),
        (["--run", str(EXAMPLE), "--what-if", "max=1"], "min 2 and max 1 leave no number of replicas"),
        (["--run", str(EXAMPLE), "--what-if", "target.memory=9"], "fits 0 of its metrics (cpu)"),
        (["--system", "nowhere.yaml", "--what-if", "max=x"], "needs a whole number"),
        (["--system", "nowhere.yaml"], "nowhere.yaml"),
        (["--minutes", "0"], "minutes"),
    ],
)
def test_bad_input_is_said_in_words(types, arguments: list[str], words: str) -> None:
    code, out, err = types("observe", *arguments)
    assert code == 2
    assert words in out + err
    assert "Traceback" not in out + err


def test_a_second_interrupt_does_not_end_what_judges_after_the_first() -> None:
    before = signal.getsignal(signal.SIGINT)
    reached = False
    with _one_interrupt():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        reached = True
    assert reached
    assert signal.getsignal(signal.SIGINT) == before
