"""Recovery of one scenario under several loads, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.judge.phases import WORDS
from seatrial.judge.windows import failures
from seatrial.report.observed import ObservationView
from seatrial.report.text import count, duration
from seatrial.report.view import CheckView

OWN = "the scenario's own rate"
NONE = "-"
FAILED, AVAILABLE = "requests failed", "available again"


def recoveries(view: CheckView) -> list[list[str]]:
    """A table of texts, its head first: what each load saw of it; empty where there was only one load."""
    seen = [each for each in view.observations if each.arms and each.load is not None]
    if len({each.load for each in seen}) < 2:
        return []
    columns = [_column(each) for each in seen]
    rows = [
        [row, *(column.get(row, NONE) for column in columns)] for row in (FAILED, AVAILABLE, *WORDS.values())
    ]
    told = [row for row in rows if set(row[1:]) != {NONE}]
    return [["", *(each.load or OWN for each in seen)], *told]


def _column(view: ObservationView) -> dict[str, str]:
    """What one observation saw, of several faults the slowest."""
    arm = view.arms[0]
    found = {FAILED: f"{len(failures(arm.exchanges)):,} of {count(len(arm.exchanges), 'request')}"}
    back = [fault.available_after_seconds for fault in arm.faults if not fault.record.impossible]
    if back:
        found[AVAILABLE] = "never" if None in back else duration(_slowest(back))
    for name, word in WORDS.items():
        moments = [moment for fault in arm.faults for key, moment in fault.phases if key == name and moment]
        if moments:
            found[word] = str(max(moments, key=lambda moment: moment.seconds))
    return found


def _slowest(times: Sequence[float | None]) -> float:
    return max(each for each in times if each is not None)
