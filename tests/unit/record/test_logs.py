"""Logs on disk: written once, read back around the requests that failed."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.fault import Disruption
from seatrial.model.log import LogLine, Logs
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.pressure import CpuSeen
from seatrial.model.timeline import Clock, Timeline
from seatrial.record.logs import AFTER_SECONDS, BEFORE_SECONDS, LOGS_FILE, logs_around, read_logs, write_logs
from seatrial.record.observations import ObservationWriter, read_observation

LINES = tuple(LogLine(float(at), f"web-{at % 2}", "web", f"line {at} \x1b[1m\u00e9") for at in range(100))


def exchange(at: float, *, ok: bool) -> Exchange:
    outcome = ExchangeOutcome.OK if ok else ExchangeOutcome.FAILED
    return Exchange(0, "look", at, at, at + 0.1, outcome)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / LOGS_FILE
    write_logs(path, Logs(LINES, 3, ("a note",)))
    assert read_logs(path, "logs", -1.0, 1000.0) == (LINES, [])
    assert read_logs(path, "logs", 10.0, 12.0)[0] == LINES[10:13]
    first = path.read_bytes()
    write_logs(path, Logs(LINES, 3, ("a note",)))
    assert path.read_bytes() == first


def test_only_what_lies_around_failed_requests_is_read(tmp_path: Path) -> None:
    damage: list[str] = []
    assert logs_around(tmp_path, [exchange(50.0, ok=False)], damage) is None
    write_logs(tmp_path / LOGS_FILE, Logs(LINES))
    assert logs_around(tmp_path, [exchange(50.0, ok=True)], damage) == ()
    found = logs_around(tmp_path, [exchange(50.0, ok=False), exchange(52.0, ok=False)], damage)
    assert found is not None
    assert (found[0].at, found[-1].at) == (50.0 - BEFORE_SECONDS, 52.0 + AFTER_SECONDS)
    assert damage == []


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    damage: list[str] = []
    write_logs(tmp_path / LOGS_FILE, Logs(LINES))
    with gzip.open(tmp_path / LOGS_FILE, "ab") as file:
        file.write(b'{"at": "soon"}\n[]\n')
    logs_around(tmp_path, [exchange(50.0, ok=False)], damage)
    assert len(damage) == 2
    assert all(LOGS_FILE in line for line in damage)


def test_an_observation_keeps_logs_and_cpu(tmp_path: Path) -> None:
    head = Observation({TROUBLE: Arm()}, "one", "look", "web", Disruption.VOLUNTARY)
    writer = ObservationWriter(tmp_path / "one", head)
    cpu = CpuSeen(11.0, "this machine", 1.0, 0.87, 0.99)
    timeline = Timeline(10.0, 20.0, Clock(0.0, 0.1, 0.0), (cpu,))
    writer.close(timeline, missing={}, failure=None, logs=Logs(LINES))
    read = read_observation(tmp_path / "one").observation
    assert read.failure is None
    assert read.timeline is not None
    assert list(read.timeline.cpu()) == [cpu]
    assert read.trouble.logs == (), "nothing failed, so nothing was read"
    (tmp_path / "one" / LOGS_FILE).unlink()
    assert read_observation(tmp_path / "one").observation == replace(
        read, arms={TROUBLE: replace(read.trouble, logs=None)}
    )
