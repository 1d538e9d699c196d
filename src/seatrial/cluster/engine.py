"""A running Docker engine: the one that is there, else our own, started without a service manager.

Our own engine is one whose process id stands in `~/.cache/seatrial/engine/dockerd.pid`. Any other is foreign:
used when it answers, never stopped, restarted or configured.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from seatrial.cluster.engine_install import ensure_installed
from seatrial.cluster.lock import exclusive
from seatrial.cluster.paths import cache_folder
from seatrial.cluster.progress import Progress, Stage
from seatrial.errors import SeatrialError, WaitExpired
from seatrial.waiting import Hopeless, NotYet, Ready, eventually

_START_BOUND_SECONDS = 60.0  # 2 s on an idle machine; leftovers of a killed engine are cleaned up first
_STOP_BOUND_SECONDS = 40.0  # the engine gives its containers 10 s
_BUSY_BOUND_SECONDS = 60.0  # ending it ends the cluster, and a machine under load answers late
_HANGING_BOUND_SECONDS = 5.0  # it has not answered for a minute already
_FOREIGN_BOUND_SECONDS = 30.0  # an engine that is just being started by somebody else
_ANSWER_BOUND_SECONDS = 20.0  # of one `docker info`
_RUN = Path("/var/run")


@dataclass(frozen=True)
class Engine:
    """A Docker engine that answers.

    Args:
        version: what the server says.
        ours: whether we started it (and may stop it).
        cgroup_version: 1 or 2.
    """

    version: str
    ours: bool
    cgroup_version: int


class ProcessState(Enum):
    """What a process id file says, compared with the processes there are."""

    NO_FILE = "no file"
    STALE = "stale"
    ALIVE = "alive"


def engine_folder() -> Path:
    """Where our engine's process id and log are."""
    return cache_folder("engine")


