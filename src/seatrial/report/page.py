"""The head of the page and what it tells of the run as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.model.run import Run
from seatrial.report.text import count, duration, figure


def facts(run: Run) -> list[tuple[str, str]]:
    """What stands in the head of the page: (label, text)."""
    system = run.system
    ended = run.ended_wall or float(run.extra.get("last_event_wall", run.started_wall))
    seeds = dict.fromkeys(str(tool["seed"]) for tool in run.tools if tool.get("seed") is not None)
    context = " / ".join(str(system[key]) for key in ("context", "namespace") if system.get(key))
    listed = [
        ("System", str(system.get("name", "not recorded"))),
        ("Duration", duration(ended - run.started_wall) + ("" if run.finished else ", unfinished")),
        ("Context / namespace", context or "not recorded"),
        ("Seed", ", ".join(seeds) or "none"),
        ("Tools", ", ".join(dict.fromkeys(str(tool.get("tool", "")) for tool in run.tools)) or "none"),
    ]
    objectives = system.get("objectives")
    if isinstance(objectives, Mapping) and objectives:
        listed.append(("Objectives", ", ".join(_objective_words(objectives))))
    return listed


def _objective_words(objectives: Mapping[str, Any]) -> Iterator[str]:
    for name, value in objectives.items():
        if name == "availability" and isinstance(value, float):
            yield f"availability {value * 100:g} %"
        else:
            label, shown = figure(name, value)
            yield f"{label} {shown}"


def stage_rows(run: Run) -> list[tuple[str, str, str, str, float]]:
    """(name, outcome, duration, note, share of the longest in percent)."""
    longest = max((stage.seconds or 0.0 for stage in run.stages), default=0.0) or 1.0
    return [
        (
            stage.name,
            stage.outcome,
            "" if stage.seconds is None else duration(stage.seconds),
            stage.note,
            round((stage.seconds or 0.0) / longest * 100, 1),
        )
        for stage in run.stages
    ]


def banners(run: Run) -> list[str]:
    """Sentences that must not be overlooked."""
    found: list[str] = []
    if not run.finished:
        open_tools = [str(tool.get("tool")) for tool in run.tools if "exit_code" not in tool]
        named = f" {' and '.join(dict.fromkeys(open_tools))} left no closing record." if open_tools else ""
        found.append(
            f"This run is unfinished.{named} The page shows what was written until then; it is not a pass."
        )
    if run.unfinished_checks:
        found.append(f"{count(len(run.unfinished_checks), 'check')} began and never ended.")
    found += [f"Beside the checks: {text}." for text in run.broken]
    if run.changed_objects:
        amount = count(len(run.changed_objects), "object")
        verb = "differs" if len(run.changed_objects) == 1 else "differ"
        found.append(f"After the run {amount} {verb} from before it; see below under Run.")
    return found
