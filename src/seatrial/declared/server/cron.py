"""Cron schedules as the controller's parser (robfig/cron) reads them."""

from __future__ import annotations

import re

from seatrial.declared.values import brief

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    ("day of the week", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_NAMES = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_EVERY = re.compile(r"@every ([+-]?(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+", re.ASCII)


def wrong_with(schedule: str) -> str | None:
    """What the server refuses in a schedule, or None."""
    if "TZ" in schedule:
        return f"{brief(schedule)} names a time zone: use the field timeZone"
    if schedule.startswith("@"):
        known = schedule in _NAMES or _EVERY.fullmatch(schedule)
        return (
            None
            if known
            else f"{brief(schedule)} is no schedule: `@hourly`, `@daily` and so on, or five fields"
        )
    parts = schedule.split()
    if len(parts) != 5:
        return f"{brief(schedule)} has {len(parts)} fields; a schedule has five"
    for part, (name, least, most, names) in zip(parts, _FIELDS, strict=True):
        if not all(_is_range(each, least, most, names) for each in part.split(",") if each):
            return f"{brief(part)} is no {name} of a schedule ({least} to {most})"
        if not part.strip(","):
            return f"{brief(part)} is no {name} of a schedule ({least} to {most})"
    return None


def _is_range(written: str, least: int, most: int, names: dict[str, int]) -> bool:
    span, *steps = written.split("/")
    low, *high = span.split("-")
    if len(steps) > 1 or len(high) > 1 or not all(step.isdecimal() and int(step) > 0 for step in steps):
        return False
    if low in ("*", "?"):
        return not high
    start, end = _number(low, names), _number(high[0], names) if high else None
    if start is None or (high and end is None):
        return False
    last = end if end is not None else most if steps else start
    return least <= start <= last <= most


def _number(written: str, names: dict[str, int]) -> int | None:
    return names.get(written.lower(), int(written) if written.isascii() and written.isdecimal() else None)


def wrong_with_zone(name: str) -> str | None:
    """What the server refuses in the name of a time zone, or None."""
    import zoneinfo

    if name.lower() == "local":
        return f"{brief(name)} is no time zone of its own; name it, such as Europe/Berlin"
    known = zoneinfo.available_timezones()
    return f"{brief(name)} is no time zone such as Europe/Berlin" if known and name not in known else None
