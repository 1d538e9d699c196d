"""The write-ahead journal of faults: `.seatrial/journal/<id>.json`, on disk before its fault begins.

An entry holds all that is needed to revert the fault from another process: where the cluster is, and each
effect as `{kind, payload}`. What an effect does with what somebody changed meanwhile is its own affair.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from seatrial.errors import BadInput
from seatrial.faults.effects.base import Effect, decode, encode

VERSION = 2
FOLDER = "journal"


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
        return self.pid != os.getpid() and _process_started(self.pid) == self.process_started != ""


def new_id(fault: str) -> str:
    """A name for a fault that sorts by time and is unique."""
    return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{fault}-{uuid.uuid4().hex[:6]}"


def own_process() -> dict[str, Any]:
    """The `pid` and `process_started` of this process, for an entry."""
    return {"pid": os.getpid(), "process_started": _process_started(os.getpid())}


def write(state_directory: Path, entry: JournalEntry) -> Path:
    """Put the entry on disk, durably: the file and its folder are synced before this returns.

    Raises:
        BadInput: the folder cannot be written; then nothing may be injected.
    """
    folder = state_directory / FOLDER
    content = {item.name: getattr(entry, item.name) for item in fields(entry) if item.name != "path"}
    content["effects"] = encode(entry.effects)
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


def _read(path: Path) -> JournalEntry:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']} is not {VERSION}")
        return JournalEntry(**(content | {"effects": decode(content["effects"]), "path": path}))
    except (BadInput, OSError, ValueError, TypeError, KeyError) as error:
        raise BadInput(
            f"the journal entry cannot be used: {error}",
            where=str(path),
            next_step="revert by hand what it names, then delete it",
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _process_started(pid: int) -> str:
    """Start of a process in ticks since boot (field 22 of /proc/PID/stat); empty when it does not run."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    # The second field is the command in parentheses and may hold spaces.
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]
