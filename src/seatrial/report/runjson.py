"""`run.json`: the run for machines, derived from the records; `run.schema.json` describes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.model.run import SCHEMA_VERSION
from seatrial.model.verdict import CheckResult, Mode, Outcome
from seatrial.record.codec import to_plain
from seatrial.report.observed import ArmView, ObservationView
from seatrial.report.view import RunView

MOST_LINES = 200


def run_document(view: RunView) -> dict[str, Any]:
    """The run as plain JSON data, without any path of the machine it ran on."""
    run, declared = view.run, view.results.totals
    document = {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "outcome": view.outcome,
        "exit_code": view.exit_code,
        "headline": view.headline,
        "totals": _amounts(run.results),
        "totals_proven": _amounts(view.results.proven),
        "totals_declared": {"rules": declared.rules, "objects": declared.objects},
        "finished": run.finished,
        "started_wall": run.started_wall,
        "ended_wall": run.ended_wall,
        "system": run.system,
        "tools": run.tools,
        "stages": run.stages,
        "results": run.results,
        "unfinished_checks": run.unfinished_checks,
        "observations": [_observation(each) for each in view.observations],
        "troubles": view.troubles,
        "changed_objects": run.changed_objects,
        "notes": run.notes,
        "damage": view.damage[:MOST_LINES],
        "extra": run.extra,
    }
    plain: dict[str, Any] = to_plain(document)
    return plain


def page_document(document: dict[str, Any]) -> dict[str, Any]:
    """What of it stands in the page: of the declared results only those that say something on their own.

    There may be thousands; the page has them by rule, run.json has each. `results_left_out` is their number.
    """
    results = document["results"]
    telling = [each for each in results if each["mode"] == Mode.DECLARED and not _is_quiet(each)]
    shown = {id(result) for result in telling[:MOST_LINES]}
    kept = [each for each in results if each["mode"] == Mode.PROVEN or id(each) in shown]
    left_out = len(results) - len(kept)
    return {**document, "results": kept, "results_left_out": left_out} if left_out else document


def _is_quiet(result: dict[str, Any]) -> bool:
    return result["verdict"]["outcome"] in (Outcome.PASSED, Outcome.UNSUPPORTED)


def _observation(view: ObservationView) -> dict[str, Any]:
    """An observation without what its own folder has line by line."""
    return {
        **vars(view.started),
        "finished": view.finished,
        "failure": view.failure,
        "missing": view.missing,
        "streams": view.streams,
        "arms": {arm.name: _arm(arm) for arm in view.arms},
    }


def _arm(view: ArmView) -> dict[str, Any]:
    return {
        "took_seconds": view.took_seconds,
        "steps": view.steps,
        "faults": view.records,
        "measured": {each.kind: each.outcomes for each in view.measured},
        "invariants": view.invariants[:MOST_LINES],
    }


def _amounts(results: Iterable[CheckResult]) -> Counter[Outcome]:
    return Counter(result.verdict.outcome for result in results)


def write_run_json(document: dict[str, Any], path: Path) -> None:
    """Raises SeatrialError when the file cannot be written."""
    try:
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="ascii")
    except OSError as error:
        raise SeatrialError(f"run.json cannot be written: {error.strerror}", where=str(path)) from None
