"""The verdict of a soak, beside that of its load."""

from __future__ import annotations

from seatrial.judge.soak.drift import drift
from seatrial.judge.soak.lives import lives
from seatrial.judge.soak.memory import memory
from seatrial.model.objectives import Objectives
from seatrial.model.soak import SoakRun
from seatrial.model.verdict import Verdict, merge


def judge_soak(run: SoakRun, objectives: Objectives) -> Verdict:
    """Whether the system stays as it was under a constant load: latency, memory, containers."""
    return merge([drift(run, objectives), memory(run), lives(run)])
