"""Reverting what is left in the journal: by the fault's own process, or later by `seatrial revert`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seatrial.errors import SeatrialError
from seatrial.faults import journal
from seatrial.faults.journal import JournalEntry
from seatrial.kube.client import Kube

NOTHING = "it ends by itself, nothing to restore"


@dataclass(frozen=True)
class Reverted:
    """What became of one entry.

    Attributes:
        done: nothing of it is in place any more, and its file is gone.
        sentence: what was restored or why it could not be.
    """

    entry: JournalEntry
    done: bool
    sentence: str

    def __str__(self) -> str:
        return f"{'reverted' if self.done else 'NOT reverted'}: {self.entry}: {self.sentence}"


def pending(state_directory: Path) -> list[JournalEntry]:
    """The faults that may still be in place, oldest first; `owner_alive` tells those of a running tool.

    Raises:
        BadInput: a file of the journal cannot be read.
    """
    return journal.entries(state_directory)


def revert_all(state_directory: Path, *, include_live: bool = False) -> list[Reverted]:
    """Revert all that is pending, newest first. May be repeated at any time.

    Args:
        include_live: also faults whose tool still runs; they would be reverted under its feet.

    Returns:
        One result for each entry; those not done stay in the journal.
    """
    return [_revert_left_over(entry, include_live) for entry in reversed(pending(state_directory))]


def _revert_left_over(entry: JournalEntry, include_live: bool) -> Reverted:
    if entry.owner_alive and not include_live:
        return Reverted(entry, False, f"process {entry.pid} still runs and will revert it")
    if not entry.effects:
        # A deleted or crashed pod is replaced without us: that needs no cluster.
        journal.remove(entry.path)
        return Reverted(entry, True, NOTHING)
    try:
        with Kube(Path(entry.kubeconfig), entry.context, entry.namespace) as kube:
            return revert(kube, entry)
    except SeatrialError as error:
        return Reverted(entry, False, str(error))


def revert(kube: Kube, entry: JournalEntry) -> Reverted:
    """Revert every effect of the entry, the last one first, and remove its file if it has one. Idempotent.

    One effect that cannot be reverted does not keep the others from it.

    Raises:
        SeatrialError: an effect could not be reverted; the file stays.
    """
    sentences: list[str] = []
    failures: list[SeatrialError] = []
    for effect in reversed(entry.effects):
        try:
            sentences.append(effect.revert(kube))
        except SeatrialError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    if entry.path != Path():
        journal.remove(entry.path)
    return Reverted(entry, True, "; ".join(sentences) or NOTHING)
