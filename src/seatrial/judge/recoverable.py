"""The recovery objective of a workload with one replica, fixed before it is crashed. Pure.

Nobody answers until its only pod is Ready again, and its probes' own delays say how long that is at least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.judge.hpa.possible import ready_after_seconds
from seatrial.model.scenario import Look, Subject

RESTART_SECONDS = 30.0
"""How long its container may take to be started again, and to do what it does at a start."""


def with_recovery(subject: Subject, objects: Sequence[Mapping[str, Any]]) -> Subject:
    """The subject with a recovery objective that its own probes' delays permit.

    Raises:
        SeatrialError: the objective in the system file can never be met; with the arithmetic.
    """
    workload, objectives = subject.workload, subject.system.objectives
    name = (workload.kind, workload.name)
    found = next((obj for obj in objects if (obj["kind"], obj["metadata"]["name"]) == name), None)
    spec = {} if found is None else found.get("spec") or {}
    least = ready_after_seconds((spec.get("template") or {}).get("spec") or {})
    if spec.get("replicas", 1) != 1 or not least:
        return subject
    if "recovery_seconds" in objectives.model_fields_set:
        if objectives.recovery_seconds > least:
            return subject
        raise SeatrialError(
            f"recovery_seconds can never be met: the only pod of {workload.name} is not Ready for "
            f"{least:g} s after its start (its probes' delays); "
            f"the objective says {objectives.recovery_seconds:g} s",
            where=f"objectives.recovery_seconds, {workload.kind.lower()}/{workload.name}",
            next_step="Ask earlier (a startupProbe instead of initialDelaySeconds), or raise the objective.",
        )
    seconds = max(objectives.recovery_seconds, least + RESTART_SECONDS)
    fixed = objectives.model_copy(update={"recovery_seconds": seconds})
    return Subject(subject.role, subject.system.model_copy(update={"objectives": fixed}))


RECOVERY = Look(("Deployment", "StatefulSet"), with_recovery)
