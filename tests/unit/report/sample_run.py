"""A realistic run, written through RunWriter itself: five checks on the sample system.

Times, failures and pods are drawn with a seed; the verdicts are what the judges say of them.
`python tests/unit/report/sample_run.py DIRECTORY` builds its page.
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from pathlib import Path

from report_sample import Sample

from seatrial.judge.availability import involuntary_disruption, voluntary_disruption
from seatrial.judge.recovery import recovery
from seatrial.model.exchange import DROPPED, Exchange, ExchangeOutcome
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.measurement import Measurement, MeasurementOutcome, ReadBack
from seatrial.model.objectives import Objectives
from seatrial.model.observation import Arm, observed
from seatrial.model.plan import Planned
from seatrial.model.step import Bound, StepRecord
from seatrial.model.timeline import (
    AutoscalerSeen,
    Change,
    Seen,
)
from seatrial.model.verdict import CheckResult, Outcome, Verdict, merge
from seatrial.record import writer as rundir
from seatrial.record.writer import RunWriter
from seatrial.report.html import build_report

OBJECTIVES = Objectives(disruption_latency_p99_ms={"drain-node": 1500})
REPLACEMENT = (
    "orchestration.pod-replacement",
    "A replicated workload MUST answer while one of its pods is replaced.",
)
WRITES = (
    "data.acknowledged-writes-survive",
    "Every acknowledged write MUST be readable after the database crashed.",
)
SCALING = ("scaling.follows-load", "Replicas MUST follow the load up and down, without a lost request.")
DRAIN = ("orchestration.node-drain", "A node MUST be drainable without a lost request.")
ENDPOINTS = ("orchestration.endpoints-leave-first", "A pod MUST leave its endpoints before it ends.")
ANSWERED = MeasurementOutcome.ANSWERED
RETRY = ("data.safe-retry", "A repeated request with the same key MUST be applied once.")


def pod_replacement(sample: Sample) -> None:
    """Three deletions; the old pods refuse connections for a moment: 14 or so requests are lost."""
    begin = sample.zero + 40
    deletions = [begin + 15, begin + 30.5, begin + 46.2]
    exchanges = sample.exchanges(begin, lambda _: 100, 62, "browse", lambda _: 0.0)
    seen: list[Seen] = [sample.workload("orders", begin - 2, 2, 2)]
    pods = [
        sample.pod(f"orders-6b7f9c5d4-{next(sample.names)}", "orders", begin - 2, Change.ADDED, True)
        for _ in "ab"
    ]
    seen += [*pods, sample.endpoints("orders", begin - 2, *((pod, False) for pod in pods))]
    faults: list[FaultRecord] = []
    for number, at in enumerate(deletions):
        victim = pods.pop(0)
        fresh = f"orders-6b7f9c5d4-{next(sample.names)}"
        birth = list(sample.born(fresh, "orders", at + 0.08, 1.9))
        seen += [*sample.ended(victim, at + 0.02, 3.1), *birth]
        seen += [sample.workload("orders", at + 0.03, 2, 1), sample.workload("orders", at + 2.0, 2, 2)]
        kept = pods[0]
        pods.append(birth[-1])
        seen += [
            sample.endpoints("orders", at + 0.58, (kept, False)),
            sample.endpoints("orders", at + 2.05, (kept, False), (birth[-1], False)),
        ]
        exchanges = [_refused(e, at + 0.2, at + 0.55, sample.random) for e in exchanges]
        faults.append(
            FaultRecord(
                f"f{number + 1}",
                "delete-pod",
                Disruption.VOLUNTARY,
                Target("Pod", "chandlery", victim.name, victim.uid),
                "orders",
                at,
                at + 3.12,
                f"uid {victim.uid[-5:]} gone after 3.1 s, replaced by {fresh}",
                at + 3.2,
                at + 3.2,
                7,
                fresh,
            )
        )
    timeline = sample.timeline(begin - 2, begin + 62, seen)
    observation = observed(Arm(tuple(exchanges), sample.health(exchanges), tuple(faults), timeline))
    steps = [StepRecord("1", "traffic", "subject", begin, begin + 8.2, "steady after 5.1 s")]
    for number, (at, fault) in enumerate(zip(deletions, faults, strict=True), 1):
        steps.append(StepRecord(f"2.{number}.1", "inject", "delete-pod", at, fault.available_at))
        steps.append(StepRecord(f"2.{number}.2", "hold", "traffic after it", at + 3.2, at + 8.2))
    steps.append(StepRecord("3", "stop", "subject", begin + 60, begin + 61.8))
    named = sample.observed("pod-deletion", "orders", observation, bound=Bound(64, 240), steps=steps)
    sample.clock.now = begin
    sample.judged(REPLACEMENT, "orders", [named], voluntary_disruption(observation), "pytest", 64.0)
    kept = Verdict(
        Outcome.PASSED,
        "every pod that was deleted had left the endpoints 0.6 s later",
        "within 5 s",
        numbers={"longest_seconds": 0.58},
    )
    sample.judged(ENDPOINTS, "orders", [named], kept, "pytest", 0.2)


def _refused(exchange: Exchange, begin: float, end: float, chance: random.Random) -> Exchange:
    if not begin <= exchange.planned_at < end or chance.random() < 0.84:
        return exchange
    completed = exchange.planned_at + 0.002
    return replace(
        exchange,
        outcome=ExchangeOutcome.FAILED,
        status=None,
        error="connection refused",
        completed_at=completed,
    )


def acknowledged_writes(sample: Sample) -> None:
    """The only database pod is killed: writes hang, then go through again."""
    begin = sample.zero + 130
    killed = begin + 20

    def slow(at: float) -> float:
        return max(killed + 6.4 - at, 0.0) if killed <= at < killed + 6.4 else 0.0

    exchanges = sample.exchanges(begin, lambda _: 40, 60, "place-order", slow)
    exchanges = [
        replace(
            e,
            outcome=ExchangeOutcome.UNKNOWN,
            status=503,
            error="status 503",
            completed_at=e.planned_at + 0.004,
        )
        if killed + 0.4 < e.planned_at < killed + 5.2 and sample.random.random() < 0.8
        else e
        for e in exchanges
    ]
    pod = sample.pod("postgres-0", "database", begin - 1, Change.ADDED, True)
    down = replace(pod, at=killed + 0.12, change=Change.MODIFIED, ready=False, restarts=1, reason="Error")
    up = replace(down, at=killed + 6.3, ready=True, started_at=killed + 1.4, ready_at=killed + 6.0, reason="")
    seen: list[Seen] = [
        pod,
        replace(down, started_at=None),
        replace(down, at=killed + 1.4, started_at=killed + 1.4),
        up,
    ]
    for at, ready in ((begin - 1, 1), (killed + 0.15, 0), (killed + 6.35, 1)):
        seen.append(replace(sample.workload("database", at, 1, ready), kind="StatefulSet", name="postgres"))
    fault = FaultRecord(
        "f4",
        "kill-container",
        Disruption.INVOLUNTARY,
        Target("Pod", "chandlery", pod.name, pod.uid),
        "database",
        killed,
        killed + 0.12,
        "container 5f0c ended with SIGKILL after 0.1 s, restarted as 91ab",
        killed + 6.4,
        killed + 6.4,
        7,
    )
    looks = [
        Measurement(
            "invariant", "paid-orders-have-a-payment", at, at + 0.2, ANSWERED, {"holds": True, "rows": 0}
        )
        for at in (begin + 3, begin + 57)
    ]
    reads = [ReadBack(f"order-{number}", begin + 58, 1).measurement(begin + 58) for number in range(2186)]
    timeline = sample.timeline(begin - 1, begin + 60, seen)
    observation = observed(
        Arm(tuple(exchanges), sample.health(exchanges), (fault,), timeline, measurements=(*looks, *reads))
    )
    steps = [
        StepRecord("1", "traffic", "subject", begin, begin + 8.4, "steady after 5.3 s"),
        StepRecord("2", "inject", "kill-container", killed, killed + 6.4),
        StepRecord("3", "wait", "available", killed + 6.4, killed + 6.5),
        StepRecord("4", "measure", "read-back", begin + 58, begin + 60),
    ]
    kept = Verdict(
        Outcome.PASSED,
        "all 2,186 acknowledged writes were read back",
        "no acknowledged write is lost",
        numbers={"acknowledged": 2186, "lost": 0, "unknown_and_applied": 31},
    )
    verdict = merge(
        [kept, involuntary_disruption(observation, OBJECTIVES), recovery(observation, OBJECTIVES)]
    )
    named = sample.observed("store-crash", "database", observation, bound=Bound(75, 310), steps=steps)
    sample.clock.now = begin
    sample.judged(WRITES, "database", [named], verdict, "pytest", 62.0)


def scaling(sample: Sample) -> None:
    """A step of load: 2 replicas become 4, then 6, and 2 again after it."""
    begin = sample.zero + 240

    def rate(offset: float) -> float:
        return 20 if offset < 30 or offset > 170 else 120

    def slow(at: float) -> float:
        offset = at - begin
        return (
            sample.random.expovariate(1 / 0.25) if 31 < offset < 72 else sample.random.expovariate(1 / 0.01)
        )

    exchanges = sample.exchanges(begin, rate, 290, "quote", slow)
    lost = sample.random.sample(range(len(exchanges)), 2)
    exchanges = [
        replace(
            e, sent_at=None, completed_at=None, outcome=ExchangeOutcome.FAILED, status=None, error=DROPPED
        )
        if n in lost
        else e
        for n, e in enumerate(exchanges)
    ]
    seen: list[Seen] = [sample.workload("orders", begin - 1, 2, 2)]
    pods = [
        sample.pod(f"orders-6b7f9c5d4-{next(sample.names)}", "orders", begin - 1, Change.ADDED, True)
        for _ in "ab"
    ]
    seen += pods
    steps = [(46, 2, 4, "cpu 134 % of 60 %"), (61, 4, 6, "cpu 96 % of 60 %"), (231, 6, 3, "cpu 21 % of 60 %"),
             (246, 3, 2, "cpu 30 % of 60 %")]  # fmt: skip
    seen.append(_autoscaler(begin - 1, 2, 2, "cpu 18 % of 60 %"))
    for offset, before, after, why in steps:
        at = begin + offset
        seen += [_autoscaler(at, before, after, why), sample.workload("orders", at + 0.1, after, before)]
        for number in range(before, after):
            birth = list(
                sample.born(f"orders-6b7f9c5d4-{next(sample.names)}", "orders", at + 0.2, 2.4 + number / 3)
            )
            pods.append(birth[-1])
            seen += [*birth, sample.workload("orders", birth[-1].at + 0.02, after, number + 1)]
        for number in range(before, after, -1):
            seen += [
                *sample.ended(pods.pop(), at + 0.2, 5.2),
                sample.workload("orders", at + 0.3, after, number - 1),
            ]
    timeline = sample.timeline(begin - 1, begin + 292, seen)
    observation = observed(Arm(tuple(exchanges), sample.health(exchanges), (), timeline))
    verdict = Verdict(
        Outcome.PASSED,
        "6 replicas were ready 37 s after the step from 20 to 120 requests a second, "
        "and 2 again 77 s after its end",
        "enough replicas within 150 s, minReplicas within 300 s, no lost request at scale-in",
        numbers={
            "scale_up_seconds": 37.2,
            "scale_down_seconds": 76.9,
            "replicas_most": 6,
            "requests_in_scale_in": 412,
        },
        reasons=("the first decision came 16 s after the step: the metric is 15 s old by design",),
    )
    steps = [
        StepRecord("1", "traffic", "subject", begin, begin + 29, "steady after 6.0 s"),
        StepRecord("2", "wait", "scaled", begin + 30, begin + 67.2, "6 replicas ready"),
        StepRecord("3", "wait", "scaled-in", begin + 170, begin + 246.9, "2 replicas"),
    ]
    named = sample.observed("load-step", "orders", observation, bound=Bound(300, 640), steps=steps)
    sample.clock.now = begin
    sample.judged(SCALING, "orders", [named], verdict, "locust", 293.0)


def _autoscaler(at: float, current: int, desired: int, metric: str) -> AutoscalerSeen:
    return AutoscalerSeen(
        at,
        Change.MODIFIED,
        "orders",
        "Deployment/orders",
        2,
        6,
        current,
        desired,
        (metric,),
        ("AbleToScale",),
    )


def write_sample(writer: RunWriter, *, finished: bool = True) -> None:
    """A finished run: one check failed, three passed, one inconclusive, one skipped."""
    sample = Sample(writer)
    rundir.time, before = sample.clock, rundir.time  # type: ignore[assignment]
    try:
        _write(sample, writer, finished)
    finally:
        rundir.time = before
        writer.close()


def _write(sample: Sample, writer: RunWriter, finished: bool) -> None:
    versions = {"seatrial": "0.1.0", "python": "3.11.7", "kubernetes": "v1.36.1", "locust": "2.47.0"}
    argv = ["seatrial", "run", "--system", "fixtures/systems/chandlery.yaml"]
    writer.tool_started(argv=argv, versions=versions, seed=7)
    writer.system(
        name="chandlery",
        source="fixtures/systems/chandlery.yaml",
        namespace="chandlery",
        context="kind-seatrial",
        objectives=OBJECTIVES.model_dump(),
        digest="sha256:1f0e",
    )
    stages = (
        ("engine", "cached", 0.4, "already running"),
        ("cluster", "done", 71.8, "three nodes"),
        ("images", "cached", 1.2, "nothing to build"),
        ("deploy", "done", 38.4, ""),
        ("conformance", "done", 214.0, ""),
        ("load", "done", 301.5, ""),
        ("experiments", "done", 96.2, ""),
    )
    writer.plan(Planned(stage) for stage, *_ in stages)
    for stage, outcome, seconds, note in stages:
        writer.stage_started(stage)
        writer.stage_finished(stage, outcome, seconds=seconds, note=note)
    pod_replacement(sample)
    acknowledged_writes(sample)
    scaling(sample)
    drain = Verdict(
        Outcome.INCONCLUSIVE,
        "0 of 143 requests begun during 1 drain failed (0.0 %, 95 % interval 0.0 % to 2.6 %); "
        "too little evidence: 1 of 3 repetitions and 143 of 200 requests begun inside",
        "none: a voluntary disruption costs no request",
        "Repeat the disruption more often, or raise the rate.",
        {"requests_in_disruption": 143, "failed_in_disruption": 0, "repetitions": 1},
    )
    retry = Verdict(
        Outcome.SKIPPED, "no consent for context prod-eu", "consent for it", "Add it to the file."
    )
    for check, subject, verdict, tool in (
        (DRAIN, "seatrial-worker", drain, "chaos"),
        (RETRY, "orders", retry, "pytest"),
    ):
        begin, end = sample.clock.now + 2, sample.clock.now + 41
        writer.check_started(check[0], subject, check[1])
        sample.clock.now = end
        writer.check_finished(CheckResult(check[0], subject, check[1], verdict, tool, begin, end))
    writer.changed_objects([])
    writer.note(
        "The entry is a NodePort of the first node: its own latency is part of every figure on this page."
    )
    writer.note("The figures of this run are drawn by a test of Seatrial; no cluster was asked.")
    if finished:
        writer.tool_finished(1)


if __name__ == "__main__":
    target = RunWriter(Path(sys.argv[1]), "seatrial")
    write_sample(target)
    sys.stdout.write(f"{build_report(target.directory)}\n")
