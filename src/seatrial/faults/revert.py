"""Undoing what is left in the journal: by the fault's own process, or later by `seatrial heal`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.faults import journal
from seatrial.faults.journal import FieldChange, JournalEntry, ObjectChange
from seatrial.kube.client import Kube

NOTHING = "it ends by itself, nothing to restore"


@dataclass(frozen=True)
class Reverted:
    """What became of one entry.

    Attributes:
        done: the entry is settled and its file is gone.
        sentence: what was restored or why it could not be.
    """

    entry: JournalEntry
    done: bool
    sentence: str

    def __str__(self) -> str:
        return f"{'undone' if self.done else 'NOT undone'}: {self.entry}: {self.sentence}"


def pending(state_directory: Path) -> list[JournalEntry]:
    """The faults that may still be in place, oldest first; `owner_alive` tells those of a running tool.

    Raises:
        BadInput: a file of the journal cannot be read.
    """
    return journal.entries(state_directory)


def heal(state_directory: Path, *, include_live: bool = False) -> list[Reverted]:
    """Undo all that is pending. May be repeated at any time.

    Args:
        include_live: also faults whose tool still runs; it would be undone under its feet.

    Returns:
        One result for each entry; those not done stay in the journal.
    """
    return [_heal(entry, include_live) for entry in pending(state_directory)]


def _heal(entry: JournalEntry, include_live: bool) -> Reverted:
    if entry.owner_alive and not include_live:
        return Reverted(entry, False, f"process {entry.pid} still runs and will undo it")
    if not entry.changes:
        # A deleted or crashed pod is replaced without us: that needs no cluster.
        journal.remove(entry.path)
        return Reverted(entry, True, NOTHING)
    try:
        with Kube(Path(entry.kubeconfig), entry.context, entry.namespace) as kube:
            return undo(kube, entry)
    except SeatrialError as error:
        return Reverted(entry, False, str(error))


def undo(kube: Kube, entry: JournalEntry) -> Reverted:
    """Restore every object of the entry and remove its file. Idempotent.

    Raises:
        SeatrialError: an object could not be read or written; the file stays.
    """
    sentences = [restore(kube, change) for change in entry.changes]
    journal.remove(entry.path)
    return Reverted(entry, True, "; ".join(sentences) or NOTHING)


def restore(kube: Kube, change: ObjectChange) -> str:
    """Put the fields of one object back to what they were, unless somebody changed one of them since.

    A field that has its original value again is no reason to leave the others; a foreign value is: then the
    object is somebody else's affair. The patch names the object's version, so that a change in between is a
    conflict, not a loss.
    """
    current = kube.find(change.kind, change.name, namespace=change.namespace)
    if current is None or current["metadata"]["uid"] != change.uid:
        return f"{change} is gone"
    foreign = [item for item in change.fields if changed_by_others(current, item)]
    if foreign:
        names = ", ".join(".".join(item.path) for item in foreign)
        return f"{change} is left as it is: {names} was changed by somebody else"
    to_restore = [item for item in change.fields if still_written(current, item)]
    if not to_restore:
        return f"{change} was as before"
    body = merge_patch(to_restore)
    body.setdefault("metadata", {})["resourceVersion"] = current["metadata"]["resourceVersion"]
    kube.patch(change.kind, change.name, body, namespace=change.namespace)
    return f"{change} restored"


def value_at(obj: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """The value at a path of keys; None when absent."""
    here: Any = obj
    for key in path:
        here = here.get(key) if isinstance(here, Mapping) else None
    return here


def still_written(current: Mapping[str, Any], change: FieldChange) -> bool:
    """Whether the field still has the value that the fault wrote, and needs restoring."""
    return bool(value_at(current, change.path) == change.written != change.original)


def changed_by_others(current: Mapping[str, Any], change: FieldChange) -> bool:
    """Whether the field has neither the value of before nor the fault's."""
    value = value_at(current, change.path)
    return value not in (change.written, change.original) and (bool(value) or bool(change.original))


def merge_patch(fields: list[FieldChange], *, written: bool = False) -> dict[str, Any]:
    """A merge patch that sets each field to its original, or with `written` to the fault's value."""
    body: dict[str, Any] = {}
    for item in fields:
        here = body
        for key in item.path[:-1]:
            here = here.setdefault(key, {})
        here[item.path[-1]] = item.written if written else item.original
    return body
