"""The verdict of a soak, beside that of its load."""

from __future__ import annotations

from seatrial.judge.soak.drift import drift
from seatrial.judge.soak.lives import EXPECTED, lives
from seatrial.judge.soak.memory import NOT_SEEN, memory, memory_expected
from seatrial.model.objectives import Objectives
from seatrial.model.soak import SoakRun
from seatrial.model.verdict import Outcome, Verdict, merge


def judge_soak(run: SoakRun, objectives: Objectives) -> Verdict:
    """Whether the system stays as it was under a constant load: latency, memory, containers."""
    if not run.looks:
        return merge([drift(run, objectives), _unseen(run)])
    return merge([drift(run, objectives), memory(run), lives(run)])


def _unseen(run: SoakRun) -> Verdict:
    """Said once of memory and restarts together, where no container was ever looked at."""
    why = run.unseen or "none was looked at"
    expected = f"{memory_expected(run)}; {EXPECTED}"
    return Verdict(Outcome.INCONCLUSIVE, f"containers: {why}", expected, NOT_SEEN)
