"""The state of an engine is read from process ids that may be stale, reused or damaged."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.cluster import engine
from seatrial.cluster.engine import ProcessState, process_state
from seatrial.errors import SeatrialError
from seatrial.waiting import NotYet, Ready, eventually


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A real process that runs until the test ends."""
    process = subprocess.Popen(["sleep", "60"])
    # Until the child has become `sleep` it still carries our own name.
    eventually(
        lambda: (
            Ready(None)
            if b"sleep" in Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")[0]
            else NotYet("not yet")
        ),
        within_seconds=5,
        what="the process",
        every_seconds=0.01,
    )
    yield process
    process.kill()
    process.wait()


def test_no_file_means_no_engine(tmp_path: Path) -> None:
    assert process_state(tmp_path / "dockerd.pid", "dockerd") is ProcessState.NO_FILE


@pytest.mark.parametrize("content", ["", "  \n", "abc", "-", "1.5"])
def test_a_damaged_file_is_stale(tmp_path: Path, content: str) -> None:
    (tmp_path / "dockerd.pid").write_text(content)
    assert process_state(tmp_path / "dockerd.pid", "dockerd") is ProcessState.STALE


def test_the_id_of_a_process_that_is_gone_is_stale(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    sleeper.wait()
    (tmp_path / "dockerd.pid").write_text(str(sleeper.pid))
    assert process_state(tmp_path / "dockerd.pid", "sleep") is ProcessState.STALE


def test_an_id_reused_by_another_program_is_stale(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    (tmp_path / "dockerd.pid").write_text(f"{sleeper.pid}\n")
    assert process_state(tmp_path / "dockerd.pid", "dockerd") is ProcessState.STALE


def test_a_running_program_of_the_right_name_is_alive(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "x.pid").write_text(f"{sleeper.pid}\n")
    assert process_state(tmp_path / "x.pid", "sleep") is ProcessState.ALIVE


def test_a_killed_process_nobody_has_waited_for_is_stale(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "x.pid").write_text(str(sleeper.pid))
    os.kill(sleeper.pid, signal.SIGKILL)
    eventually(
        lambda: (
            Ready(None)
            if process_state(tmp_path / "x.pid", "sleep") is ProcessState.STALE
            else NotYet("alive")
        ),
        within_seconds=5,
        what="a zombie seen as gone",
        every_seconds=0.01,
    )


def test_stopping_without_an_engine_of_ours_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sleeper: subprocess.Popen[bytes]
) -> None:
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path))
    (engine.engine_folder() / "dockerd.pid").write_text(str(sleeper.pid))  # reused by something foreign
    assert engine.stop_engine() is False
    assert sleeper.poll() is None


def test_an_engine_named_by_the_user_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    from seatrial.cluster import PlainProgress

    with pytest.raises(SeatrialError) as refused:
        engine.ensure_engine(PlainProgress())
    assert f"DOCKER_HOST=unix://{tmp_path}/nobody.sock" in str(refused.value)
    assert "unset DOCKER_HOST" in refused.value.next_step
