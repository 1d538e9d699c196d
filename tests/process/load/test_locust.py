"""Locust itself, as a process, sends the planned load and ends with a true exit code."""

import contextlib
import gzip
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from socket import socket

import pytest
from recordings import read_recording

from seatrial.commands._rejudging import rejudge
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run
from seatrial.waiting import NotYet, Ready, eventually

LOADTESTS = Path(__file__).parents[3] / "loadtests"
JOURNEYS = LOADTESTS / "journeys.py"


@contextlib.contextmanager
def locust(file: Path, *arguments: str) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "locust", "-f", str(file), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def headless(*arguments: str, file: Path = JOURNEYS, within_seconds: float = 90) -> tuple[int, str, str]:
    with locust(file, "--headless", "--only-summary", *arguments) as process:
        out, errors = process.communicate(timeout=within_seconds)
    return process.returncode, out, errors


def agreed(code: int, out: str) -> str:
    """The outcome of a run in which all went well; exit code and text must agree on it.

    On a busy machine so short a run may be inconclusive: a stall of 20 ms makes 1 % of its arrivals late.
    """
    outcome = next(word for word in ("PASSED", "INCONCLUSIVE") if f"{word} load.journeys [toy]" in out)
    assert code == (0 if outcome == "PASSED" else 1)
    assert outcome == "PASSED" or "late" in out
    return outcome.lower()


def recorded(directory: Path) -> int:
    paths = [*directory.glob("run/observations/*/exchanges-*.ndjson")]
    return sum(len(read_recording(path).exchanges) for path in paths)


def wait_for_exchanges(directory: Path, number: int) -> None:
    def enough() -> Ready[int] | NotYet:
        ended = recorded(directory)
        return Ready(ended) if ended >= number else NotYet(f"{ended} exchanges")

    eventually(enough, within_seconds=60, what="Locust sends", every_seconds=0.1)


def test_a_run_ends_by_its_time_and_leaves_its_result(toy) -> None:
    code, out, _ = headless("-t", "2s", "--arrivals", "constant:200")
    outcome = agreed(code, out)
    verdict = out[out.index("load.journeys [toy]") :]
    told = verdict.rstrip().splitlines()[1:]
    assert all(line.startswith("  ") for line in told), "the verdict is not the last on the screen"
    exchanges = read_recording(
        next(toy.directory.glob("run/observations/load.journeys/exchanges-*.gz"))
    ).in_order()
    assert 200 <= len(exchanges) <= 450, "two seconds, less the start of the generator"
    assert {exchange.journey for exchange in exchanges} == {"browse", "place-order"}
    assert all(exchange.ok for exchange in exchanges)
    written = json.loads((toy.directory / "run" / "load" / "journeys.json").read_text())
    assert written["outcomes"] == {"ok": len(exchanges)}
    run = read_run(toy.directory / "run")
    assert [(result.check, result.verdict.outcome) for result in run.results] == [("load.journeys", outcome)]


def test_a_schedule_with_an_end_ends_the_run_and_failures_fail_it(toy) -> None:
    toy.describe(**{"path: /ok": "path: /status/500"})
    code, out, _ = headless("--arrivals", "steps:50x0.5,100x0.5")
    assert code == 1
    assert "FAILED load.journeys" in out
    assert "status 500" in out
    assert recorded_in(toy.directory) == 75


def test_failures_within_the_objective_leave_one_exit_code(toy) -> None:
    """Report 49: Locust ends with 1 when anything failed; an objective must be the only judge."""
    toy.describe(**{"path: /ok": "path: /warming/4"})
    code, out, _ = headless("--arrivals", "constant:100:3")
    agreed(code, out)
    written = json.loads((toy.directory / "run" / "load" / "journeys.json").read_text())
    assert written["outcomes"] == {"ok": 296, "unknown": 4}


def recorded_in(directory: Path) -> int:
    return sum(
        len(read_recording(path).in_order()) for path in directory.glob("run/observations/*/exchanges-*.gz")
    )


