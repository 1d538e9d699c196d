"""Where the time went between a load step and the replicas that it needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from seatrial.judge.load_step import LoadStep
from seatrial.judge.pods import endpoint_ready, last
from seatrial.judge.wording import plural, seconds
from seatrial.model.metric import metric_body
from seatrial.model.timeline import AutoscalerSeen, PodSeen, Timeline, WorkloadSeen


def first(
    states: Iterable[WorkloadSeen], since: float, holds: Callable[[WorkloadSeen], bool]
) -> float | None:
    """When `holds` was first true at or after `since`; `since` itself when it was true already."""
    before = None
    for state in states:
        if state.at <= since:
            before = state
        elif before is not None and holds(before):
            return since
        elif holds(state):
            return state.at
        else:
            before = None
    return since if before is not None and holds(before) else None


def delays(timeline: Timeline, step: LoadStep) -> Iterator[str]:
    """One sentence for each stage that was seen, with seconds after the load step."""
    scalers = list(timeline.autoscaler_states(step.autoscaler))
    before = last(scalers, step.began_at)
    after = [state for state in scalers if step.began_at < state.at]
    during = [state for state in after if state.at <= step.ended_at]
    metric = next((s for s in during if before is None or s.metrics != before.metrics), None)
    if metric is not None:
        words = ", ".join(metric.metrics) or "no metric"
        yield f"metric first seen to change {_since(step, metric.at)}: {words}"
    desired = before.desired if before is not None else 0
    decision = next((s for s in during if s.desired > desired), None)
    if decision is None:
        yield f"no decision to scale up was seen (desired {desired})"
        return
    yield f"first decision {_since(step, decision.at)}: desired {desired} -> {decision.desired}"
    yield from _held_back(step, during)
    pods = [
        states
        for states in timeline.pods.values()
        if states[0].workload == step.workload and step.began_at < states[0].at <= step.ended_at
    ]
    yield from _pod_stages(step, pods)
    names = [states[0].name for states in pods]
    served = [endpoint_ready(timeline, name, step.began_at) for name in names]
    known = sorted(moment for moment in served if moment is not None)
    if known:
        yield f"new pods serving: first {_since(step, known[0])}, last {_since(step, known[-1])}"
    yield from _image_pulls(timeline, step, names)


_HOLDS = {
    "ScaleUpLimit": "the scale-up policies",
    "ScaleUpStabilized": "the scale-up window",
    "TooManyReplicas": "maxReplicas",
}
"""Reasons of an autoscaler's conditions that say why it did not grow further."""


def _held_back(step: LoadStep, scalers: Iterable[AutoscalerSeen]) -> Iterator[str]:
    """The first time that each limit showed in the autoscaler's conditions."""
    told: set[str] = set()
    for state in scalers:
        text = " ".join(state.conditions)
        for reason, words in _HOLDS.items():
            if reason in text and reason not in told:
                told.add(reason)
                yield f"held back at {state.desired} by {words} {_since(step, state.at)}"


def _image_pulls(timeline: Timeline, step: LoadStep, pods: Collection[str]) -> Iterator[str]:
    """Pulls of an image that was not on the node: they count in the time to start."""
    pulls = [
        event
        for event in timeline.events()
        if event.name in pods and event.reason == "Pulled" and "already present" not in event.message
    ]
    if pulls:
        yield f"{plural(len(pulls), 'image')} pulled, last {_since(step, pulls[-1].at)}: {pulls[-1].message}"


def _pod_stages(step: LoadStep, pods: list[tuple[PodSeen, ...]]) -> Iterator[str]:
    stages: tuple[tuple[str, Callable[[PodSeen], bool]], ...] = (
        ("created", lambda s: bool(s.uid)),
        ("scheduled", lambda s: bool(s.node)),
        ("started", lambda s: s.started_at is not None),
        ("Ready", lambda s: s.ready),
    )
    for word, holds in stages:
        moments = [next((s.at for s in states if holds(s)), None) for states in pods]
        seen = sorted(moment for moment in moments if moment is not None)
        if seen:
            yield f"new pods {word}: first {_since(step, seen[0])}, last {_since(step, seen[-1])}"
        if len(seen) < len(pods):
            reasons = sorted({states[-1].reason for states in pods if states[-1].reason})
            missing = f"{len(pods) - len(seen)} of {len(pods)} new pods never {word}"
            yield f"{missing}: {', '.join(reasons) or 'no reason was given'}"
            return


def _since(step: LoadStep, moment: float) -> str:
    return f"{seconds(moment - step.began_at)} after the step"


def foreign_target(timeline: Timeline, step: LoadStep) -> str:
    """What to say when the autoscaler scales another object than the workload; empty when it is right."""
    scaler = last(timeline.autoscaler_states(step.autoscaler), step.ended_at)
    workload = last(timeline.workload_states(step.workload), step.ended_at)
    if scaler is None or workload is None or not scaler.target:
        return ""
    if scaler.scales(workload):
        return ""
    return (
        f"{scaler.name} scales {scaler.target.lower()}, not {workload.kind.lower()}/{workload.name}: "
        "correct its scaleTargetRef."
    )


def _without_request(timeline: Timeline, step: LoadStep, scaler: AutoscalerSeen) -> Iterator[str]:
    """Containers as they run that request nothing of what the autoscaler takes a share of.

    The manifest may be innocent: what is injected into the pods stands in no file.
    """
    measured = {
        str(body.get("name")) for metric in scaler.spec.get("metrics") or ()
        if metric.get("type") == "Resource"
        and (body := metric_body(metric)).get("target", {}).get("type") == "Utilization"
    }  # fmt: skip
    mine = [states[-1] for states in timeline.pods.values() if states[-1].workload == step.workload]
    for resource in sorted(measured):
        pods = [pod for pod in mine if pod.requests and resource not in pod.pod_requests]
        bare = sorted({n for pod in pods for n, given in pod.requests.items() if resource not in given})
        if bare:
            yield (
                f"container {', '.join(bare)} of its pods requests no {resource}, so that there is no share "
                "of it to go by (if the manifest has no such container, it was injected)"
            )


def why_no_rise(timeline: Timeline, step: LoadStep) -> str:
    """The autoscaler's own words and the warnings about it and its pods."""
    scaler = last(timeline.autoscaler_states(step.autoscaler), step.ended_at)
    parts = []
    if scaler is not None:
        parts.append(
            f"{scaler.name} wanted {scaler.desired} (minimum {scaler.minimum}, maximum {scaler.maximum})"
        )
        parts.append(f"metrics: {', '.join(scaler.metrics) or 'none'}")
        parts.append(f"conditions: {', '.join(scaler.conditions) or 'none'}")
        parts += _without_request(timeline, step, scaler)
        if scaler.maximum < step.wanted_replicas:
            parts.append(f"maxReplicas is below the {step.wanted_replicas} that are needed")
    warnings = [
        event for event in timeline.events()
        if event.warning
        and step.began_at <= event.at <= step.ended_at
        and (event.name == step.autoscaler or event.kind == "Pod")
    ]  # fmt: skip
    if warnings:
        # What the autoscaler says of itself is nearer to the cause than what befell a pod meanwhile.
        own = [event for event in warnings if event.name == step.autoscaler]
        parts.append(f"last warning: {(own or warnings)[-1].message}")
    return "; ".join(parts) + "."
