"""What the kernel says of its CPUs and disks is read as it documents it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.errors import SeatrialError
from seatrial.kube import pressure
from seatrial.kube.pressure import PressurePoll, Reading, between, parse
from seatrial.model.pressure import CpuSeen, DiskSeen

PRESSURE = (
    "some avg10=18.45 avg60=27.33 avg300=25.62 total=4717238563\n"
    "full avg10=0.00 avg60=0.00 avg300=0.00 total=99\n"
)
USE = "cpu  100 20 30 700 50 1 2 3 40 5\ncpu0 50 10 15 350 25 0 1 1 20 2\nintr 1 2 3\n"


def test_the_counters_are_read() -> None:
    assert parse(5.0, PRESSURE, USE) == Reading(5.0, 4717.238563, 156, 906)


@pytest.mark.parametrize(
    ("stalls", "use"), [("", USE), (PRESSURE, "cpu0 1 2 3 4 5 6 7 8\n"), ("full total=1", USE)]
)
def test_what_is_not_as_documented_is_no_record(stalls: str, use: str) -> None:
    with pytest.raises(SeatrialError, match="not as the kernel documents it"):
        parse(5.0, stalls, use)


def test_the_disks_counter_is_read_where_there_is_one() -> None:
    assert parse(5.0, PRESSURE, USE, "some avg10=0 total=2500000\nfull total=9\n").disk_waited_seconds == 2.5
    assert parse(5.0, PRESSURE, USE, "none").disk_waited_seconds is None


def test_what_the_disks_kept_waiting_is_the_difference() -> None:
    first, last = Reading(10.0, 100.0, 0, 0, 7.0), Reading(11.0, 100.0, 0, 0, 7.25)
    assert list(between(first, last))[1:] == [DiskSeen(11.0, "this machine", 1.0, 0.25)]
    more = list(between(first, Reading(11.0, 100.0, 0, 0, 9.0)))
    assert more[1:] == [DiskSeen(11.0, "this machine", 1.0, 1.0)]
    for unknown in ((first, Reading(11.0, 100.0, 0, 0)), (Reading(10.0, 100.0, 0, 0), last)):
        assert len(list(between(*unknown))) == 1


def test_a_sample_is_the_difference() -> None:
    (sample,) = between(Reading(10.0, 100.0, 1000, 2000), Reading(11.0, 100.87, 1150, 2200))
    assert isinstance(sample, CpuSeen)
    assert (sample.at, sample.span_seconds, sample.busy) == (11.0, 1.0, 0.75)
    assert sample.waited_seconds == pytest.approx(0.87)
    (more,) = between(Reading(10.0, 100.0, 0, 0), Reading(11.0, 102.0, 0, 0))
    assert isinstance(more, CpuSeen)
    assert (more.waited_seconds, more.busy) == (1.0, 0.0)


def test_where_the_kernel_does_not_tell_it_is_noted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pressure, "PRESSURE", tmp_path / "none")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    samples: list[CpuSeen | DiskSeen] = []
    notes: list[str] = []
    PressurePoll(samples.append, notes.append).run()
    assert samples == []
    assert len(notes) == 1
    assert "this machine does not tell how long tasks wait" in notes[0]


@pytest.mark.parametrize(
    ("engine", "elsewhere"), [("ssh://other", True), ("tcp://127.0.0.1:1", True), ("", False)]
)
def test_nodes_on_another_machine_are_not_measured_here(
    engine: str, elsewhere: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pressure").write_text(PRESSURE)
    (tmp_path / "use").write_text(USE)
    monkeypatch.setattr(pressure, "PRESSURE", tmp_path / "pressure")
    monkeypatch.setattr(pressure, "USE", tmp_path / "use")
    monkeypatch.setenv("DOCKER_HOST", engine)
    if elsewhere:
        with pytest.raises(SeatrialError, match="run on another machine"):
            pressure.read()
    else:
        assert pressure.read().total == 906
