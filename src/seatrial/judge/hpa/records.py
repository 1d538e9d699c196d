"""What the autoscaler's controller could see, and what it remembers.

Quantities are thousandths, as the controller counts them: 250 is 250 millicores, or 0.25 of a request. Times
are seconds on any one clock. Rules are those of Kubernetes 1.36 (`pkg/controller/podautoscaler`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CPU = "cpu"
RESOURCES = ("Resource", "ContainerResource")
"""Kinds of metrics that come from the metrics API."""
Select = Literal["Max", "Min", "Disabled"]


@dataclass(frozen=True)
class Pod:
    """A pod that the scale target's selector matches, whoever made it.

    Attributes:
        ready: status of its Ready condition: "True", "False" or "Unknown"; empty when it has none.
        ready_since: the condition's last transition.
        started_at: status.startTime: when the kubelet took it on.
        requests: thousandths, by container and resource, e.g. {"app": {"cpu": 100}}; sidecars included.
        pod_requests: thousandths, by resource, when the pod itself has requests.
    """

    name: str
    phase: str = "Running"
    deleting: bool = False
    ready: str = "True"
    ready_since: float = field(kw_only=True)
    started_at: float | None = field(kw_only=True)
    requests: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    pod_requests: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """What the metrics API said of one pod (or of one container in it).

    Attributes:
        value: thousandths.
        at: end of the window that was measured.
        window_seconds: its length.
    """

    value: int
    at: float
    window_seconds: float


@dataclass(frozen=True)
class Metric:
    """One entry of spec.metrics, with what was read for it.

    Attributes:
        target_type: Utilization (Resource kinds only), AverageValue, or Value (Object and External only).
        target: percent for Utilization, else thousandths.
        resource: for the Resource kinds.
        container: for ContainerResource.
        samples: by pod name, for Resource, ContainerResource and Pods.
        values: for Object (one) and External (any number), thousandths.
        failure: why it could not be read; empty when it could.
    """

    kind: Literal["Resource", "ContainerResource", "Pods", "Object", "External"]
    target_type: Literal["Utilization", "AverageValue", "Value"]
    target: int
    name: str = ""
    resource: str = ""
    container: str = ""
    samples: Mapping[str, Sample] = field(default_factory=dict)
    values: tuple[int, ...] = ()
    failure: str = ""

    @property
    def title(self) -> str:
        return self.name or " ".join(part for part in (self.resource, self.container) if part) or self.kind


@dataclass(frozen=True)
class Policy:
    """At most so much change in a period: a number of pods, or percent of what the period began with."""

    kind: Literal["Pods", "Percent"]
    value: int
    period_seconds: int


@dataclass(frozen=True)
class Rules:
    """`behavior.scaleUp` or `behavior.scaleDown`; None where the manifest says nothing."""

    stabilization_seconds: int | None = None
    select: Select | None = None
    policies: tuple[Policy, ...] | None = None
    tolerance: float | None = None


@dataclass(frozen=True)
class Behavior:
    scale_up: Rules = Rules()
    scale_down: Rules = Rules()


@dataclass(frozen=True)
class Autoscaler:
    """The specification of a HorizontalPodAutoscaler.

    Attributes:
        behavior: None when the manifest has none; then older rules apply.
        scaled_to_zero: its status says that the controller itself scaled the target to zero.
    """

    maximum: int
    metrics: tuple[Metric, ...]
    minimum: int = 1
    behavior: Behavior | None = None
    scaled_to_zero: bool = False


@dataclass(frozen=True)
class Controller:
    """Flags of kube-controller-manager, with their defaults; seconds.

    Attributes:
        tolerance: fraction by which the ratio may be off without a change.
        cpu_initialization_seconds: after its start a pod's CPU counts only when it is ready and a whole
            window was measured since.
        readiness_delay_seconds: a pod that became unready this soon after its start was never ready.
        downscale_stabilization_seconds: the scale-down window where `behavior` gives none.
        scale_to_zero: feature gate HPAScaleToZero (off in 1.36).
    """

    tolerance: float = 0.1
    cpu_initialization_seconds: float = 300.0
    readiness_delay_seconds: float = 30.0
    downscale_stabilization_seconds: float = 300.0
    scale_to_zero: bool = False


@dataclass(frozen=True)
class View:
    """All that one decision looks at.

    Attributes:
        now: when the controller decides.
        spec_replicas: of the scale target; the controller's "current".
        status_replicas: pods that the target has.
    """

    now: float
    spec_replicas: int
    status_replicas: int
    pods: tuple[Pod, ...]


@dataclass(frozen=True)
class Memory:
    """What the controller keeps between decisions, in its own memory: a restart forgets it.

    Attributes:
        recommendations: (time, replicas) of decisions before stabilisation.
        grown, shrunk: (time, number of pods) of each change that was made.
    """

    recommendations: tuple[tuple[float, int], ...] = ()
    grown: tuple[tuple[float, int], ...] = ()
    shrunk: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True)
class Proposal:
    """What one metric alone asks for.

    Attributes:
        replicas: None when the metric failed.
        usage: percent for Utilization, else thousandths; of the pods that were counted.
        why: the arithmetic in one sentence, or the reason of the failure.
        tolerated: usage is over the target, but within tolerance.
    """

    metric: Metric
    replicas: int | None
    usage: int | None
    why: str
    tolerated: bool = False


@dataclass(frozen=True)
class Decision:
    """What the controller must decide.

    Attributes:
        replicas: desired number; the current one when nothing changes.
        rescales: whether it changes the target.
        why: one sentence.
        able: reason of the condition AbleToScale before any change, e.g. ScaleDownStabilized.
        limited: reason of the condition ScalingLimited, e.g. TooManyReplicas; empty when not computed.
        memory: what the controller remembers afterwards.
    """

    replicas: int
    rescales: bool
    why: str
    memory: Memory
    proposals: tuple[Proposal, ...] = ()
    able: str = ""
    limited: str = ""
