"""Logs of pods on disk: a head, then one line of a log in each line, packed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

from seatrial.model.exchange import Exchange
from seatrial.model.log import LogLine, Logs
from seatrial.record.files import objects_in, unwritable

LOGS_FILE = "logs.ndjson.gz"
BEFORE_SECONDS, AFTER_SECONDS = 10.0, 5.0
"""Logs are read back from so long before the first failed request until so long after the last one."""


def write_logs(path: Path, logs: Logs) -> None:
    """Store logs; the same ones give the same bytes.

    Raises:
        SeatrialError: they cannot be written.
    """
    head = {"type": "logs", "left_out": logs.left_out, "notes": logs.notes}
    try:
        # mtime 0: the time of writing is no part of it.
        with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
            packed.write(json.dumps(head).encode() + b"\n")
            for line in logs.lines:
                plain = {
                    "at": round(line.at, 6),
                    "pod": line.pod,
                    "container": line.container,
                    "text": line.text,
                }
                packed.write(json.dumps(plain, separators=(",", ":")).encode() + b"\n")
    except OSError as error:
        raise unwritable(path, error) from None


def read_logs(path: Path, name: str, begin: float, end: float) -> tuple[tuple[LogLine, ...], list[str]]:
    """The lines written from `begin` to `end`, and what of the file could not be read.

    Only a part is asked for: a log can be long, and most of it says that all is well.
    """
    damage: list[str] = []
    lines: list[LogLine] = []
    for place, data in objects_in(path, name, damage):
        if data.get("type") == "logs":
            continue
        try:
            at = float(data["at"])
            if begin <= at <= end:
                lines.append(LogLine(at, str(data["pod"]), str(data["container"]), str(data["text"])))
        except (KeyError, TypeError, ValueError):
            damage.append(f"{place}: no line of a log")
    return tuple(sorted(lines, key=lambda line: line.at)), damage


def logs_around(
    directory: Path, exchanges: Iterable[Exchange], damage: list[str]
) -> tuple[LogLine, ...] | None:
    """What the pods wrote around the failed requests; None when logs were not kept."""
    path = directory / LOGS_FILE
    if not path.exists():
        return None
    times = [exchange.planned_at for exchange in exchanges if not exchange.ok]
    if not times:
        return ()
    begin, end = min(times) - BEFORE_SECONDS, max(times) + AFTER_SECONDS
    lines, wrong = read_logs(path, f"{directory.name}/{LOGS_FILE}", begin, end)
    damage += wrong
    return lines
