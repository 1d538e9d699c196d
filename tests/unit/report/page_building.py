"""Runs written for the tests of the page, down to one whose every text is hostile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from page_reader import Node, read_page

from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation, Record
from seatrial.model.step import Bound, StepRecord
from seatrial.model.timeline import Change, Clock, PodSeen, Timeline, WorkloadSeen
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record import codec
from seatrial.record.observations import ObservationWriter, StreamRecord
from seatrial.record.writer import RunWriter
from seatrial.report.html import build_report

EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'></title></script><!-- {{ 7*7 }} {% raw %} "
    "\x00\x07\x1b[31m\x9b\ud800\ufffe\u202e\U0001f6a2 ]]> &amp; javascript:alert(1)"
)
HEALTH = GeneratorHealth(1, 1, 0, 0, 0.01, 0.001, 0.02)
PASSED = CheckResult("a.b", "orders", "It MUST.", Verdict(Outcome.PASSED, "all", "none"), "pytest", 1.0, 2.0)


def started(directory: Path, tool: str = "pytest") -> RunWriter:
    writer = RunWriter(directory, tool)
    writer.tool_started(argv=["pytest"], versions={"python": "3.11"}, seed=7)
    return writer


def page(directory: Path) -> Node:
    return read_page(build_report(directory).read_text("utf-8"))


def observe(
    writer: RunWriter,
    exchanges: Sequence[Exchange] = (),
    *,
    name: str = "pod-deletion",
    target: str = "orders",
    faults: Sequence[FaultRecord] = (),
    file: str = "subject.ndjson",
) -> ObservationWriter:
    """An observation with this traffic, not yet closed."""
    head = Observation({TROUBLE: Arm()}, f"{name}.{target}", name, target)
    kept = writer.observation(head, bound=Bound(58.0, 210.0))
    if exchanges:
        # By hand: codec.dumps is thorough, and slow for a hundred thousand.
        (kept.directory / "subject.ndjson").write_text(
            "".join(
                f'{{"sequence":{e.sequence},"journey":"browse","planned_at":{e.planned_at},'
                f'"sent_at":{e.sent_at},'
                f'"completed_at":{e.completed_at},"outcome":"{e.outcome}"}}\n'
                for e in exchanges
            )
        )
        kept.stream(StreamRecord(TROUBLE, "subject", file, ("browse",), HEALTH, -1.0))
    for fault in faults:
        kept.fault(fault)
    return kept


def closed(kept: ObservationWriter, timeline: Timeline | None = None) -> str:
    """Close the observation; its id."""
    kept.close(timeline, missing={}, failure=None)
    return kept.directory.name


def judging(*observations: str, **changes: Any) -> CheckResult:
    """A check that passed on these observations."""
    return replace(PASSED, observations=observations, **changes)


def answered(number: int, at: float, latency: float = 0.005) -> Exchange:
    return Exchange(number, "browse", at, at, at + latency, ExchangeOutcome.OK, 200)


UNVERIFIED = FaultRecord(
    "f1", "delete-pod", Disruption.VOLUNTARY, Target("Pod", "shop", "web-1"), "web", 10.0, None,
    "no pod went", None, None, 7,
)  # fmt: skip


def evil_run(directory: Path) -> None:
    """Every text of every record is hostile; some are very long."""
    writer = RunWriter(directory, EVIL)
    long = EVIL + "x" * 10_000
    writer.tool_started(argv=[EVIL, long], versions={EVIL: long}, seed=7)
    writer.system(
        name=EVIL, source=EVIL, namespace=EVIL, context=long, objectives={EVIL: EVIL, "latency_p99_ms": EVIL}
    )
    writer.stage_started(EVIL)
    writer.stage_finished(EVIL, EVIL, seconds=1.0, note=long)
    verdict = Verdict(Outcome.FAILED, long, long, long, {EVIL: long, "x_seconds": EVIL}, (long, EVIL))
    writer.check_started(EVIL, long, long)
    target = Target(EVIL, EVIL, long, EVIL)
    fault = FaultRecord(
        EVIL, EVIL, Disruption.INVOLUNTARY, target, EVIL, 3.0, 3.1, long, 4.0, 4.0, 7, long, {EVIL: long}
    )  # fmt: skip
    kept = observe(writer, name=EVIL, target=long, faults=[fault])
    kept.step(StepRecord(EVIL, EVIL, long, 2.0, None, long))
    for kind in ("invariant", EVIL):
        kept.measurement(
            Measurement(kind, long, 2.0, 3.0, MeasurementOutcome.ANSWERED, {EVIL: long, "holds": False}, long)
        )
    exchange = Exchange(0, EVIL, 1.0, 1.0, 1.1, ExchangeOutcome.FAILED, 500, long, EVIL, EVIL, EVIL)
    (kept.directory / "x.ndjson").write_text(codec.dumps(exchange) + "\n")
    kept.stream(StreamRecord(TROUBLE, EVIL, "x.ndjson", (EVIL, long), HEALTH, 0.0))
    kept.stream(StreamRecord(EVIL, EVIL, "x.ndjson", (EVIL, long), HEALTH, 0.0))
    seen = (
        PodSeen(
            2.0,
            Change.ADDED,
            long,
            EVIL,
            EVIL,
            EVIL,
            EVIL,
            EVIL,
            True,
            0,
            (),
            EVIL,
            1.0,
            1.0,
            1.0,
            1.0,
            False,
            EVIL,
        ),
        WorkloadSeen(2.0, Change.ADDED, EVIL, long, EVIL, 2, 2, 2, 2),
    )
    failure = Verdict(Outcome.ERROR, long, long)
    kept.close(
        Timeline(0.0, 9.0, Clock(0.0, 0.0, 0.0), seen), missing={Record.EXCHANGES: long}, failure=failure
    )
    result = CheckResult(EVIL, EVIL, long, verdict, EVIL, 0.0, 9.0, f"evidence/{EVIL}")
    writer.check_finished(replace(result, observations=(kept.directory.name,)))
    writer.changed_objects([long])
    writer.note(long)
    writer.tool_finished(1)
