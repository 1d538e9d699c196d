"""`run.json`: the run for machines, derived from the events; `run.schema.json` describes it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.model.run import SCHEMA_VERSION, Run
from seatrial.report.codec import to_plain
from seatrial.report.summary import exit_code, headline

MOST_LINES = 200


def run_document(run: Run) -> dict[str, Any]:
    """The run as plain JSON data, without any path of the machine it ran on."""
    outcomes = Counter(result.verdict.outcome.value for result in run.results)
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "outcome": run.outcome.value,
        "exit_code": exit_code(run),
        "headline": headline(run),
        "totals": dict(outcomes),
        "finished": run.finished,
        "started_wall": run.started_wall,
        "ended_wall": run.ended_wall,
        "system": to_plain(run.system),
        "tools": to_plain(run.tools),
        "stages": to_plain(run.stages),
        "results": to_plain(run.results),
        "unfinished_checks": to_plain(run.unfinished_checks),
        "faults": [
            {"check": check, "subject": subject, "record": to_plain(record)}
            for check, subject, record in run.faults
        ],
        "streams": to_plain(run.streams),
        "timelines": to_plain(run.timelines),
        "changed_objects": to_plain(run.changed_objects),
        "notes": list(run.notes),
        "damage": list(run.damage[:MOST_LINES]),
        "extra": to_plain(run.extra),
    }


def write_run_json(run: Run, path: Path) -> None:
    """Raises SeatrialError when the file cannot be written."""
    try:
        path.write_text(json.dumps(run_document(run), indent=2) + "\n", encoding="ascii")
    except OSError as error:
        raise SeatrialError(f"run.json cannot be written: {error.strerror}", where=str(path)) from None
