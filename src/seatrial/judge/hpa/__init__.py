"""The autoscaler's oracle: what a HorizontalPodAutoscaler (autoscaling/v2) must decide, and why.

decide(Autoscaler(maximum=6, metrics=(metric,)), View(now, 2, 2, pods)).why
"""

from seatrial.judge.hpa.cycles import cycles_to_reach
from seatrial.judge.hpa.decide import decide
from seatrial.judge.hpa.live import Reading, Watched, explain_decisions
from seatrial.judge.hpa.records import (
    Autoscaler,
    Behavior,
    Controller,
    Decision,
    Memory,
    Metric,
    Pod,
    Policy,
    Proposal,
    Rules,
    Sample,
    View,
)

__all__ = [
    "Autoscaler",
    "Behavior",
    "Controller",
    "Decision",
    "Memory",
    "Metric",
    "Pod",
    "Policy",
    "Proposal",
    "Reading",
    "Rules",
    "Sample",
    "View",
    "Watched",
    "cycles_to_reach",
    "decide",
    "explain_decisions",
]
