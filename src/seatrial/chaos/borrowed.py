"""Whether an edited experiment injected the faults that a check judges, as long and with their arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.faults.registry import FAULTS, default_of
from seatrial.judge.wording import seconds
from seatrial.model.check import Check
from seatrial.model.fault import ARGUMENTS, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.scenario import Subject
from seatrial.model.step import Hold, Inject, Release, Step, unrolled
from seatrial.model.verdict import Outcome, Verdict

SLACK_SECONDS = 0.5
"""How much shorter a fault may have been in place than the scenario holds it: both are told by a clock."""
WHICH_VICTIM = ("pod", "selector", "node", "seed")
"""Arguments that make a fault no milder."""


@dataclass
class Wanted:
    """A fault as a scenario injects it, and for how many seconds it leaves it in place at least."""

    step: Inject
    in_place_seconds: float

    @property
    def name(self) -> str:
        return f"{self.step.fault} on {self.step.role}"


def borrowed(check: Check, observation: Observation) -> Verdict | None:
    """ERROR where an edited method left out a fault of the check's scenario, or injected a milder one.

    A fault that stays longer than the scenario's is none of these, nor is the choice of another victim.
    """
    if observation.scenario or observation.system is None:
        return None
    subject = Subject(observation.target, observation.system)
    wanted = [one for scenario in check.scenarios() for one in wanted_of(scenario.plan(subject))]
    lacking = list(dict.fromkeys(_lacking(wanted, observation.faults)))
    if not lacking:
        return None
    return Verdict(
        Outcome.ERROR, f"{check.id} judges {'; '.join(lacking)}",
        "the faults of the scenario that the check judges",
        "Inject them as well, as long and with the same arguments, or take the check out of `checks`.",
    )  # fmt: skip


def wanted_of(plan: Sequence[Step]) -> list[Wanted]:
    """The faults of a scenario's plan, each with the time that it stays in place at least."""
    found: list[Wanted] = []
    held: dict[str, Wanted] = {}
    for _, step in unrolled(plan):
        match step:
            case Inject():
                stays = float(step.arguments.get("hold_seconds") or 0.0)
                _add(held, stays)
                found.append(Wanted(step, stays))
                if step.held:
                    held[step.label] = found[-1]
            case Hold():
                _add(held, step.seconds)
            case Release():
                held.pop(step.fault, None)
    return found


def _add(held: Mapping[str, Wanted], more_seconds: float) -> None:
    for one in held.values():
        one.in_place_seconds += more_seconds


def _lacking(wanted: Sequence[Wanted], made: Sequence[FaultRecord]) -> Iterator[str]:
    for one in wanted:
        alike = [each for each in wanted if each.step == one.step]
        there = [each for each in made if (each.fault, each.workload) == (one.step.fault, one.step.role)]
        if not there:
            yield f"{one.name}, which was not injected"
            continue
        milder = [why for each in there if (why := _milder(one, each))]
        if len(there) - len(milder) < min(len(alike), len(there)):
            yield f"{one.name} {milder[0]}"


def _milder(wanted: Wanted, made: FaultRecord) -> str:
    """In what a fault was less than the scenario's, in words; empty where it was not."""
    if made.impossible or made.verified_at is None:
        return ""
    stayed = None if made.reverted_at is None else made.reverted_at - made.verified_at
    if stayed is not None and stayed < wanted.in_place_seconds - SLACK_SECONDS:
        return f"for {seconds(wanted.in_place_seconds)}, which was there for {seconds(stayed)}"
    given = made.details.get(ARGUMENTS)
    if given is None:  # of a recording that is older than what it says
        return ""
    for name in sorted({*wanted.step.arguments, *given} - {*WHICH_VICTIM}):
        usual = default_of(FAULTS.get(made.fault), name)
        own, other = wanted.step.arguments.get(name, usual), given.get(name, usual)
        if not _as_much(name, own, other):
            return f"with {name} {own}, which was injected with {other}"
    return ""


def _as_much(name: str, wanted: Any, given: Any) -> bool:
    if name.endswith("_seconds") and isinstance(given, int | float) and isinstance(wanted, int | float):
        return given >= wanted
    return bool(given == wanted)
