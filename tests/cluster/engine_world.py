"""Runs in namespaces of its own (see test_cluster_engine_recovery.py): this machine, but without an engine.

Own mounts hide the real engine's socket, state and data; own networks and process ids keep it out of reach.
Prints one JSON line per observation.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from seatrial.cluster import PlainProgress, engine, ensure_engine, find_engine, stop_engine
from seatrial.cluster.engine import engine_folder
from seatrial.waiting import NotYet, Ready, eventually

CONTAINERD_PID = Path("/run/docker/containerd/containerd.pid")


def isolate() -> None:
    """Put empty file systems over what the real engine uses."""
    for place in ("/run", "/var/lib/docker", "/var/lib/containerd"):
        Path(place).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def tell(**seen: object) -> None:
    print(json.dumps(seen), flush=True)  # noqa: T201


def pid_of(file: Path) -> int:
    return int(file.read_text())


def kill(*pids: int) -> None:
    """SIGKILL, and wait until they are gone."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        eventually(
            lambda pid=pid: NotYet("it is there") if _alive(pid) else Ready(None),  # type: ignore[misc]
            within_seconds=10,
            what=f"the end of {pid}",
        )


def _alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def started_by_another_process() -> None:
    """The engine outlives the process that started it, and holds none of its pipes open."""
    code = "from seatrial.cluster import *; print(ensure_engine(PlainProgress()))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    found = find_engine()
    tell(case="outlives its starter", started=done.returncode == 0, ours=bool(found and found.ours))


def shorten_patience() -> None:
    """An engine that was stopped never answers, however long one waits."""
    engine._BUSY_BOUND_SECONDS, engine._ANSWER_BOUND_SECONDS = 5.0, 10.0


def main() -> None:
    """All cases, one after the other, on one engine."""
    isolate()
    progress = PlainProgress(sys.stderr)
    tell(case="nothing runs", found=find_engine() is not None)
    started_by_another_process()
    pid_file = engine_folder() / "dockerd.pid"
    first = pid_of(pid_file)
    tell(case="adopted", same=ensure_engine(progress).ours and pid_of(pid_file) == first)

    kill(first)
    tell(case="killed", ours=ensure_engine(progress).ours, another=pid_of(pid_file) != first)

    kill(pid_of(pid_file), pid_of(CONTAINERD_PID))
    tell(case="killed with containerd", ours=ensure_engine(progress).ours)

    kill(pid_of(pid_file), pid_of(CONTAINERD_PID))
    bystander = subprocess.Popen(["sleep", "1000"])
    pid_file.write_text(str(bystander.pid))
    CONTAINERD_PID.write_text(str(bystander.pid))
    ours = ensure_engine(progress).ours
    tell(case="ids reused by another program", ours=ours, spared=bystander.poll() is None)
    bystander.kill()

    pid = pid_of(pid_file)
    os.kill(pid, signal.SIGSTOP)
    shorten_patience()
    tell(case="hangs", ours=ensure_engine(progress).ours, another=pid_of(pid_file) != pid)

    tell(case="stopped", was_ours=stop_engine(), found=find_engine() is not None)

    foreign = subprocess.Popen(["dockerd"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    adopted = ensure_engine(progress)  # it does not answer yet
    tell(case="foreign", ours=adopted.ours, stopped=stop_engine(), alive=foreign.poll() is None)
    foreign.terminate()
    foreign.wait(60)


if __name__ == "__main__":
    main()
