"""The exchanges of one stream, read back: there may be a million of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial.model.exchange import Exchange
from seatrial.record import codec
from seatrial.record.files import numbered_objects_in, packed_or_plain


@contextmanager
def collected_later() -> Iterator[None]:
    """Have Python look for garbage only afterwards.

    It looks again and again while many records are made, and in all of them, though none refers to another.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_exchanges(directory: Path, file: str, damage: list[str]) -> list[Exchange]:
    """The exchanges of one file, packed or plain; what cannot be read is added to `damage`."""
    found: list[Exchange] = []
    if "\0" in file:
        damage.append(f"{directory.name}/{file!r}: no name of a file")
        return found
    path = packed_or_plain(directory / file)
    name = f"{directory.name}/{path.name}"
    if not path.resolve().is_relative_to(directory.resolve()):
        damage.append(f"{name}: leads out of the run directory")
        return found
    known: dict[str, str] = {}
    for number, data in numbered_objects_in(path, name, damage):
        if "type" in data:
            continue  # the generator's head and closing record
        try:
            found.append(codec.exchange_from_dict(data, known))
        except codec.CodecError as error:
            damage.append(f"{name}:{number}: {error}")
    return found
