"""`run.json`: the run for machines, derived from the events; `run.schema.json` describes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.model.run import SCHEMA_VERSION, Run
from seatrial.model.verdict import CheckResult, Mode, Outcome
from seatrial.record.codec import to_plain
from seatrial.report.declared import declared_rules, proven_results, totals_of
from seatrial.report.summary import exit_code, headline

MOST_LINES = 200


def run_document(run: Run) -> dict[str, Any]:
    """The run as plain JSON data, without any path of the machine it ran on."""
    declared = totals_of(declared_rules(run))
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "outcome": run.outcome.value,
        "exit_code": exit_code(run),
        "headline": headline(run),
        "totals": _amounts(run.results),
        "totals_proven": _amounts(proven_results(run)),
        "totals_declared": {
            "rules": {outcome.value: amount for outcome, amount in declared.rules.items()},
            "objects": declared.objects,
        },
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


def page_document(run: Run) -> dict[str, Any]:
    """What of it stands in the page: of the declared results only those that say something on their own.

    There may be thousands; the page has them by rule, run.json has each. `results_left_out` is their number.
    """
    telling = [each for each in run.results if each.mode is Mode.DECLARED and not _is_quiet(each)]
    shown = {id(result) for result in telling[:MOST_LINES]}
    kept = [each for each in run.results if each.mode is Mode.PROVEN or id(each) in shown]
    document = run_document(run)
    if len(kept) < len(run.results):
        document["results"] = to_plain(kept)
        document["results_left_out"] = len(run.results) - len(kept)
    return document


def _is_quiet(result: CheckResult) -> bool:
    return result.verdict.outcome in (Outcome.PASSED, Outcome.UNSUPPORTED)


def _amounts(results: Iterable[CheckResult]) -> dict[str, int]:
    return dict(Counter(result.verdict.outcome.value for result in results))


def write_run_json(run: Run, path: Path) -> None:
    """Raises SeatrialError when the file cannot be written."""
    try:
        path.write_text(json.dumps(run_document(run), indent=2) + "\n", encoding="ascii")
    except OSError as error:
        raise SeatrialError(f"run.json cannot be written: {error.strerror}", where=str(path)) from None
