"""What a process writes can be read back, even when it was killed, and nothing is lost silently."""

from __future__ import annotations

import errno
import gzip
import json
import os
import threading
from pathlib import Path

import pytest

from seatrial.errors import SeatrialError
from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.run import EventType, Stream
from seatrial.model.timeline import Change, Clock, NodeSeen, Timeline
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record import codec
from seatrial.record.reader import load_exchanges, load_timeline, read_run
from seatrial.record.writer import RunWriter, slug

HEALTH = GeneratorHealth(2, 2, 0, 0, 0.01, 0.001, 0.02)
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
    second = RunWriter.open_or_create("chaos", environment={"SEATRIAL_RUN": str(first.directory)})
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
    whole = os.write
    monkeypatch.setattr(os, "write", lambda file, content: whole(file, content[:1000]))

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
    whole = os.write

    def full(file: int, content: bytes) -> int:
        whole(file, content[:5])
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
    whole = os.write
    monkeypatch.setattr(os, "write", lambda file, content: whole(file, content[:7]))
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


def test_traffic_and_timeline_come_back(tmp_path: Path) -> None:
    writer = started(tmp_path)
    exchanges = tuple(
        Exchange(n, "browse", float(n), float(n), n + 0.1, ExchangeOutcome.OK) for n in range(3)
    )
    path = writer.exchanges_file("a.b", "orders", "browse")
    assert path.name == "a.b.orders.browse.ndjson"
    assert writer.exchanges_file("a.b", "orders", "browse").name == "a.b.orders.browse-2.ndjson"
    path.unlink()
    with gzip.open(path.with_name(f"{path.name}.gz"), "wt") as file:
        file.write('{"type":"head","rate":3}\n')
        file.writelines(codec.dumps(exchange) + "\n" for exchange in reversed(exchanges))
    writer.traffic("a.b", "orders", path, "browse", HEALTH)
    node = NodeSeen(1.0, Change.ADDED, "worker", True, True)
    timeline = Timeline(0.0, 9.0, Clock(1.0, 0.5, 2.0), (node,), ((3.0, 4.0),), ("no watch on nodes",))
    stored = writer.timeline("a.b", "orders", timeline)
    assert stored == tmp_path / "evidence" / "a.b" / "orders" / "timeline.ndjson.gz"
    assert writer.timeline("a.b", "orders", timeline).name == "timeline-2.ndjson.gz"

    run = read_run(tmp_path)
    assert run.streams == (Stream("a.b", "orders", path.name, "browse", HEALTH),)
    assert load_exchanges(tmp_path, run.streams[0]) == (exchanges, ())
    assert load_timeline(tmp_path, run.timelines[0]) == (timeline, ())


def test_the_plain_file_of_a_killed_generator_is_read(tmp_path: Path) -> None:
    writer = started(tmp_path)
    plain = writer.exchanges_file("a.b", "orders", "browse")
    whole = codec.dumps(Exchange(0, "browse", 0.0, 0.0, 0.1, ExchangeOutcome.OK))
    plain.write_text(f"{whole}\n{whole[:20]}")
    exchanges, damage = load_exchanges(
        tmp_path, Stream("a.b", "orders", f"{plain.name}.gz", "browse", HEALTH)
    )
    assert len(exchanges) == 1
    assert damage == (f"exchanges/{plain.name}:2: the last line is torn",)


def test_a_packed_file_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    lines = [
        codec.dumps(Exchange(n, "browse", float(n), n + 0.5, n + os.urandom(1)[0], ExchangeOutcome.OK))
        for n in range(9999)
    ]
    packed = gzip.compress("\n".join(lines).encode())
    (tmp_path / "exchanges").mkdir()
    (tmp_path / "exchanges" / "x.ndjson.gz").write_bytes(packed[: len(packed) // 2])
    exchanges, damage = load_exchanges(tmp_path, Stream("a.b", "orders", "x.ndjson.gz", "browse", HEALTH))
    assert 0 < len(exchanges) < 9999
    assert "exchanges/x.ndjson.gz: the packed file breaks off" in damage


def test_missing_files_are_said(tmp_path: Path) -> None:
    stream = Stream("a.b", "orders", "x.ndjson.gz", "browse", HEALTH)
    assert load_exchanges(tmp_path, stream) == ((), ("exchanges/x.ndjson.gz: No such file or directory",))


def test_a_record_does_not_lead_out_of_its_run(tmp_path: Path) -> None:
    (tmp_path / "run" / "exchanges").mkdir(parents=True)
    (tmp_path / "secret.ndjson").write_text("{}\n")
    stream = Stream("a.b", "orders", "../../secret.ndjson", "browse", HEALTH)
    exchanges, damage = load_exchanges(tmp_path / "run", stream)
    assert (exchanges, damage) == ((), ("../../secret.ndjson: leads out of the run directory",))


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
