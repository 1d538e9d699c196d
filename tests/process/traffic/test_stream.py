"""The generator's process under faults: nothing is lost, nothing is hidden, and it always ends."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from recordings import read_recording

from seatrial.errors import BadInput, WaitExpired
from seatrial.model.exchange import DROPPED, ExchangeOutcome
from seatrial.traffic.generator import GeneratorDied
from seatrial.traffic.job import job_from
from seatrial.traffic.stream import TrafficStream
from seatrial.waiting import Hopeless, NotYet, Ready, eventually

OK = {"request": {"path": "/ok"}, "served_by": "x-served-by"}


def test_a_frozen_server_shows_in_the_latency_from_planned_time_and_nothing_is_lost(server, tmp_path) -> None:
    with TrafficStream(server.url, "browse", OK, per_second=100, directory=tmp_path) as stream:
        stream.wait_for_requests(20, within_seconds=30)
        server.freeze()
        time.sleep(0.8)
        server.thaw()
        stream.wait_for_requests(120, within_seconds=30)
    exchanges, health = stream.stop()
    assert [exchange.sequence for exchange in exchanges] == list(range(health.planned))
    assert health.dropped == 0
    assert all(exchange.ok for exchange in exchanges)
    latencies = [exchange.latency_seconds for exchange in exchanges]
    assert max(latencies) > 0.7
    assert max(exchange.sent_at - exchange.planned_at for exchange in exchanges) < 0.4, "it waited for others"
    # Arrivals went on while the server stood still: every 10 ms one that waited.
    assert sum(1 for latency in latencies if latency > 0.25) >= 45
    assert read_recording(tmp_path / "browse.ndjson.gz").in_order() == exchanges


def test_the_deadline_holds_against_a_frozen_server_and_so_does_the_end(server, tmp_path) -> None:
    with TrafficStream(
        server.url, "browse", OK, per_second=50, directory=tmp_path, deadline_seconds=0.3
    ) as stream:
        stream.wait_for_requests(5, within_seconds=30)
        server.freeze()
        stream.wait_for_requests(30, within_seconds=30)
        began = time.monotonic()
    exchanges, _ = stream.stop()
    assert time.monotonic() - began < 30.0
    late = [exchange for exchange in exchanges if not exchange.ok]
    assert len(late) >= 20
    assert {(exchange.outcome, exchange.error) for exchange in late} == {
        (ExchangeOutcome.UNKNOWN, "timeout 0.3 s")
    }
    assert all(0.3 <= exchange.completed_at - exchange.sent_at < 5.0 for exchange in late)


def test_a_killed_server_is_unknown_for_what_was_open_and_failed_for_the_rest(server, tmp_path) -> None:
    slow = {"request": {"path": "/slow/0.2"}}
    with TrafficStream(server.url, "browse", slow, per_second=50, directory=tmp_path) as stream:
        stream.wait_for_requests(10, within_seconds=30)
        server.process.kill()
        stream.wait_for_requests(40, within_seconds=30)
    exchanges, health = stream.stop()
    assert len(exchanges) == health.planned
    errors = [(exchange.outcome, exchange.error) for exchange in exchanges if not exchange.ok]
    # The kernel of a killed process closes: whether an open request was applied is then unknown.
    opened = {outcome for outcome, error in errors if error == "connection closed before the answer"}
    assert opened == {ExchangeOutcome.UNKNOWN}
    assert {outcome for outcome, error in errors if error == "connection refused"} == {ExchangeOutcome.FAILED}


def test_writes_keep_the_key_and_what_the_answer_named(server, tmp_path) -> None:
    write = {
        "request": {"method": "POST", "path": "/json", "headers": {"Idempotency-Key": "{uuid}"}, "json": {}},
        "expect": {"status": 202},
    }
    with TrafficStream(server.url, "order", write, per_second=100, directory=tmp_path) as stream:
        stream.wait_for_requests(10, within_seconds=30)
    exchanges, _ = stream.stop()
    assert len({exchange.key for exchange in exchanges}) == len(exchanges)
    assert {exchange.answer_id for exchange in exchanges} == {f"id-{n + 1}" for n in range(len(exchanges))}
    assert {exchange.status for exchange in exchanges} == {202}


def test_every_nth_request_has_a_connection_of_its_own(steady_server, tmp_path) -> None:
    with TrafficStream(
        steady_server.url, "browse", OK, schedule="constant:200:0.5", directory=tmp_path, fresh_every=5
    ) as stream:
        stream.wait_until_ended(within_seconds=30)
    exchanges, health = stream.stop()
    assert health.planned == 100
    used = [exchange.backend for exchange in exchanges]
    once = [backend for backend in set(used) if used.count(backend) == 1]
    assert len(once) >= 18
    assert len(set(used)) < 80


def test_what_exceeds_the_cap_is_dropped_and_counted(steady_server, tmp_path) -> None:
    slow = {"request": {"path": "/slow/0.5"}}
    with TrafficStream(
        steady_server.url, "browse", slow, schedule="constant:100:0.4", directory=tmp_path, most_in_flight=5
    ) as stream:
        stream.wait_until_ended(within_seconds=30)
    exchanges, health = stream.stop()
    assert (health.planned, health.sent, health.dropped) == (40, 5, 35)
    dropped = [exchange for exchange in exchanges if exchange.error == DROPPED]
    assert len(dropped) == 35
    assert all(
        e.outcome is ExchangeOutcome.FAILED and e.sent_at is None and e.completed_at is None for e in dropped
    )


def test_a_generator_that_was_held_up_says_so(steady_server, tmp_path) -> None:
    with TrafficStream(steady_server.url, "browse", OK, per_second=100, directory=tmp_path) as stream:
        stream.wait_for_requests(10, within_seconds=30)
        os.kill(stream.process_id, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(stream.process_id, signal.SIGCONT)
        stream.wait_for_requests(80, within_seconds=30)
    exchanges, health = stream.stop()
    assert len(exchanges) == health.planned
    assert health.late >= 40
    assert health.lateness_p99_seconds > 0.3


def kill_after(stream: TrafficStream, requests: int) -> None:
    stream.wait_for_requests(requests, within_seconds=30)
    os.kill(stream.process_id, signal.SIGKILL)


def test_a_killed_generator_is_an_error_and_its_exchanges_are_kept(steady_server, tmp_path) -> None:
    stream = TrafficStream(steady_server.url, "browse", OK, per_second=100, directory=tmp_path)
    with pytest.raises(GeneratorDied, match="SIGKILL"), stream:
        kill_after(stream, 30)
    with pytest.raises(GeneratorDied):
        stream.wait_for_requests(10_000, within_seconds=30)
    with pytest.raises(GeneratorDied):
        stream.stop()
    assert len(stream.exchanges()) >= 30
    assert len(read_recording(tmp_path / "browse.ndjson.gz").in_order()) == len(stream.exchanges())


def test_an_error_of_the_block_is_not_replaced_by_the_generators(steady_server, tmp_path) -> None:
    stream = TrafficStream(steady_server.url, "browse", OK, per_second=100, directory=tmp_path)
    with pytest.raises(KeyError), stream:
        raise KeyError(kill_after(stream, 1))


def test_the_end_of_the_schedule_ends_waiting_for_more(steady_server, tmp_path) -> None:
    steps = "steps:50x0.2,100x0.1"
    with (
        TrafficStream(steady_server.url, "browse", OK, schedule=steps, directory=tmp_path) as stream,
        pytest.raises(Hopeless, match="20 requests"),
    ):
        stream.wait_for_requests(1_000, within_seconds=30)
    with (
        TrafficStream(steady_server.url, "browse", OK, directory=tmp_path) as stream,
        pytest.raises(WaitExpired),
    ):
        stream.wait_for_requests(1_000, within_seconds=0.1)


def test_streams_made_side_by_side_do_not_share_a_file(tmp_path) -> None:
    first, second = (TrafficStream("http://127.0.0.1:1", "browse", OK, directory=tmp_path) for _ in range(2))
    assert first.path != second.path
    with pytest.raises(GeneratorDied, match="never started"):
        first.stop()


def test_two_streams_of_one_journey_keep_both_files(steady_server, tmp_path) -> None:
    for _ in range(2):
        with TrafficStream(steady_server.url, "browse", OK, schedule="constant:100:0.05", directory=tmp_path):
            pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["browse-2.ndjson.gz", "browse.ndjson.gz"]


def start_by_hand(job: dict, *arguments: str) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-m", "seatrial.traffic", *arguments],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(json.dumps(job).encode() + b"\n")
    process.stdin.flush()
    return process


def job_for(url: str, output: Path, **more: object) -> dict:
    return {
        "base_url": url,
        "journeys": {"browse": OK},
        "schedule": "constant:100",
        "output": str(output),
        **more,
    }


def wait_for_lines(path: Path, number: int) -> None:
    def enough() -> Ready[bool] | NotYet:
        lines = path.read_bytes().count(b"\n") if path.exists() else 0
        return Ready(True) if lines >= number else NotYet(f"{lines} lines")

    eventually(enough, within_seconds=30, what="exchanges are written", every_seconds=0.02)


@pytest.mark.parametrize("ending", ["stdin", "SIGTERM", "SIGINT"])
def test_the_generator_ends_with_its_parent_or_by_signal(steady_server, tmp_path, ending) -> None:
    output = tmp_path / "x.ndjson"
    with start_by_hand(job_for(steady_server.url, output)) as process:
        wait_for_lines(output, 10)
        if ending == "stdin":
            process.stdin.close()
        else:
            process.send_signal(getattr(signal, ending))
        assert process.wait(timeout=30) == 0
    recording = read_recording(output)
    assert recording.health.planned == len(recording.exchanges)
    assert recording.broken_lines == 0
    assert recording.histograms.keys() == {"from_planned", "from_sent"}


def test_a_torn_last_line_is_counted_and_harmless(steady_server, tmp_path) -> None:
    with TrafficStream(
        steady_server.url, "browse", OK, schedule="constant:100:0.1", directory=tmp_path
    ) as stream:
        pass
    lines = tmp_path / "torn.ndjson"
    recording = read_recording(stream.path)
    lines.write_bytes(gzip.decompress(stream.path.read_bytes())[:-30])
    torn = read_recording(lines)
    assert (torn.broken_lines, torn.health) == (1, None)
    assert torn.exchanges == recording.exchanges


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"base_url": "http://10.0.0.1:80"}, "10.0.0.1 is not this machine"),
        ({"base_url": "http://shop.example"}, "shop.example is not this machine"),
        ({"base_url": "ftp://127.0.0.1"}, "no base address"),
        ({"base_url": "http://127.0.0.1:80/path"}, "no base address"),
        ({"base_url": "http://127.0.0.1:eighty"}, "no base address"),
        ({"per_second": 3}, "unknown keys: per_second"),
        ({"journeys": {}}, "lacks journeys"),
        ({"journeys": {"browse": {}}}, "cannot be read"),
        ({"journeys": {"browse": {"request": {"path": "/{x}"}}}}, "journey browse"),
        ({"schedule": "sine:1"}, "`sine:1` is no schedule"),
        ({"schedule": {"kind": "constant"}}, "cannot be read"),
        ({"output": "/no/such/folder/x"}, "folder of the output"),
        ({"deadline_seconds": 0}, "deadline_seconds is 0"),
        ({"fresh_every": -1}, "fresh_every is -1"),
        ({"most_in_flight": "many"}, "most_in_flight is 'many'"),
        ({"worker": 1}, "worker 1 of 1"),
        ({"journeys": {"browse": {**OK, "weight": 0}}}, "weight of journey browse"),
    ],
)
def test_a_job_that_cannot_be_done_is_refused_in_words(tmp_path, change, named) -> None:
    with pytest.raises(BadInput) as caught:
        job_from({**job_for("http://127.0.0.1:1", tmp_path / "x"), **change})
    assert named in str(caught.value)


def test_a_refused_job_is_told_without_a_traceback(tmp_path) -> None:
    with start_by_hand(job_for("http://10.0.0.1", tmp_path / "x")) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert b"10.0.0.1 is not this machine" in errors
    assert b"Traceback" not in errors
    assert not (tmp_path / "x").exists()


def test_each_side_loads_only_what_it_needs() -> None:
    def loaded_with(module: str) -> set[str]:
        code = f"import sys, {module}; print(*sys.modules)"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return set(run.stdout.split())

    assert not loaded_with("seatrial.traffic.__main__") & {
        "locust",
        "pydantic",
        "kubernetes",
        "httpx",
        "pytest",
    }
    assert not loaded_with("seatrial.traffic.stream") & {"locust", "gevent", "httptools", "kubernetes"}
