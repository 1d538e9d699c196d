"""Exchanges on disk: one JSON object a line, flushed, so that a killed generator keeps what it had.

First line: `{"type": "head", ...}`. Then one line per exchange with the fields of `model.exchange.Exchange`
(fields that are empty are left out). Last line: `{"type": "closing", "health": {...}, ...}`; without it the
generator was killed. A file that ends in `.gz` holds the same lines. Judges read these files.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth

HEAD = "head"
CLOSING = "closing"
_quoted = json.encoder.encode_basestring_ascii
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
WRITE_EVERY_SECONDS = 0.08
"""How long an exchange may lie in the generator's memory. Longer saves CPU, shorter is no more live."""


def exchange_line(exchange: Exchange) -> str:
    """One line, with its newline. Written by hand: half the CPU of a dict and `json.dumps`."""
    e = exchange
    line = (
        f'{{"sequence":{e.sequence},"journey":{_quoted(e.journey)},"planned_at":{e.planned_at:.6f}'
        f',"sent_at":{_time(e.sent_at)},"completed_at":{_time(e.completed_at)},"outcome":"{e.outcome.value}"'
    )
    if e.status:
        line += f',"status":{e.status}'
    if e.error:
        line += f',"error":{_quoted(e.error)}'
    if e.key:
        line += f',"key":{_quoted(e.key)}'
    if e.answer_id:
        line += f',"answer_id":{_quoted(e.answer_id)}'
    if e.backend:
        line += f',"backend":{_quoted(e.backend)}'
    if e.operation:
        line += f',"operation":{_quoted(e.operation)}'
    if e.answer_bytes:
        line += f',"answer_bytes":{e.answer_bytes}'
    return line + "}\n"


def _time(seconds: float | None) -> str:
    return "null" if seconds is None else f"{seconds:.6f}"


def special_line(kind: str, data: Mapping[str, Any]) -> str:
    """The head or the closing record."""
    return _ENCODE({"type": kind, **data}) + "\n"


class RecordFile:
    """Appends whole lines. What was flushed lies with the kernel and survives the end of this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def exchanges(self, exchanges: Iterable[Exchange]) -> None:
        """Write exchanges that have ended."""
        self._write("".join(map(exchange_line, exchanges)))

    def special(self, kind: str, data: Mapping[str, Any]) -> None:
        """Write the head or the closing record."""
        self._write(special_line(kind, data))

    def close(self) -> None:
        os.close(self._file)

    def _write(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._file, data) :]


@dataclass
class Recording:
    """What one file holds.

    Attributes:
        exchanges: in the order in which they ended.
        head: what the generator was asked to do.
        health: from the closing record; None when the generator was killed or still runs.
        histograms: from the closing record: name -> encoded HdrHistogram (microseconds).
        broken_lines: lines that could not be read; a generator killed while writing leaves at most one.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    head: dict[str, Any] = field(default_factory=dict)
    health: GeneratorHealth | None = None
    histograms: dict[str, str] = field(default_factory=dict)
    broken_lines: int = 0

    def add(self, line: str | bytes) -> None:
        """Take in one line; one that cannot be read is counted, not raised."""
        try:
            data = json.loads(line)
            kind = data.pop("type", None)
            if kind is None:
                self.exchanges.append(Exchange(**{**data, "outcome": ExchangeOutcome(data["outcome"])}))
            elif kind == HEAD:
                self.head = data
            elif kind == CLOSING:
                self.health = GeneratorHealth(**data["health"])
                self.histograms = data.get("histograms", {})
        except (ValueError, TypeError, KeyError, AttributeError):
            self.broken_lines += 1

    def in_order(self) -> tuple[Exchange, ...]:
        """The exchanges in the order of their planned times."""
        return tuple(sorted(self.exchanges, key=lambda exchange: (exchange.planned_at, exchange.sequence)))


class Tail:
    """Reads a growing file: each `update` takes in the lines that were completed since the last one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recording = Recording()
        self._offset = 0
        self._rest = b""

    def update(self, *, ended: bool = False) -> Recording:
        """Take in what is new.

        Args:
            ended: nobody writes any more, so an unfinished last line is broken, not unfinished.
        """
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
            self._offset += len(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self.recording.add(line)
        if ended and self._rest:
            self.recording.add(self._rest)
            self._rest = b""
        return self.recording


def pack(path: Path) -> Path:
    """Replace `x.ndjson` by `x.ndjson.gz` and return the new path. A name in use gets a number.

    The plain file goes only after the packed one is complete.
    """
    target = free_name(path.with_name(path.name + ".gz"))
    partial = target.with_name(target.name + ".partial")
    with gzip.open(partial, "wb", compresslevel=5) as packed:
        packed.write(path.read_bytes())
    partial.rename(target)
    path.unlink()
    return target


def free_name(path: Path) -> Path:
    """`path`, or with -2, -3, ... before its extensions when it is taken."""
    stem, dot, extensions = path.name.partition(".")
    number = 1
    candidate = path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{stem}-{number}{dot}{extensions}")
    return candidate
