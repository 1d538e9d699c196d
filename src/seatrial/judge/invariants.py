"""Invariants of the system: what held before a disruption must hold after it, once the system is at rest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.judge.wording import plural
from seatrial.model.measurement import INVARIANT, Measurement
from seatrial.model.observation import AFTER, BEFORE, Observation
from seatrial.model.verdict import Outcome, Verdict

SHOWN_ROWS = 3
LONGEST_ROW = 160


@dataclass(frozen=True)
class _Asked:
    """All answers of one invariant, before and after."""

    name: str
    before: tuple[Measurement, ...]
    after: tuple[Measurement, ...]

    @property
    def requirement(self) -> str:
        told = [str(one.value.get("requirement", "")) for one in (*self.before, *self.after)]
        return next(filter(None, told), "")

    @property
    def broken_before(self) -> Measurement | None:
        return _first_broken(self.before)

    @property
    def broken_after(self) -> Measurement | None:
        return None if self.weakness else _first_broken(self.after)

    @property
    def weakness(self) -> str:
        """Why nothing can be said about it; empty when something can. What is broken after needs no more."""
        if self.broken_before is not None:
            return ""
        unanswered = next((one for one in self.before if not one.answered), None)
        if unanswered is not None:
            return f"not answered before ({unanswered.outcome}): {unanswered.reason}"
        if not self.before:
            return "not asked before the disruption"
        if _first_broken(self.after) is not None:
            return ""
        unanswered = next((one for one in self.after if not one.answered), None)
        if unanswered is not None:
            return f"not answered after ({unanswered.outcome}): {unanswered.reason}"
        return "" if self.after else "not asked after the disruption"


def invariants_of(observation: Observation) -> Verdict:
    """`invariants_hold` on what an observation measured before its first and after its last step.

    Where no fault could be made nothing was disturbed, and that they hold says nothing (UNSUPPORTED).
    """
    arm = observation.trouble
    verdict = invariants_hold(arm.measured(INVARIANT, BEFORE), arm.measured(INVARIANT, AFTER))
    if verdict.passed and arm.faults and all(fault.impossible for fault in arm.faults):
        return Verdict(Outcome.UNSUPPORTED, "nothing was disturbed", verdict.expected)
    return verdict


def invariants_hold(before: Sequence[Measurement], after: Sequence[Measurement]) -> Verdict:
    """Whether every invariant that held before still holds afterwards.

    Broken before is an ERROR: what it says afterwards is not the disruption's doing. Not asked or not
    answered is INCONCLUSIVE, by name. Several answers after several disruptions must all hold.

    Args:
        before, after: measurements; those of another kind than "invariant" are passed over.
    """
    asked = _by_name(before, after)
    expected = "every invariant of the system file holds before and, once at rest, after the disruption"
    if not asked:
        text = "the system file declares no invariants"
        return Verdict(Outcome.UNSUPPORTED, text, expected, "Declare what must hold under `invariants`.")
    spoiled = [one for one in asked if one.broken_before]
    broken = [one for one in asked if one.broken_after and not one.broken_before]
    weak = [one for one in asked if one.weakness]
    numbers = {
        "invariants": len(asked),
        "invariants_broken": len(broken),
        "invariants_broken_before": len(spoiled),
        "invariants_not_answered": len(weak),
        "invariants_held": len(asked) - len(broken) - len(spoiled) - len(weak),
    }
    reasons = (
        *_lines(broken, "broken after", "broken_after"),
        *_lines(spoiled, "broken before", "broken_before"),
        *(f"{one.name}: {one.weakness}" for one in weak),
    )
    groups = ((broken, Outcome.FAILED), (spoiled, Outcome.ERROR), (weak, Outcome.INCONCLUSIVE))
    outcome = next((outcome for group, outcome in groups if group), Outcome.PASSED)
    observed = f"{numbers['invariants_held']} of {plural(len(asked), 'invariant')} held"
    parts = (
        (broken, "broken after the disruption"),
        (spoiled, "broken before it"),
        (weak, "without an answer"),
    )
    told = [f"{', '.join(one.name for one in group)} {text}" for group, text in parts if group]
    return Verdict(
        outcome, "; ".join([observed, *told]), expected, _next_step(broken, spoiled, weak), numbers, reasons
    )


def _by_name(before: Iterable[Measurement], after: Iterable[Measurement]) -> list[_Asked]:
    found: dict[str, tuple[list[Measurement], list[Measurement]]] = {}
    for side, measurements in enumerate((before, after)):
        for one in measurements:
            if one.kind == INVARIANT:
                found.setdefault(one.name, ([], []))[side].append(one)
    return [_Asked(name, tuple(first), tuple(second)) for name, (first, second) in found.items()]


def _first_broken(measurements: Iterable[Measurement]) -> Measurement | None:
    return next((one for one in measurements if one.answered and one.value.get("holds") is not True), None)


def _lines(group: Sequence[_Asked], when: str, which: str) -> list[str]:
    """The requirement of each, and the first rows or the answer that break it."""
    lines = []
    for one in group:
        measurement = getattr(one, which)
        lines.append(f"{one.name}, {when}: {one.requirement} {_violation(measurement.value)}".rstrip())
        lines += [f"  {_shortened(row)}" for row in (measurement.value.get("rows") or ())[:SHOWN_ROWS]]
    return lines


def _violation(value: Mapping[str, Any]) -> str:
    if "answer" in value:
        return f"(answered {_shortened(value['answer'])}, expected {_shortened(value.get('expected'))})"
    rows = value.get("rows") or ()
    more = "more than " if value.get("more_rows") else ""
    shown = f", first {SHOWN_ROWS}:" if len(rows) > SHOWN_ROWS else ":"
    return f"({more}{plural(len(rows), 'row')} against it{shown})"


def _shortened(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_ROW else f"{text[: LONGEST_ROW - 3]}..."


def _next_step(broken: Sequence[_Asked], spoiled: Sequence[_Asked], weak: Sequence[_Asked]) -> str:
    steps = []
    if broken:
        steps.append(
            f"Follow {broken[0].name}: find the writes that broke it, and put what belongs together into one "
            "transaction, or make it repeatable. If it only takes longer, raise its `converge_seconds`."
        )
    if spoiled:
        steps.append(
            f"Repair the data of {spoiled[0].name} first: it was broken before anything was disturbed."
        )
    if weak and not (broken or spoiled):
        steps.append(f"Make {weak[0].name} answerable, then run again.")
    return " ".join(steps)
