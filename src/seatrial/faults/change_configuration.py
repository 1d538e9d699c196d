"""Change a value of a ConfigMap or a Secret that a workload takes, and put it back."""

from __future__ import annotations

import time
import uuid
from typing import Any

from seatrial.declared.configured import ways_of
from seatrial.errors import FaultRefused
from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.effects.base import Effect
from seatrial.faults.effects.fields import Path
from seatrial.faults.effects.object_fields import ObjectFields
from seatrial.faults.effects.replaced_text import ReplacedText, value_of
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates, workload_of
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder
from seatrial.model.configuration import CHANGE, KEPT_AT_START, NEVER_LATER, ROLLOUT, Configuration
from seatrial.model.fault import Disruption, Target
from seatrial.model.right import Right, configured, configured_by_secret, on_workload
from seatrial.waiting import NotYet, Ready

LOOK_AGAIN: Path = ("metadata", "annotations", "seatrial.dev/look-again")
"""A change of a pod's annotations has kubelet look after its volumes at once, which it does every 60 to 90 s
otherwise (kubernetes.io, mounted ConfigMaps are updated automatically)."""
ROLLED: Path = ("spec", "template", "metadata", "annotations", "seatrial.dev/configuration")
"""A change of the template's annotations is a rollout, as deployment tools make one of each change."""
SHOWS_VALUES = "who may read a Secret reads its values"


@fault(
    CHANGE,
    disruption=Disruption.VOLUNTARY,
    expected_seconds=1,
    at_most_seconds=60,
    rights=[
        *on_workload("get", "patch"),
        Right(("get", "patch"), "ConfigMap", when=configured),
        Right(("get", "patch"), "Secret", when=configured_by_secret, withheld=SHOWS_VALUES),
        Right(("get", "patch"), "Pod", when=configured),
    ],
)
class ChangeConfiguration(Fault):
    """Write the new text in place of the old one, as the workload's `configuration` in the system file says.

    Meant to be held: its revert writes the old text again. Where a rollout delivers it, the template gets an
    annotation meanwhile; else the pods do, so that kubelet looks after their volumes at once, and what it
    never delivers does not come by that either.

    Args:
        role, seed: see `Fault`.
    """

    def __init__(self, role: str, *, seed: int = 0) -> None:
        super().__init__(role, seed=seed)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        kube, workload = recorder.kube, workload_of(recorder.system, self.role)
        spec = workload.configuration
        if spec is None:
            raise FaultRefused(f"the system file says nothing of the configuration of role {self.role!r}")
        template = kube.get(workload.kind, workload.name)["spec"]["template"]["spec"]
        ways = ways_of(template, spec.kind, spec.name)
        if not ways:
            raise FaultRefused(
                f"{workload.kind.lower()}/{workload.name} takes no {spec.kind} {spec.name}",
                next_step=f"correct `workloads.{self.role}.configuration.{spec.kind.lower()}`",
            )
        obj = kube.get(spec.kind, ways[0].name)
        target = Target(spec.kind, kube.namespace, ways[0].name, obj["metadata"]["uid"])
        if obj.get("immutable"):
            reason = f"{target} is immutable: only another one of another name can deliver a change"
            return Impossible(target, self.role, self.seed, reason)
        require_text(obj, spec)
        effects = self._delivering(recorder, spec)
        # Reverted first: what delivers it does so again when the old value is there.
        effects.append(ReplacedText(spec.kind, target.name, target.uid, spec.key, spec.old, spec.new))
        return Plan(
            target=target,
            workload=self.role,
            seed=self.seed,
            victims=(),
            effects=tuple(effects),
            details={
                KEPT_AT_START: [way.words for way in ways if way.at_start],
                NEVER_LATER: all(way.at_start for way in ways) and spec.delivered_by != ROLLOUT,
            },
        )

    def _delivering(self, recorder: Recorder, spec: Configuration) -> list[Effect]:
        """What has the change delivered once it is made."""
        workload, mark = workload_of(recorder.system, self.role), uuid.uuid4().hex
        if spec.delivered_by == ROLLOUT:
            return [_annotated(recorder.kube, workload.kind, workload.name, ROLLED, mark)]
        ready = candidates(recorder.snapshot(), recorder.system, self.role, spare_last=False)
        return [_annotated(recorder.kube, "Pod", pod.name, LOOK_AGAIN, mark) for pod in ready]

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        sent_at = time.monotonic()
        *delivering, change = plan.effects
        for effect in (change, *delivering):
            effect.apply(recorder.kube)
        return sent_at

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        spec = workload_of(recorder.system, self.role).configuration
        obj = recorder.kube.get(plan.target.kind, plan.target.name)
        if spec is None or spec.new not in (value_of(obj, spec.key) or ""):
            return NotYet(f"{plan.target} has the old value")
        return Ready(Verified(injected_at, f"{spec.key} of {plan.target} has the new value"))


def require_text(obj: dict[str, Any], spec: Configuration) -> None:
    """Check that the old text stands in the value, and the new one does not. Raises FaultRefused."""
    value = value_of(obj, spec.key)
    if value is None:
        wrong = f"no text under the key {spec.key}"
    elif spec.old not in value:
        wrong = f"no text {spec.old!r} in {spec.key}"
    elif spec.new in value:
        wrong = f"the text {spec.new!r} in {spec.key} already: it could not be told what was replaced"
    else:
        return
    raise FaultRefused(
        f"{spec.kind.lower()}/{obj['metadata']['name']} has {wrong}, nothing was disturbed",
        next_step=f"its keys: {', '.join(sorted(obj.get('data') or {})) or 'none'}",
    )


def _annotated(kube: Kube, kind: str, name: str, path: Path, mark: str) -> Effect:
    return ObjectFields.planned(kube, kind, name, {path: mark}, namespace=kube.namespace)
