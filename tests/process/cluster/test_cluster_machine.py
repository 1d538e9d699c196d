"""Locks, leftovers, package sources and commands, on real files and processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.cluster import lock, paths, shell
from seatrial.cluster.build import debian
from seatrial.errors import SeatrialError, WaitExpired
from seatrial.waiting import NotYet, Ready, eventually

HOLDER = """
import sys, time
from pathlib import Path
from seatrial.cluster.lock import exclusive
with exclusive("x", within_seconds=1, purpose="holding on", folder=Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock `x` until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_held_lock_says_who_holds_it_and_gives_up_after_its_bound(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        told: list[str] = []
        with (
            pytest.raises(WaitExpired) as refused,
            lock.exclusive("x", within_seconds=0.5, purpose="mine", say=told.append, folder=tmp_path),
        ):
            pytest.fail("two held the lock")
        assert f"process {other.pid} (holding on)" in str(refused.value)
        assert told == [f"waiting: held by process {other.pid} (holding on)"]
        assert other.stdin is not None
        other.stdin.close()
        other.wait()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        other.kill()
        other.wait()
        with lock.exclusive("x", within_seconds=1, purpose="mine", folder=tmp_path):
            assert "mine" in (tmp_path / "x.lock").read_text()
        assert other.stdin is not None


def test_a_working_folder_starts_empty_and_leaves_nothing(tmp_path: Path) -> None:
    leftover = tmp_path / ".half-thing" / "old"
    leftover.mkdir(parents=True)
    with paths.half_made(tmp_path, "thing") as place:
        assert list(place.iterdir()) == []
        (place / "new").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_both_formats_of_apt_sources_are_read(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "debian.sources").write_text(
        "Types: deb\n# old\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main\nSigned-By: /keys/debian.gpg\n\n"
        "Types: deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n\n"
        "Enabled: no\nTypes: deb\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\n"
    )
    (tmp_path / "sources.list").write_text(
        "# deb http://comment.example/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/keys/x.gpg] http://other.example/debian trixie main contrib\n"
        "deb http://vendor.example/apt stable vendor\n"
    )
    assert debian.apt_sources(tmp_path) == [
        debian.AptSource(
            "http://mirror.example/debian", ("bookworm", "bookworm-updates"), "/keys/debian.gpg"
        ),
        debian.AptSource("http://other.example/debian", ("trixie",), "/keys/x.gpg"),
    ]


def test_a_machine_without_apt_has_no_sources(tmp_path: Path) -> None:
    assert debian.apt_sources(tmp_path / "nowhere") == []


def test_a_failed_command_shows_what_it_said_and_what_to_do() -> None:
    with pytest.raises(SeatrialError) as refused:
        shell.run(
            ["sh", "-c", "echo $((40 + 2)) leaks >&2; exit 3"],
            doing="trying",
            within_seconds=5,
            next_step="mend it",
        )
    text = str(refused.value)
    assert "trying: sh ended with code 3" in text
    assert "42 leaks" in text
    assert refused.value.next_step == "mend it"


def test_a_missing_program_and_a_slow_one_are_errors_for_people() -> None:
    with pytest.raises(SeatrialError, match="'no-such-program' is not installed"):
        shell.run(["no-such-program"], doing="trying", within_seconds=5)
    with pytest.raises(SeatrialError, match=r"not finished within 0\.2 s"):
        shell.run(["sleep", "30"], doing="trying", within_seconds=0.2)


def test_a_program_ends_with_the_command_that_runs_it(tmp_path: Path) -> None:
    code = (
        "from seatrial.cluster.shell import run\n"
        f"run(['sh', '-c', 'echo $$ > {tmp_path}/pid; exec sleep 60'], doing='x', within_seconds=60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        pid = eventually(
            lambda: (
                Ready(text)
                if (tmp_path / "pid").exists() and (text := (tmp_path / "pid").read_text().strip())
                else NotYet("no id yet")
            ),
            within_seconds=10,
            what="the program",
            every_seconds=0.02,
        )
        parent.kill()
    eventually(
        lambda: NotYet("it runs on") if Path(f"/proc/{pid}").exists() else Ready(None),
        within_seconds=5,
        what="the end of the program",
        every_seconds=0.02,
    )