def process_state(pid_file: Path, program: str, proc: Path = Path("/proc")) -> ProcessState:
    """Whether the process in `pid_file` lives and is `program`; ids are reused, so the name is compared.

    Args:
        pid_file: holds one decimal number.
        program: the name of the executable (`dockerd`).
        proc: the process file system; replaced in tests.
    """
    try:
        pid = int(pid_file.read_text().strip())
    except FileNotFoundError:
        return ProcessState.NO_FILE
    except ValueError:
        return ProcessState.STALE
    try:
        command = (proc / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return ProcessState.STALE
    # Of a process that has ended and that nobody has waited for, the command is empty.
    named = Path(os.fsdecode(command[0])).name == program
    return ProcessState.ALIVE if named else ProcessState.STALE


def find_engine() -> Engine | None:
    """The engine that answers where the docker client looks for it; None when none does."""
    if shutil.which("docker") is None:
        return None
    try:
        asked = subprocess.run(
            ["docker", "info", "--format", "{{json .}}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_BOUND_SECONDS,
            check=False,
        )
        told = json.loads(asked.stdout or "{}")
    except (subprocess.TimeoutExpired, ValueError):
        return None
    if asked.returncode != 0 or not told.get("ServerVersion"):
        return None
    ours = process_state(engine_folder() / "dockerd.pid", "dockerd") is ProcessState.ALIVE
    return Engine(told["ServerVersion"], ours, int(told.get("CgroupVersion") or 1))


def ensure_engine(progress: Progress) -> Engine:
    """Have a Docker engine that answers: use what runs, else start our own, installing it when needed.

    Raises:
        SeatrialError: a foreign engine hangs, none can be installed, or ours does not start.
    """
    with progress.stage("Docker engine") as stage:
        found = find_engine()
        if found:
            stage.skipped(f"Docker {found.version} runs{' (ours)' if found.ours else ''}")
            return found
        with exclusive("engine", within_seconds=400, purpose="starting the Docker engine", say=stage.note):
            return find_engine() or _start_own(stage)


def _start_own(stage: Stage) -> Engine:
    chosen = os.environ.get("DOCKER_HOST")
    if chosen:
        raise SeatrialError(
            "The Docker engine that DOCKER_HOST names does not answer.",
            where=f"DOCKER_HOST={chosen}",
            next_step="Start that engine, or unset DOCKER_HOST to let Seatrial start its own.",
        )
    foreign = _foreign_engine()
    if foreign is not None:
        stage.note(f"waiting for the engine that is process {foreign}")
        return _await(
            _FOREIGN_BOUND_SECONDS, "A Docker engine that is not ours runs and does not answer", None
        )
    if os.geteuid() != 0:
        raise SeatrialError(
            "No Docker engine answers, and only root can start one.",
            next_step="Run `sudo systemctl start docker`, see that `docker info` works, or run as root.",
        )
    revived = _end_hanging_own(stage)
    if revived:
        return revived
    ensure_installed(stage)
    _remove_stale_files(stage)
    stage.note("starting dockerd")
    return _launch()


def _foreign_engine() -> int | None:
    """The process id of a dockerd that runs on this machine and is not ours."""
    own = engine_folder() / "dockerd.pid"
    own_pid = own.read_text().strip() if process_state(own, "dockerd") is ProcessState.ALIVE else ""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().strip() == "dockerd" and folder.name != own_pid:
                same_network = (folder / "ns/net").readlink() == Path("/proc/self/ns/net").readlink()
                if same_network:  # one inside a container is nobody's business here
                    return int(folder.name)
        except OSError:
            continue
    return None


def _end_hanging_own(stage: Stage) -> Engine | None:
    """Our engine runs but does not answer: it may only be busy, so it gets time; then it is ended."""
    pid_file = engine_folder() / "dockerd.pid"
    if process_state(pid_file, "dockerd") is not ProcessState.ALIVE:
        return None
    stage.note("our engine runs and does not answer; waiting for it")
    try:
        return _await(_BUSY_BOUND_SECONDS, "our Docker engine", None)
    except WaitExpired:
        stage.note("it still does not answer; ending it")
        _terminate(pid_file, _HANGING_BOUND_SECONDS)
        return None


def _terminate(pid_file: Path, patience_seconds: float) -> None:
    """End our engine: ask it, and after `patience_seconds` kill it."""
    pid = int(pid_file.read_text())
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
            eventually(
                lambda: (
                    NotYet("it still runs")
                    if process_state(pid_file, "dockerd") is ProcessState.ALIVE
                    else Ready(None)
                ),
                within_seconds=patience_seconds,
                what="the end of our Docker engine",
            )
        except ProcessLookupError:
            break
        except SeatrialError:
            if number is signal.SIGKILL:
                raise
            continue
        break
    pid_file.unlink(missing_ok=True)


def _remove_stale_files(stage: Stage) -> None:
    """Process id files of processes that are gone, which would stop a new engine from starting."""
    files = {
        engine_folder() / "dockerd.pid": "dockerd",
        _RUN / "docker.pid": "dockerd",
        _RUN / "docker" / "containerd" / "containerd.pid": "containerd",
    }
    for file, program in files.items():
        if process_state(file, program) is ProcessState.STALE:
            stage.note(f"removing the stale {file}")
            file.unlink(missing_ok=True)


def _launch() -> Engine:
    folder = engine_folder()
    log = folder / "dockerd.log"
    with log.open("ab") as out:
        started = subprocess.Popen(
            ["dockerd", "--pidfile", str(folder / "dockerd.pid")],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,  # it outlives the command, and the shell, that started it
        )
    return _await(_START_BOUND_SECONDS, "our Docker engine", started)


def _await(bound_seconds: float, what: str, process: subprocess.Popen[bytes] | None) -> Engine:
    log = engine_folder() / "dockerd.log"

    def probe() -> Ready[Engine] | NotYet:
        if process is not None and process.poll() is not None:
            said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-5:]
            raise Hopeless(
                "The Docker engine ended while starting:\n    " + "\n    ".join(said),
                where=str(log),
                next_step="Read the log; often another program holds a file or network it needs.",
            )
        found = find_engine()
        return Ready(found) if found else NotYet("`docker info` does not answer")

    return eventually(
        probe,
        within_seconds=bound_seconds,
        what=what,
        every_seconds=0.3,
        next_step=f"See {log}."
        if process
        else "Restart that engine, or stop it and let Seatrial start its own.",
    )


def stop_engine() -> bool:
    """End the engine when it is ours, and its containers with it. Returns whether there was one to end."""
    pid_file = engine_folder() / "dockerd.pid"
    if process_state(pid_file, "dockerd") is not ProcessState.ALIVE:
        return False
    _terminate(pid_file, _STOP_BOUND_SECONDS)
    return True
