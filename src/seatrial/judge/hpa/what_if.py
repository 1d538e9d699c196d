"""A recorded autoscaler replayed with other settings: what it would have decided. Pure.

Nobody knows what the metrics would have been with another number of replicas. The replay takes the load as a
whole to be what was recorded, and each pod's part to be that divided by the replicas (`ASSUMED`). Object and
External metrics are taken as they were.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from seatrial.judge.hpa.decide import STARTED, decide
from seatrial.judge.hpa.live import STALE_SECONDS, SYNC_SECONDS
from seatrial.judge.hpa.manifest import autoscaler_from
from seatrial.judge.hpa.records import (
    CPU,
    RESOURCES,
    Autoscaler,
    Behavior,
    Decision,
    Memory,
    Metric,
    Pod,
    Sample,
    View,
)
from seatrial.judge.hpa.watched import Reading, Watched, filled
from seatrial.judge.pods import last
from seatrial.judge.wording import plural, seconds
from seatrial.model.quantity import thousandths
from seatrial.model.timeline import UsageSeen

KEYS = ("target", "min", "max", "up-window", "down-window")
OLD = -math.inf
"""Since when replayed pods are there and Ready: none is young."""
AT_THE_LIMIT = 0.95
"""A container that uses this part of its CPU limit may have been given more than it could do."""
ASSUMED = (
    "assumed: the load as a whole is what was recorded, each pod has its part of it (total / replicas), "
    "and a pod that is added is Ready at once."
)
UNKNOWN = (
    "not known: what clients would have done, what a pod costs by itself, whether nodes had room, and how "
    "long new pods would have taken."
)


@dataclass(frozen=True)
class Changes:
    """Settings that differ from the recorded ones; what is None or not named stays.

    Attributes:
        targets: as they were written, by the metric's name; empty for the only one.
        up_window, down_window: stabilizationWindowSeconds of each direction.
    """

    targets: Mapping[str, str] = field(default_factory=dict)
    minimum: int | None = None
    maximum: int | None = None
    up_window: int | None = None
    down_window: int | None = None


@dataclass(frozen=True)
class Course:
    """The number of replicas over time.

    Attributes:
        changes: (when, from, to, why); seconds after the beginning.
        pod_seconds: how many pods ran, each for how long.
    """

    changes: tuple[tuple[float, int, int, str], ...]
    peak: int
    pod_seconds: float

    def __str__(self) -> str:
        steps = ", ".join(f"{before} -> {after} at {at:.0f} s" for at, before, after, _ in self.changes)
        return f"{steps or 'no change'}; peak {self.peak}, {self.pod_seconds / 60:.1f} pod minutes"


def parse_changes(text: str) -> Changes:
    """`target=60,max=12` as changes; `target.NAME=60` where there are several metrics.

    Raises:
        ValueError: an unknown key, one that is named twice, or a value that is no number; says which.
    """
    targets: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = part.partition("=")
        key, _, name = key.partition(".")
        if key not in KEYS or not equals or (name and key != "target"):
            raise ValueError(f"{part!r} is none of {', '.join(f'{key}=N' for key in KEYS)}")
        if key in numbers or (key == "target" and name in targets):
            raise ValueError(f"{key} is named twice")
        if key == "target":
            if not thousandths(value):
                raise ValueError(f"the target {value!r} is no quantity above 0")
            targets[name] = value
        elif value.isdecimal():
            numbers[key] = int(value)
        else:
            raise ValueError(f"{part!r} needs a whole number")
    if not targets and not numbers:
        raise ValueError("no setting is named")
    given = (numbers.get(key) for key in KEYS[1:])
    return Changes(targets, *given)


def with_changes(spec: Autoscaler, changes: Changes) -> Autoscaler:
    """The specification with them.

    Raises:
        ValueError: they do not fit it, and why.
    """
    minimum = spec.minimum if changes.minimum is None else changes.minimum
    maximum = spec.maximum if changes.maximum is None else changes.maximum
    if not 0 < minimum <= maximum:
        raise ValueError(f"min {minimum} and max {maximum} leave no number of replicas")
    metrics = list(spec.metrics)
    for name, written in changes.targets.items():
        mine = [n for n, metric in enumerate(metrics) if name in ("", metric.title, metric.resource)]
        if len(mine) != 1:
            there = ", ".join(metric.title for metric in metrics) or "none"
            raise ValueError(f"target{'.' + name if name else ''} fits {len(mine)} of its metrics ({there})")
        [place] = mine
        metrics[place] = _with_target(metrics[place], written)
    behavior = spec.behavior
    if changes.up_window is not None or changes.down_window is not None:
        behavior = behavior or Behavior()
        up, down = behavior.scale_up, behavior.scale_down
        if changes.up_window is not None:
            up = replace(up, stabilization_seconds=changes.up_window)
        if changes.down_window is not None:
            down = replace(down, stabilization_seconds=changes.down_window)
        behavior = Behavior(up, down)
    return replace(spec, minimum=minimum, maximum=maximum, metrics=tuple(metrics), behavior=behavior)


def _with_target(metric: Metric, written: str) -> Metric:
    amount = thousandths(written)
    assert amount is not None  # `parse_changes` has refused it
    if metric.target_type == "Utilization":
        if amount % 1000:
            raise ValueError(f"the target of {metric.title} is a whole number of percent, not {written}")
        return replace(metric, target=amount // 1000)
    return replace(metric, target=amount)


def recorded_course(watched: Watched) -> Course:
    """What the autoscaler really decided."""
    began, ended = watched.timeline.began_at, watched.timeline.ended_at
    steps = [(state.at - began, before.desired, state.desired, "") for before, state in watched.decisions()]
    return _course(steps, watched.states[0].desired, ended - began)


def replayed(watched: Watched, spec: Autoscaler) -> Course:
    """What it would have decided with `spec`, every `SYNC_SECONDS`, from what the metrics were."""
    timeline = watched.timeline
    replicas, memory = watched.states[0].desired, STARTED
    steps: list[tuple[float, int, int, str]] = []
    for moment in _looks(watched):
        decision = _at(watched, spec, moment, replicas, memory)
        if decision is None:
            continue
        memory = decision.memory
        if decision.replicas != replicas:
            steps.append((moment - timeline.began_at, replicas, decision.replicas, decision.why))
        replicas = decision.replicas
    return _course(steps, watched.states[0].desired, timeline.ended_at - timeline.began_at)


def _course(steps: Sequence[tuple[float, int, int, str]], first: int, length: float) -> Course:
    added = sum((after - before) * (length - at) for at, before, after, _ in steps)
    return Course(tuple(steps), max([first, *(after for _, _, after, _ in steps)]), first * length + added)


def _looks(watched: Watched) -> Iterator[float]:
    """When the controller looks: every period, in step with the moments at which it was seen to write."""
    began, ended = watched.timeline.began_at, watched.timeline.ended_at
    written = [state.at for _, state in watched.decisions()] + [state.at for state in watched.states[1:]]
    moment = began + (next(iter(written), began) - began) % SYNC_SECONDS
    while moment <= ended:
        yield moment
        moment += SYNC_SECONDS


def _at(watched: Watched, spec: Autoscaler, moment: float, replicas: int, memory: Memory) -> Decision | None:
    """The decision at `moment` with `replicas`; None while nothing was measured yet."""
    state = last(watched.states, moment)
    readings = [reading for reading in watched.readings if reading.at <= moment]
    needs = any(metric.kind in RESOURCES for metric in spec.metrics)
    if state is None or (needs and not readings):
        return None
    view = watched.view(moment, state.desired)
    reading = Reading(moment, _carried(readings, view, moment))
    if _measures(autoscaler_from(state.spec)) != _measures(spec):
        state = replace(state, current_metrics=())  # its status speaks of other metrics
    model = next((pod for pod in view.pods), None)
    pods = tuple(
        Pod(
            f"pod-{number}", ready_since=OLD, started_at=OLD,
            requests=model.requests if model else {}, pod_requests=model.pod_requests if model else {},
        )
        for number in range(replicas)
    )  # fmt: skip
    metrics = tuple(_shared(one, pods, moment) for one in filled(spec, state, reading, view)[0].metrics)
    return decide(replace(spec, metrics=metrics), View(moment, replicas, replicas, pods), memory)


def _carried(readings: Sequence[Reading], view: View, moment: float) -> Mapping[str, UsageSeen]:
    """The usage of each pod that is there; where the metrics API has none of it now, what it had last.

    A pod that works and has no sample for a while is no load that went away.
    """
    there = {pod.name for pod in view.pods if pod.phase == "Running" and not pod.deleting}
    carried: dict[str, UsageSeen] = {}
    for reading in readings:
        carried |= reading.usage
    return {
        name: seen
        for name, seen in carried.items()
        if name in there and moment - seen.measured_at <= STALE_SECONDS
    }


def _measures(spec: Autoscaler) -> list[tuple[str, str, str]]:
    return [(metric.kind, metric.title, metric.target_type) for metric in spec.metrics]


def _shared(metric: Metric, pods: Sequence[Pod], moment: float) -> Metric:
    """The metric, with what was recorded of it shared out among the replayed pods."""
    if not metric.samples:
        return metric
    total = sum(sample.value for sample in metric.samples.values())
    each = Sample(total // max(len(pods), 1), moment, 0.0)
    return replace(metric, samples={pod.name: each for pod in pods})


def told(watched: Watched, changes: Changes, text: str) -> Iterator[str]:
    """What the replay says, line by line, with what it assumes and cannot know.

    Raises:
        ValueError: the changes do not fit the autoscaler, or its specification cannot be read.
    """
    first = watched.states[0].spec
    spec = autoscaler_from(first)
    other = with_changes(spec, changes)
    length = watched.timeline.ended_at - watched.timeline.began_at
    course, same = replayed(watched, other), replayed(watched, spec)
    yield f"{watched.autoscaler} over {seconds(length)}, what if {text}"
    yield f"  recorded              {recorded_course(watched)}"
    yield f"  replayed as it was    {same}"
    yield f"  with the changes      {course}"
    for at, before, after, why in course.changes:
        yield f"    {at:6.1f} s  {before} -> {after}  {why}"
    if any(state.spec != first for state in watched.states):
        yield "  its specification changed meanwhile; the first one was replayed"
    yield f"  {ASSUMED}"
    yield f"  {UNKNOWN}"
    if limit := at_the_limit(watched):
        yield f"  {limit}"


def at_the_limit(watched: Watched) -> str:
    """What is said where a container worked at its CPU limit: the load may have been more than was seen."""
    limits = {states[-1].name: states[-1].limits for states in watched.timeline.pods.values()}
    full = {
        name
        for reading in watched.readings
        for name, seen in reading.usage.items()
        for container, used in seen.containers.items()
        if _is_full(used, limits[name].get(container, {}))
    }
    if not full:
        return ""
    return f"{plural(len(full), 'pod')} worked at the CPU limit: the load may have been more than was seen"


def _is_full(used: Mapping[str, int], limits: Mapping[str, int]) -> bool:
    return CPU in limits and CPU in used and used[CPU] >= AT_THE_LIMIT * limits[CPU]
