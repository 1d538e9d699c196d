"""The write-ahead journal of faults: `.seatrial/journal/<id>.json`, on disk before its fault begins.

An entry holds all that is needed to revert the fault from another process: where the cluster is, and each
effect as `{kind, payload}`. What an effect does with what somebody changed meanwhile is its own affair.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from seatrial.errors import BadInput, FaultRefused
from seatrial.faults.effects.base import Effect, decode, encode

VERSION = 2
FOLDER = "journal"
HERE = ("kubeconfig", "context", "pid", "process_started")
"""What an entry says of this machine only."""


@dataclass(frozen=True)
class JournalEntry:
    """One fault that may still be in place.

    Attributes:
        id: unique; names the file.
        fault, target, workload: for people.
        begun_wall: seconds since the epoch.
        kubeconfig, context, namespace: where the fault is.
        effects: what has to be reverted; empty for faults that end by themselves (a deleted pod is replaced).
        pid, process_started: the process that injects; ticks since boot, so that a reused pid is noticed.
    """

    id: str
    fault: str
    target: str
    workload: str
    begun_wall: float
    kubeconfig: str
    context: str
    namespace: str
    effects: tuple[Effect, ...] = ()
    pid: int = 0
    process_started: str = ""
    version: int = VERSION
    path: Path = field(default=Path(), compare=False)

    def __str__(self) -> str:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.begun_wall))
        place = f"namespace {self.namespace} (context {self.context})"
        return f"{self.fault} on {self.target} in {place}, begun {when}"

    @property
    def owner_alive(self) -> bool:
        """Whether the process that injected it still runs: then reverting it is its own affair."""
        return self.pid != os.getpid() and process_started(self.pid) == self.process_started != ""


def new_id(fault: str) -> str:
    """A name for a fault that sorts by time and is unique."""
    return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{fault}-{uuid.uuid4().hex[:6]}"


def own_process() -> dict[str, Any]:
    """The `pid` and `process_started` of this process, for an entry."""
    return {"pid": os.getpid(), "process_started": process_started(os.getpid())}


def write(state_directory: Path, entry: JournalEntry) -> Path:
    """Put the entry on disk, durably: the file and its folder are synced before this returns.

    Raises:
        BadInput: the folder cannot be written; then nothing may be injected.
    """
    folder = state_directory / FOLDER
    content = _plain(entry)
    path = folder / f"{entry.id}.json"
    partial = folder / f".{entry.id}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        # The folders too: without this the name of the file, or of its folder, may not survive a crash.
        for directory in (folder, state_directory, state_directory.absolute().parent):
            _sync_folder(directory)
    except OSError as error:
        raise BadInput(
            f"the journal of faults cannot be written: {error.strerror or error}",
            where=str(path),
            next_step="make the folder writable; no fault is injected before it is in the journal",
        ) from error
    return path


def remove(path: Path) -> None:
    """Forget an entry that was reverted."""
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def entries(state_directory: Path) -> list[JournalEntry]:
    """All entries, oldest first. A file that is not an entry is an error, for it may hide a fault.

    Raises:
        BadInput: a file cannot be read or has another version.
    """
    folder = state_directory / FOLDER
    return [_read(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []


def for_others(entry: JournalEntry) -> dict[str, Any]:
    """The entry as whoever may read the system's namespace may read it, for a revert from another machine.

    Raises:
        FaultRefused: an effect holds values of a Secret.
    """
    for one in entry.effects:
        payload = one.payload()
        if "Secret" in (payload.get("object_kind"), (payload.get("body") or {}).get("kind")):
            raise FaultRefused(f"{one} is not changed: the values of a Secret would have to be written down")
    return {name: value for name, value in _plain(entry).items() if name not in HERE}


def from_others(content: Mapping[str, Any], *, kubeconfig: Path, context: str) -> JournalEntry:
    """The inverse of `for_others`, for a process that reaches the cluster by a kubeconfig of its own.

    Raises:
        BadInput: it is none, or of another version.
    """
    return _entry({**content, "kubeconfig": str(kubeconfig), "context": context}, Path(), f"fault {content}")


def _plain(entry: JournalEntry) -> dict[str, Any]:
    content = {item.name: getattr(entry, item.name) for item in fields(entry) if item.name != "path"}
    return content | {"effects": encode(entry.effects)}


def _read(path: Path) -> JournalEntry:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unusable(error, str(path)) from error
    return _entry(content, path, str(path))


def _entry(content: Any, path: Path, where: str) -> JournalEntry:
    try:
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']} is not {VERSION}")
        return JournalEntry(**(content | {"effects": decode(content["effects"]), "path": path}))
    except (BadInput, ValueError, TypeError, KeyError) as error:
        raise _unusable(error, where) from error


def _unusable(error: Exception, where: str) -> BadInput:
    return BadInput(
        f"the journal entry cannot be used: {error}",
        where=where,
        next_step="revert by hand what it names, then delete it",
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def process_started(pid: int) -> str:
    """Start of a process in ticks since boot (field 22 of /proc/PID/stat); empty when it does not run."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    # The second field is the command in parentheses and may hold spaces.
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]
