"""Actions for experiments: each proves its fault, and fails when nothing matched or nothing happened.

They run inside a drill (`seatrial.chaos.control`), which keeps traffic flowing and gives the verdict.
"""

from __future__ import annotations

from typing import Any

from chaoslib.exceptions import ActivityFailed, InterruptExecution

from seatrial.chaos.drill import current_experiment
from seatrial.errors import SeatrialError
from seatrial.faults.base import Fault
from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.drain_node import DrainNode
from seatrial.model.fault import FaultRecord
from seatrial.trial.bench import Bench

__all__ = ["delete_pods", "drain_one_node", "undo_faults"]


def delete_pods(selector: str = "", times: int = 3) -> list[dict[str, Any]]:
    """Delete pods of the drill's workload with their grace period, one after the other.

    Each is gone, replaced and serving again before the next is taken.

    Args:
        selector: label selector that narrows the workload's pods; empty for all of them.
        times: how many.
    """
    bench = _bench()
    fault = DeletePod(bench.subject, seed=bench.session.settings.seed, selector=selector)
    return [_carry_out(bench, fault) for _ in range(times)]


def drain_one_node() -> list[dict[str, Any]]:
    """Cordon a node with a pod of the drill's workload and evict what runs there; `undo_faults` undoes it."""
    bench = _bench()
    return [_carry_out(bench, DrainNode(bench.subject, seed=bench.session.settings.seed))]


def undo_faults() -> list[str]:
    """Undo what is still open (uncordon). For rollbacks; does nothing when nothing is open."""
    healed = _bench().revert_all()
    undone = [str(item) for item in healed]
    if not all(item.done for item in healed):
        raise ActivityFailed("; ".join(undone))
    return undone


def _bench() -> Bench:
    try:
        bench = current_experiment().bench
    except SeatrialError as error:
        # Anything milder would leave exit code 0 where no control judges.
        raise InterruptExecution(str(error)) from error
    if bench is None:
        raise InterruptExecution("the drill could not be begun")
    return bench


def _carry_out(bench: Bench, fault: Fault) -> dict[str, Any]:
    try:
        record = bench.inject(fault)
    except SeatrialError as error:
        raise ActivityFailed(str(error)) from error
    return _summary(record)


def _summary(record: FaultRecord) -> dict[str, Any]:
    target = {"target": str(record.target), "uid": record.target.uid}
    return {"fault": record.fault, **target, "effect": record.effect}