def test_workers_share_one_schedule_and_are_waited_for(toy) -> None:
    with locust(JOURNEYS, "--headless", "-t", "3s", "--arrivals", "constant:100", "--processes", "2") as run:
        wait_for_exchanges(toy.directory, 20)
        # Open requests end at their deadline, after Locust's master would have gone.
        toy.process.send_signal(signal.SIGSTOP)
        out, errors = run.communicate(timeout=90)
    written = json.loads((toy.directory / "run" / "load" / "journeys.json").read_text())
    assert written["missing_workers"] == 0, out + errors
    assert written["health"]["sent"] == recorded_in(toy.directory)
    files = sorted(toy.directory.glob("run/observations/*/exchanges-*"))
    assert [path.name for path in files] == [f"exchanges-worker-{n}.ndjson.gz" for n in (0, 1)]
    shares = [[exchange.sequence for exchange in read_recording(path).in_order()] for path in files]
    assert shares == [list(range(n, n + 2 * len(share), 2)) for n, share in enumerate(shares)]
    starts = [read_recording(path).in_order()[0].planned_at for path in files]
    assert starts[1] - starts[0] == pytest.approx(1 / 100, abs=0.002), "the workers did not agree on a start"
    assert {exchange.error for exchange in read_recording(files[0]).in_order()} == {"", "timeout 1 s"}


def test_sigterm_in_the_middle_of_a_freeze_loses_nothing(toy) -> None:
    with locust(JOURNEYS, "--headless", "--arrivals", "constant:50") as process:
        wait_for_exchanges(toy.directory, 20)
        toy.process.send_signal(signal.SIGSTOP)
        eventually(
            lambda: Ready(True) if recorded(toy.directory) >= 80 else NotYet("no deadline has passed"),
            within_seconds=60,
            what="requests reach their deadline",
        )
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=90)
    assert process.returncode == 1
    assert "timeout 1 s" in out
    recording = read_recording(next(toy.directory.glob("run/observations/*/exchanges-*.gz")))
    assert len(recording.exchanges) == recording.health.planned


def test_the_page_starts_and_stops_the_load(toy) -> None:
    with socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    page = f"http://127.0.0.1:{port}"

    def ask(path: str, **form: str) -> bytes:
        data = urllib.parse.urlencode(form).encode() if form else None
        with urllib.request.urlopen(f"{page}{path}", data=data, timeout=60) as answer:
            return answer.read()

    def up() -> Ready[bytes] | NotYet:
        try:
            return Ready(ask("/"))
        except OSError as error:
            return NotYet(str(error))

    with locust(JOURNEYS, "--web-host", "127.0.0.1", "--web-port", str(port)) as process:
        assert b"constant:60" in eventually(up, within_seconds=60, what="the page answers")
        ask("/swarm", user_count="1", spawn_rate="1", arrivals="constant:200", host=toy.url)
        wait_for_exchanges(toy.directory, 300)
        ask("/stop", reason="enough")
        stats = json.loads(ask("/stats/requests"))
        ended = recorded_in(toy.directory)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=90)
    assert stats["state"] == "stopped"
    total = next(row for row in stats["stats"] if row["name"] == "Aggregated")
    assert total["num_requests"] == ended >= 300
    ((whole, *journeys),) = (own["data"] for own in stats["extended_stats"])
    assert whole["planned"] == whole["sent"] == whole["ended"] == ended
    assert {row["name"] for row in journeys} == {"browse", "place-order"}
    assert 0 < whole["p99_ms"] < 5_000
    agreed(process.returncode, out)


def test_what_cannot_be_sent_is_refused_in_words(toy, monkeypatch) -> None:
    unwilling = toy.directory / "unwilling.yaml"
    unwilling.write_text(toy.system_file.read_text().replace("disruptive: true", "disruptive: false"))
    elsewhere = toy.directory / "elsewhere.yaml"
    elsewhere.write_text(
        toy.system_file.read_text().replace(
            "consent: {disruptive: true, context: none", "consent: {disruptive: true, context: other"
        )
    )
    refused = {
        "`often` is no schedule": (toy.system_file, "", "--arrivals", "often"),
        "shop.example is neither this machine": (toy.system_file, "", "--host", "http://shop.example"),
        "does not consent to disruption": (unwilling, ""),
        "consent is given for context 'other', this one is 'none'": (elsewhere, ""),
        "consent is given for namespace 'none', this one is 'shop'": (toy.system_file, "shop"),
    }
    with contextlib.ExitStack() as running:
        started = {}
        for named, (file, namespace, *arguments) in refused.items():
            monkeypatch.setenv("SEATRIAL_SYSTEM", str(file))
            monkeypatch.setenv("SEATRIAL_NAMESPACE", namespace)
            run = locust(JOURNEYS, "--headless", "-t", "1s", *arguments)
            started[named] = running.enter_context(run)
        for named, process in started.items():
            _, errors = process.communicate(timeout=90)
            assert process.returncode == 1
            assert named in errors
            assert "Traceback" not in errors
    assert not (toy.directory / "run").exists()


