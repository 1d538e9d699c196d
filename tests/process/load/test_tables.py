"""Locust's own page, CSV and HTML carry what was judged, or say what they lack."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_locust import JOURNEYS, child_of, headless, locust, recorded_in, wait_for_exchanges

from seatrial.record.reader import read_run


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def rows_of(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_and_html_hold_every_request_and_name_a_generator_that_was_late(toy) -> None:
    """Planted: the generator is stopped for half a second, so that fifty of its arrivals are late."""
    with locust(
        JOURNEYS, "--headless", "--arrivals", "constant:100:3", "--csv", "toy", "--html", "toy.html"
    ) as process:
        wait_for_exchanges(toy.directory, 50)
        generator = child_of(process)
        os.kill(generator, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(generator, signal.SIGCONT)
        out, errors = process.communicate(timeout=90)
    assert process.returncode == 1
    assert "INCONCLUSIVE load.journeys" in out, out + errors
    (told,) = rows_of("toy_exceptions.csv")
    assert "more than 10 ms late" in told["Message"]
    assert "more than 10 ms late" in Path("toy.html").read_text(encoding="utf-8")
    total = next(row for row in rows_of("toy_stats.csv") if row["Name"] == "Aggregated")
    assert int(total["Request Count"]) == recorded_in(toy.directory) == 300


WRITER = """
import gevent.monkey
gevent.monkey.patch_all()
from types import SimpleNamespace
import gevent
from locust.env import Environment
from locust.stats import StatsCSVFileWriter
from seatrial.load.tables import wait_for_csv
writer = StatsCSVFileWriter(Environment(), [0.5], "late")
running = gevent.spawn(writer.stats_writer)
gevent.sleep(0.5)
wait_for_csv(SimpleNamespace(csv_prefix="late"))
writer.close_files()
gevent.sleep(2.5)  # Locust's end may take so long: its workers, its tables
assert running.exception is None, running.exception
"""


def test_nothing_is_written_to_a_table_that_is_closed() -> None:
    """Planted: an end that takes longer than the writer sleeps; a traceback stood after the verdict."""
    told = subprocess.run([sys.executable, "-c", WRITER], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "Traceback" not in told.stderr


def test_a_run_ends_without_the_worker_that_was_lost_and_names_it(toy) -> None:
    """Planted: one of two workers is killed in the middle; nobody told the run when to end."""
    with locust(JOURNEYS, "--headless", "--arrivals", "constant:50:6", "--processes", "2") as run:
        wait_for_exchanges(toy.directory, 20)
        workers = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        os.kill(int(workers[0]), signal.SIGKILL)
        out, errors = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "ERROR load.journeys" in out, out + errors
    assert "1 of the workers never reported what they sent (lost: worker " in out


def test_a_journey_is_judged_by_its_own_objective(toy) -> None:
    """Planted: an objective for orders that no server keeps; the others are all within theirs."""
    toy.describe(**{"expect: {status: 202}": "expect: {status: 202}\n    objectives: {latency_p99_ms: 0.01}"})
    code, out, errors = headless("--arrivals", "constant:200:4")
    assert code == 1
    (result,) = read_run(toy.directory / "run").results
    if "late" not in out:
        assert "FAILED load.journeys" in out, out + errors
        assert result.verdict.observed.startswith("place-order: p99 ")
