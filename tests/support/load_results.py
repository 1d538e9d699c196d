"""What workers of a load run report, by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seatrial.load.gate import judge_load
from seatrial.load.summary import LoadSummary, WorkerResult, summarize
from seatrial.model.exchange import GeneratorHealth
from seatrial.model.objectives import Objectives
from seatrial.model.verdict import Verdict
from seatrial.traffic.tally import histogram

OBJECTIVES = Objectives(availability=0.999, latency_p99_ms=300)


def encode(latencies_ms: Sequence[float]) -> str:
    recorded = histogram()
    for latency in latencies_ms:
        recorded.record_value(int(latency * 1_000))
    return str(recorded.encode().decode())


def result(
    latencies_ms: list[float], *, bad: int = 0, dropped: int = 0, late: int = 0,
    journeys: Mapping[str, Sequence[float]] | None = None,
    failures: Mapping[str, Mapping[str, int]] | None = None,
) -> WorkerResult:  # fmt: skip
    encoded = encode(latencies_ms)
    sent = len(latencies_ms)
    health = GeneratorHealth(sent + dropped, sent, dropped, late, 0.01, 0.001, 0.05)
    outcomes = {"ok": sent - bad, "unknown": bad}
    return WorkerResult(
        health,
        outcomes,
        {"from_planned": encoded, "from_sent": encoded},
        errors={"status 503": bad} if bad else {},
        journeys={name: encode(some) for name, some in (journeys or {}).items()},
        failures=failures or {},
    )


def summary(*results: WorkerResult, workers: int | None = None) -> LoadSummary:
    return summarize(
        results, began_at=0.0, ended_at=60.0, workers=len(results) if workers is None else workers
    )


def there(
    place: int, *, ahead: float | None = 0.001, error: float | None = 0.002, fine: int = 2_000, **more: int
) -> WorkerResult:
    """What a worker in the cluster reports that had everything in time."""
    return replace(
        result([5.0] * fine, **more), place=place, where=f"pod/w-{place} on node n{place % 3}",
        ahead_seconds=ahead, clock_error_seconds=error,
    )  # fmt: skip


def judged_in_cluster(*results: WorkerResult, workers: int = 0, lost: tuple[str, ...] = ()) -> Verdict:
    """The verdict; the same comes from what is on disk."""
    summary = summarize(
        results, began_at=0.0, ended_at=60.0, workers=workers or len(results), lost=lost, in_cluster=True
    )
    verdict = judge_load(summary, OBJECTIVES)
    assert judge_load(LoadSummary.from_data(summary.to_data()), OBJECTIVES) == verdict
    return verdict