def test_load_on_another_address_than_the_entry_is_no_pass(toy) -> None:
    elsewhere = toy.url.replace("127.0.0.1", "localhost")
    code, out, errors = headless("-t", "2s", "--host", elsewhere)
    assert code == 1, errors
    assert f"the load was sent to {elsewhere}, not to {toy.url}, the entry of the system" in out
    (result,) = read_run(toy.directory / "run").results
    assert result.verdict.outcome is Outcome.INCONCLUSIVE
    assert not result.verdict.numbers, "nobody may take them for this system's"
    assert rejudge(toy.directory / "run")[0].same


def test_a_token_of_the_environment_is_sent_and_not_recorded(toy, monkeypatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", secret := "tok-5f1c0ffee")
    private = f"/private/{hashlib.sha256(secret.encode()).hexdigest()}/ok"
    header = 'headers: {Authorization: "Bearer {env.SHOP_TOKEN}"}'
    toy.describe(**{"{path: /ok}": f"{{path: {private}, {header}}}"})
    _, out, errors = headless("-t", "2s", "--arrivals", "constant:40")
    assert "status 401" not in out + errors
    assert recorded(toy.directory) + len(list(toy.directory.glob("run/observations/*/*.gz"))) > 0
    files = [path for path in (toy.directory / "run").rglob("*") if path.is_file()]
    held = [gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in files]
    assert not any(secret.encode() in content for content in held)
    assert any(b"env.SHOP_TOKEN" in content for content in held)


def test_the_load_step_of_a_workload_is_sent(toy) -> None:
    headless("-t", "2s", file=LOADTESTS / "step.py")
    exchanges = read_recording(
        next(toy.directory.glob("run/observations/load.step/exchanges-*.gz"))
    ).in_order()
    assert len(exchanges) >= 20
    gaps = [later.planned_at - sooner.planned_at for sooner, later in pairwise(exchanges)]
    assert gaps == pytest.approx([1 / 40] * len(gaps), abs=1e-5)


def child_of(process: subprocess.Popen) -> int:
    """The generator that a Locust process has started."""

    def found() -> Ready[int] | NotYet:
        text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        return Ready(int(text[0])) if text else NotYet("it has no child")

    return eventually(found, within_seconds=60, what="Locust starts its generator")


def test_a_generator_that_was_killed_is_an_error_and_ends_the_run(toy) -> None:
    with locust(JOURNEYS, "--headless", "--arrivals", "constant:50") as process:
        wait_for_exchanges(toy.directory, 20)
        os.kill(child_of(process), signal.SIGKILL)
        _, errors = process.communicate(timeout=90)
    assert process.returncode == 1
    assert "the traffic generator ended early (signal SIGKILL)" in errors
    assert "Traceback" not in errors


def test_a_worker_whose_generator_was_killed_fails_the_run_of_all(toy) -> None:
    with locust(JOURNEYS, "--headless", "--arrivals", "constant:50", "--processes", "2") as run:
        wait_for_exchanges(toy.directory, 20)
        # of the two workers, one has a generator that writes the first file
        first = next(toy.directory.glob("run/observations/*/*worker-0.ndjson"))
        os.kill(read_recording(first).head["pid"], signal.SIGKILL)
        out, errors = run.communicate(timeout=90)
    assert run.returncode == 1, out
    assert "the traffic generator ended early (signal SIGKILL)" in errors
    assert "ERROR load.journeys" in out
    assert "1 of the workers never reported" in out


def test_journeys_of_another_protocol_are_sent_too(toy) -> None:
    toy.describe(**{"journeys: {place-order: 1, browse: 4}": "journeys: {talk: 1, browse: 4}"})
    code, out, errors = headless("--arrivals", "constant:50:1")
    assert code == 1
    assert re.search(r"websocket +talk open +[0-9]+", errors)
    assert "no WebSocket" in out
    (result,) = (toy.directory / "run" / "load").glob("*.json")
    assert sum(json.loads(result.read_text())["outcomes"].values()) == 50


SLOW_LISTENER = """
from gevent import sleep
from locust import events
events.request.add_listener(lambda **_: sleep(0.02))
"""


def test_a_listener_that_waits_loses_no_request(toy, tmp_path) -> None:
    file = tmp_path / "locustfile.py"
    file.write_text(JOURNEYS.read_text() + SLOW_LISTENER)
    headless("--arrivals", "constant:100:1", file=file)
    (result,) = (toy.directory / "run" / "load").glob("*.json")
    assert sum(json.loads(result.read_text())["outcomes"].values()) == 100
