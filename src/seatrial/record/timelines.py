"""A timeline on disk: a head, then one record a line, packed."""

from __future__ import annotations

import gzip
from pathlib import Path

from seatrial.model.timeline import Clock, Seen, Timeline
from seatrial.record import codec
from seatrial.record.files import objects_in, unwritable


def write_timeline(path: Path, timeline: Timeline) -> None:
    """Store a timeline; the same one gives the same bytes.

    Raises:
        SeatrialError: it cannot be written.
    """
    head = {
        "type": "timeline", "began_at": timeline.began_at, "ended_at": timeline.ended_at,
        "clock": timeline.clock, "gaps": timeline.gaps, "notes": timeline.notes,
        "ledger": timeline.ledger,
        "records": len(timeline.seen),
    }  # fmt: skip
    try:
        # mtime 0: the time of writing is no part of it.
        with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
            packed.write(codec.dumps(head).encode() + b"\n")
            for seen in timeline.seen:
                packed.write(codec.dumps(codec.seen_to_dict(seen)).encode() + b"\n")
    except OSError as error:
        raise unwritable(path, error) from None


def read_timeline(path: Path, name: str) -> tuple[Timeline | None, list[str]]:
    """The timeline and what of it could not be read; None without its head."""
    damage: list[str] = []
    objects = objects_in(path, name, damage)
    place, head = next(objects, ("", {}))
    try:
        gaps = tuple((float(begin), float(end)) for begin, end in head["gaps"])
        clock = codec.from_plain(Clock, head["clock"])
        began_at, ended_at = float(head["began_at"]), float(head["ended_at"])
        notes = tuple(str(note) for note in head.get("notes", ()))
        ledger = head.get("ledger") is True
    except (KeyError, TypeError, ValueError):
        return None, [*damage, f"{place or name}: the head of the timeline is missing"]
    seen: list[Seen] = []
    for at, data in objects:
        try:
            seen.append(codec.seen_from_dict(data))
        except codec.CodecError as error:
            damage.append(f"{at}: {error}")
    if not damage and len(seen) != head.get("records", len(seen)):
        damage.append(f"{name}: {len(seen)} of {head['records']} records are there")
    return Timeline(began_at, ended_at, clock, tuple(seen), gaps, notes, ledger), damage
