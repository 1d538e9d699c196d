"""The autoscaler's oracle: what a HorizontalPodAutoscaler (autoscaling/v2) must decide, and why.

decide(Autoscaler(maximum=6, metrics=(metric,)), View(now, 2, 2, pods)).why
"""

from seatrial.judge.hpa.cycles import cycles_to_reach
from seatrial.judge.hpa.decide import decide
from seatrial.judge.hpa.lags import cycles_in_words, decision_lags
from seatrial.judge.hpa.live import explain_decisions
from seatrial.judge.hpa.manifest import autoscaler_from
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
    "Rules",
    "Sample",
    "View",
    "autoscaler_from",
    "cycles_in_words",
    "cycles_to_reach",
    "decide",
    "decision_lags",
    "explain_decisions",
]
