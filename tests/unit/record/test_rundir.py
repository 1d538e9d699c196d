"""What a process writes can be read back, even when it was killed, and nothing is lost silently."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from seatrial.errors import SeatrialError
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.run import EventType, ObservationStarted
from seatrial.model.step import Bound
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record.reader import read_run
from seatrial.record.writer import RunWriter, slug

PASSED = CheckResult(
    "a.b", "orders", "It MUST.", Verdict(Outcome.PASSED, "observed", "expected"), "pytest", 1.0, 2.0
)


def started(directory: Path, tool: str = "pytest") -> RunWriter:
    writer = RunWriter(directory, tool)
    writer.tool_started(argv=["/usr/bin/pytest", "suites"], versions={"python": "3.11"}, seed=7)
    return writer


def test_a_finished_run_passes(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_started("a.b", "orders", "It MUST.")
    writer.check_finished(PASSED)
    writer.tool_finished(0)
    run = read_run(tmp_path)
    assert (run.finished, run.outcome, run.results) == (True, Outcome.PASSED, (PASSED,))
    assert run.tools[0]["argv"] == ["pytest", "suites"], "paths of this machine do not belong in a report"


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("{here}/suites", "suites"),
        ("{here}/suites/data/test_x.py::test_y[orders]", "suites/data/test_x.py::test_y[orders]"),
        ("--system={here}/fixtures/systems/chandlery.yaml", "--system=fixtures/systems/chandlery.yaml"),
        ("/somewhere/else/pods.yaml", "pods.yaml"),
        ("--run=/somewhere/else/reports/x", "--run=x"),
        ("http://127.0.0.1:30080/v1?a=/b/c", "http://127.0.0.1:30080/v1?a=/b/c"),
        ("--color=no", "--color=no"),
        ("-k=a::b", "-k=a::b"),
        ("", ""),
    ],
)
def test_arguments_are_shown_without_paths_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str, shown: str
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    writer = RunWriter(tmp_path / "run", "pytest")
    writer.tool_started(argv=["/usr/bin/pytest", argument.format(here=here)], versions={}, seed=7)
    assert read_run(writer.directory).tools[0]["argv"] == ["pytest", shown]


def test_without_its_closing_record_a_run_never_passes(tmp_path: Path) -> None:
    started(tmp_path).check_finished(PASSED)
    run = read_run(tmp_path)
    assert (run.finished, run.outcome, run.ended_wall) == (False, Outcome.ERROR, None)


def test_one_unfinished_tool_of_two_is_enough(tmp_path: Path) -> None:
    first, _second = started(tmp_path, "pytest"), started(tmp_path, "locust")
    first.check_finished(PASSED)
    first.tool_finished(0)
    assert not read_run(tmp_path).finished


def test_a_check_that_began_and_did_not_end_is_named(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_started("a.b", "orders", "It MUST.")
    writer.check_finished(PASSED)
    writer.check_started("a.b", "orders", "It MUST.")
    writer.tool_finished(0)
    run = read_run(tmp_path)
    assert [check["subject"] for check in run.unfinished_checks] == ["orders"]
    assert run.outcome is Outcome.ERROR


def test_an_exit_code_that_no_verdict_explains_is_an_error(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(PASSED)
    writer.tool_finished(3)
    run = read_run(tmp_path)
    assert run.broken == ("pytest ended with exit code 3",)
    assert run.outcome is Outcome.ERROR


@pytest.mark.parametrize("close", [True, False])
def test_a_stage_that_failed_or_never_ended_is_an_error(tmp_path: Path, close: bool) -> None:
    writer = started(tmp_path)
    writer.check_finished(PASSED)
    writer.stage_started("deploy")
    if close:
        writer.stage_finished("deploy", "failed", seconds=3.0, note="image not found")
    writer.tool_finished(0)
    assert read_run(tmp_path).outcome is Outcome.ERROR


def test_a_torn_last_line_is_noted_and_the_rest_is_kept(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(PASSED)
    writer.tool_finished(0)
    with writer.path.open("ab") as file:
        file.write(b'{"type":"note","at":1.0,"wa')
    run = read_run(tmp_path)
    assert run.results == (PASSED,)
    assert run.damage == (f"{writer.path.name}:4: the last line is torn",)
    assert run.outcome is Outcome.ERROR, "what the torn line said is unknown"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("garbage", "no JSON"),
        ("[1]", "no JSON object"),
        ('{"type":"nonsense","at":1,"wall":1,"data":{}}', "'nonsense' is not a valid EventType"),
        ('{"type":"note","at":1,"wall":1,"data":{}}', "text is missing"),
        ('{"type":"check-finished","at":1,"wall":1,"data":{"check":"a"}}', "CheckResult.subject is missing"),
    ],
)
def test_a_bad_line_is_named_with_file_and_number(tmp_path: Path, line: str, reason: str) -> None:
    writer = started(tmp_path)
    with writer.path.open("a") as file:
        file.write(line + "\n")
    writer.tool_finished(0)
    run = read_run(tmp_path)
    assert run.finished
    assert run.damage == (f"{writer.path.name}:2: {reason}",)


def test_a_record_after_a_torn_line_is_not_lost_with_it(tmp_path: Path) -> None:
    writer = started(tmp_path)
    with writer.path.open("ab") as file:
        file.write(b'{"torn')
    RunWriter(tmp_path, "pytest").note("back again")
    assert read_run(tmp_path).notes == ("back again",)


def test_no_run_says_where_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SeatrialError, match="this is no run") as caught:
        read_run(tmp_path)
    assert str(tmp_path) in str(caught.value)
    with pytest.raises(SeatrialError, match="there is no such run"):
        read_run(tmp_path / "missing")


def test_a_run_is_joined_through_the_environment(tmp_path: Path) -> None:
    first = RunWriter.open_or_create("pytest", reports=tmp_path, environment={})
    environment = {"SEATRIAL_RUN": str(first.directory)}
    second = RunWriter.open_or_create("chaos", reports=tmp_path, environment=environment)
    assert second.directory == first.directory
    assert second.path != first.path


def test_two_runs_at_once_have_two_directories_and_latest_links_to_one(tmp_path: Path) -> None:
    made: list[Path] = []
    threads = [
        threading.Thread(
            target=lambda: made.append(
                RunWriter.open_or_create("pytest", reports=tmp_path, environment={}).directory
            )
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8
    latest = tmp_path / "latest"
    assert not latest.readlink().is_absolute(), "the reports folder may be moved"
    assert latest.resolve() in made
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*(path.name for path in made), "latest"]
    )


def test_a_directory_in_the_place_of_latest_is_said(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    with pytest.raises(SeatrialError, match="must be a link"):
        RunWriter.open_or_create("pytest", reports=tmp_path, environment={})


def test_lines_of_many_threads_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = started(tmp_path)
    write_all = os.write
    monkeypatch.setattr(os, "write", lambda file, content: write_all(file, content[:1000]))

    def write(name: int) -> None:
        for number in range(100):
            writer.note(f"{name}/{number} " + "x" * 3000)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run = read_run(tmp_path)
    assert (len(run.notes), run.damage) == (400, ())


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SeatrialError, match="cannot be written") as caught:
        RunWriter(tmp_path / "file" / "run", "pytest")
    assert "SEATRIAL_RUN" in caught.value.next_step


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = started(tmp_path)
    write_all = os.write

    def full(file: int, content: bytes) -> int:
        write_all(file, content[:5])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SeatrialError, match="No space left on device"):
        writer.note("lost")
    monkeypatch.undo()
    writer.note("kept")
    run = read_run(tmp_path)
    assert run.notes == ("kept",)
    assert len(run.damage) == 1


def test_a_short_write_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = started(tmp_path)
    write_all = os.write
    monkeypatch.setattr(os, "write", lambda file, content: write_all(file, content[:7]))
    writer.note("in small pieces")
    monkeypatch.undo()
    assert read_run(tmp_path).notes == ("in small pieces",)


def test_a_record_after_close_is_an_error(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.close()
    writer.close()
    with pytest.raises(SeatrialError, match="after the run was closed"):
        writer.note("late")


def test_changed_objects_none_is_not_the_same_as_not_compared(tmp_path: Path) -> None:
    writer = started(tmp_path)
    assert read_run(tmp_path).changed_objects is None
    writer.changed_objects([])
    assert read_run(tmp_path).changed_objects == ()
    for _tool in ("pytest", "seatrial"):
        writer.changed_objects(["deployment/orders: replicas 2 -> 3"])
    assert read_run(tmp_path).changed_objects == ("deployment/orders: replicas 2 -> 3",)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/", "", "..", "a b", "é", "\ud800", "x" * 300, ".hidden"]
)
def test_a_slug_is_one_safe_component(name: str) -> None:
    safe = slug(name)
    assert safe
    assert safe.isascii()
    assert not safe.startswith(".")
    assert "/" not in safe
    assert len(safe) < 100


def test_slugs_of_different_names_differ() -> None:
    assert slug("orders") == "orders"
    assert len({slug("a/b"), slug("a b"), slug("a-b")}) == 3


def test_every_type_of_event_can_be_read() -> None:
    from seatrial.record import reader

    assert set(reader._HANDLERS) == set(EventType)


def test_each_line_stands_alone(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.note("two\nlines \u2028 and more")
    lines = writer.path.read_bytes().splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["tool-started", "note"]


def test_an_observation_is_named_in_the_run_and_has_a_folder_of_its_own(tmp_path: Path) -> None:
    writer = started(tmp_path)
    head = Observation({TROUBLE: Arm()}, "pod-deletion.orders", "pod-deletion", "orders")
    folders = [writer.observation(head, bound=Bound(58.0, 210.0)).directory for _ in range(2)]
    assert [folder.name for folder in folders] == ["pod-deletion.orders", "pod-deletion.orders-2"]
    assert read_run(tmp_path).observations == tuple(
        ObservationStarted(folder.name, "pod-deletion", "orders", 58.0, 210.0) for folder in folders
    )


def test_an_observation_without_a_readable_name_has_a_safe_folder(tmp_path: Path) -> None:
    writer = started(tmp_path)
    folder = writer.observation(Observation({TROUBLE: Arm()}, "../../elsewhere")).directory
    assert folder.parent == tmp_path / "observations"
    assert folder.is_dir()
