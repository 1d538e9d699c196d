"""What a run was to report, and how it is closed against that: nothing missing, more, or twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from seatrial.model.verdict import CheckResult, Mode

MOST_NAMED = 3
PLANNER = "seatrial"
"""The tool that writes plans; it reports no result of its own."""
LOAD_SECONDS = 60
"""How long the load test of a run lasts, unless something else is asked for."""


class Profile(StrEnum):
    """How much of what a system allows is carried out; `model/profile.py` says what that means."""

    CORE = "core"
    """Scenarios that a check of level core judges, each on the first workload that its checks apply to."""
    FULL = "full"
    """Every scenario on every workload that has what it needs."""


class LoadSize(StrEnum):
    """At which load scenarios are carried out."""

    FIXED = "fixed"
    """Each at rates of its own."""
    EDGE = "edge"
    """Each at these, and again with the journeys of the load at 90 % of the measured capacity."""


@dataclass(frozen=True)
class Planned:
    """A stage that must report.

    Attributes:
        tool: what must report a result in it; empty for none.
        checks: the proven results that it must report, and no other, each as `CheckResult.name` has it;
            empty where that is not known before.
    """

    stage: str
    tool: str = ""
    checks: tuple[str, ...] = ()


def against_plan(
    plan: Sequence[Planned],
    reported: Mapping[str, Sequence[CheckResult]],
    tools: Sequence[Mapping[str, Any]],
    *,
    ended: Set[str],
    explained: Set[str],
) -> Iterator[str]:
    """What was planned and did not come, and what came and was not planned, a sentence each.

    Args:
        plan: empty for pytest, Locust or Chaos Toolkit run alone, which are held to nothing.
        reported: results by stage.
        tools: those that took part, each with its `tool` and `stage`.
        ended: names of the stages that ended.
        explained: names of the stages that failed, whose results nobody expects any more.
    """
    for planned in plan:
        if planned.stage in explained:
            continue
        if planned.stage not in ended:
            yield f"stage {planned.stage}: planned and never reported"
        elif planned.tool:
            yield from _of_stage(planned, reported.get(planned.stage, ()))
    if plan:
        yield from _unplanned_tools(plan, tools)
    elif any(tool.get("tool") == PLANNER for tool in tools):
        yield f"{PLANNER} took part and left no plan"


def _of_stage(planned: Planned, results: Iterable[CheckResult]) -> Iterator[str]:
    mine = [result for result in results if result.tool == planned.tool]
    if not mine:
        yield f"stage {planned.stage}: {planned.tool} was planned and never reported a result"
        return
    names = Counter(result.name for result in mine if result.mode is Mode.PROVEN)
    wanted = planned.checks or tuple(names)
    missing = [name for name in wanted if name not in names]
    more = [name for name in names if name not in wanted]
    twice = [name for name, number in names.items() if number > 1]
    for found, words in (
        (missing, "planned and never reported"),
        (more, "reported and not planned"),
        (twice, "reported more than once"),
    ):
        if found:
            yield f"stage {planned.stage}: {words}: {_listed(found)}"


def _unplanned_tools(plan: Sequence[Planned], tools: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    wanted = {(planned.stage, planned.tool) for planned in plan}
    for tool in tools:
        name, stage = tool.get("tool"), tool.get("stage") or ""
        if (stage, name) not in wanted and not (name == PLANNER and not stage):
            where = f"in stage {stage}" if stage else "of its own"
            yield f"{name} took part {where} and was not planned"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
