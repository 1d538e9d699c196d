"""A schedule from a recorded trace, and whether a schedule asks for more than a generator may have open."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from seatrial.errors import BadInput
from seatrial.traffic.schedule import Replay, Schedule

REPLAY = "replay:"
MARK = f"{REPLAY}@"
MOST_TIMES = 1_000_000
"""More are not sent along with a job."""
LOOKED_AT = 200_000
"""Arrivals of a schedule that are looked at before it begins."""
MOST_IN_FLIGHT = 2_000
_HELP = (
    "one time a line, seconds (of any epoch) in the first column, separated by a comma; lines that begin "
    "with # and a heading are left out."
)


def with_trace(arrivals: str) -> str:
    """`arrivals`; where it names a trace by file (`replay:@trace.csv`), the times themselves instead.

    Raises:
        BadInput: the file cannot be read, holds no times or something else, or its times run backwards.
    """
    if not arrivals.strip().startswith(MARK):
        return arrivals
    path = Path(arrivals.strip().removeprefix(MARK))
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise BadInput(f"the trace cannot be read: {error}", where=str(path), next_step=_HELP) from None
    times = list(_times(lines, path))
    if not times:
        raise BadInput("the trace holds no time", where=str(path), next_step=_HELP)
    if len(times) > MOST_TIMES:
        raise BadInput(f"the trace holds more than {MOST_TIMES} times", where=str(path))
    Replay(tuple(at - times[0] for at in times))
    return "replay:" + ",".join(f"{at - times[0]:.6f}" for at in times)


def _times(lines: list[str], path: Path) -> Iterator[float]:
    before = float("-inf")
    for number, line in enumerate(lines, start=1):
        first = line.split(",")[0].strip()
        if not first or first.startswith("#"):
            continue
        try:
            at = float(first)
        except ValueError:
            if number == 1:
                continue
            raise BadInput(f"`{first}` is no time", where=f"{path}:{number}", next_step=_HELP) from None
        if at < before:
            raise BadInput(
                f"the trace runs backwards: {first} after {before:g}", where=f"{path}:{number}",
                next_step="sort it by time, if its order has no meaning.",
            )  # fmt: skip
        before = at
        yield at


def require_room(schedule: Schedule, answer_seconds: float, *, workers: int = 1) -> None:
    """Refuse a schedule with which even answers in time would leave too many requests open.

    Args:
        answer_seconds: how long an answer may take by the objectives.
        workers: processes that share it; each may have `MOST_IN_FLIGHT` open.

    Raises:
        BadInput: it plans more arrivals within that time than may be open at once.
    """
    most, open_since = MOST_IN_FLIGHT * workers, deque[float]()
    for at in islice(schedule.planned(), LOOKED_AT):
        while open_since and at - open_since[0] >= answer_seconds:
            open_since.popleft()
        open_since.append(at)
        if len(open_since) > most:
            raise BadInput(
                f"more than {most} arrivals are planned within {answer_seconds:g} s, at {at:.1f} s: beyond "
                "so many open requests arrivals are dropped, so nothing could be said of the system",
                next_step="lower the rate, or share it among workers (locust --processes).",
            )
