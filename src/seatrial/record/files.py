"""Files of a run as they are found: plain or packed, perhaps torn, never leading elsewhere."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError

_read_object = json.JSONDecoder().raw_decode  # as `json.loads`, but looks at no encoding: half the time


def objects_in(path: Path, name: str, damage: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of each line of a file that holds one; what cannot be read is added to `damage`."""
    return ((f"{name}:{number}", data) for number, data in numbered_objects_in(path, name, damage))


def numbered_objects_in(path: Path, name: str, damage: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """As `objects_in`, with the number of the line: of a million lines hardly any place is ever told."""
    for number, line in enumerate(_lines(path, name, damage), 1):
        try:
            text = line.decode("ascii")
            data, end = _read_object(text)
            if text[end:] == "\n" and type(data) is dict:
                yield number, data
                continue
        except (ValueError, RecursionError):
            pass  # it may have another encoding, or is told below
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            complete = line.endswith(b"\n")
            damage.append(f"{place}: {'no JSON' if complete else 'the last line is torn'}")
            continue
        if isinstance(data, dict):
            yield number, data
        else:
            damage.append(f"{place}: no JSON object")


def _lines(path: Path, name: str, damage: list[str]) -> Iterator[bytes]:
    """The lines of a file, plain or packed, as far as they can be read."""
    try:
        if path.stat().st_size == 0:
            return
        packed = path.suffix == ".gz"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            yield from file
    except (EOFError, gzip.BadGzipFile, zlib.error):
        damage.append(f"{name}: the packed file breaks off")
    except OSError as error:
        damage.append(f"{name}: {error.strerror or error}")


def packed_or_plain(path: Path) -> Path:
    """`path`, or its packed or plain form when only that has content."""
    other = path.with_suffix("") if path.suffix == ".gz" else path.with_name(f"{path.name}.gz")
    empty = not path.is_file() or path.stat().st_size == 0
    return other if empty and other.is_file() else path


def below(base: Path, name: str, damage: list[str]) -> Path | None:
    """The file `name` below `base`; None, with a line of damage, when it leads out of it."""
    path = base / name
    if not path.resolve().is_relative_to(base.resolve()):
        damage.append(f"{name}: leads out of the run directory")
        return None
    return path


def unwritable(path: Path, error: OSError) -> SeatrialError:
    """What to raise when a record cannot be written."""
    return SeatrialError(
        f"the run's record cannot be written: {error.strerror or error}",
        where=str(path),
        next_step="Free some space, or set SEATRIAL_RUN to a directory that can be written.",
    )
