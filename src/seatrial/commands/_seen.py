"""What was seen of each flawed variant (`seen.yaml`), so that a proof may go on where it was cut short."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from seatrial.commands.variants_table import Row, Variant
from seatrial.errors import BadInput, SeatrialError

SEEN = "seen.yaml"
"""Of the sample system, beside what is expected."""
_HEAD = """\
# What was seen of each variant: written by `seatrial variants --kept`, read by `seatrial checks --markdown`.
# `key` is of the variant and of what is expected of it: a change of either and it is carried out again.
"""


@dataclass(frozen=True)
class Seen:
    """What was seen of one variant.

    Attributes:
        key: of its folder and of what is expected of it.
        day: when it was carried out last, as 2026-11-26.
        red: results that were red as they must be, each naming the flaw.
        green: results that passed, or are unsupported everywhere, as they must.
        wrong: what was not as it must be the last time.
    """

    key: str
    day: str
    red: tuple[str, ...]
    green: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    def covers(self, variant: Variant, planned: Collection[str]) -> bool:
        """Whether nothing new can be seen: all of it was as it must be, and nothing has changed since."""
        return self.key == key_of(variant) and not self.wrong and {*planned} <= {*self.red, *self.green}


def key_of(variant: Variant) -> str:
    """The key of a variant and of what is expected of it.

    Raises:
        SeatrialError: its folder cannot be read.
    """
    from seatrial.cluster.keys import content_key

    expected = [f"{name}\n{outcome}\n{words}" for name, (outcome, words) in sorted(variant.reds.items())]
    try:
        return content_key([*expected, variant.leaves], [variant.folder])
    except OSError as error:
        raise SeatrialError(f"the variant cannot be read: {error}", where=str(variant.folder)) from None


def seen_in(row: Row, before: Seen | None, day: date) -> Seen:
    """What is known of a variant after a row of it; what another part of the same variant showed stays."""
    key = key_of(row.variant)
    red = {name for name in row.variant.reds if row.found(name) and row.names_its_flaw(name)}
    alarms = {result.name for result in row.alarms}
    green = {result.name for result in row.proven} - alarms - row.variant.reds.keys()
    if before is not None and before.key == key:
        red |= {*before.red} - row.verdicts.keys()
        green |= {*before.green} - row.verdicts.keys()
    return Seen(key, day.isoformat(), tuple(sorted(red)), tuple(sorted(green)), tuple(row.faults))


def read_seen(file: Path) -> dict[str, Seen]:
    """What was seen so far, by variant; empty where there is no such file yet.

    Raises:
        BadInput: it is no such file.
    """
    import yaml

    try:
        listed = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        return {name: _seen(entry) for name, entry in listed.items()}
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError, KeyError) as error:
        raise BadInput(
            f"what was seen of the variants cannot be read: {error}", where=str(file),
            next_step="Name the file of an earlier `seatrial variants --kept`, or one that is not there yet.",
        ) from None  # fmt: skip


def _seen(entry: Mapping[str, Any]) -> Seen:
    texts = {name: tuple(map(str, entry.get(name) or ())) for name in ("red", "green", "wrong")}
    return Seen(str(entry["key"]), str(entry["day"]), **texts)


def write_seen(file: Path, seen: Mapping[str, Seen]) -> None:
    """Write what was seen, at once or not at all.

    Raises:
        SeatrialError: the file cannot be written.
    """
    import yaml

    plain = {
        name: {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(each).items()}
        for name, each in sorted(seen.items())
    }
    text = _HEAD + yaml.safe_dump(plain, sort_keys=False, width=110)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        raise SeatrialError(f"what was seen cannot be written: {error}", where=str(file)) from None
