"""Whether requests take longer at the end of a soak than at its beginning. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, median

from seatrial.judge.soak.batches import LEAST_BATCHES, Estimate, batches, difference
from seatrial.judge.statistics import MINIMUM_SAMPLES
from seatrial.judge.wording import duration, percent
from seatrial.model.objectives import Objectives
from seatrial.model.soak import SoakRun
from seatrial.model.verdict import Outcome, Verdict, merge

WARM_UP = 0.1
"""Of the run: caches fill and code is compiled, so that later requests are quicker."""
ALLOWED = 0.2
ALLOWED_MS = 2.0
"""Less than this is what clocks and schedulers do, however quick a request was before."""
BATCHES = 8
MACHINE_BUSY = 0.9
BUSIER = 0.1
"""By so much more in the last third than in the first, something else may have begun."""
EXPECTED = (
    f"requests that take no more than {percent(ALLOWED)} and {ALLOWED_MS:g} ms longer in the last third"
)


def drift(run: SoakRun, objectives: Objectives) -> Verdict:
    """The last third against the first: the median, and the p99 where windows are large enough for one."""
    warm = run.windows[0].at + WARM_UP * run.seconds if run.windows else 0.0
    windows = [window for window in run.windows if window.at >= warm and window.requests]
    if not windows:
        return _too_short(run, "no request was answered as expected after the warm-up")
    verdicts = [_judged("median", [(each.at, each.p50_ms) for each in windows], run, math.inf)]
    if median(each.requests for each in windows) >= MINIMUM_SAMPLES:
        p99 = [(each.at, each.p99_ms) for each in windows]
        verdicts.append(_judged("p99", p99, run, objectives.latency_p99_ms))
    return _doubted(merge(verdicts), run)


def _doubted(verdict: Verdict, run: SoakRun) -> Verdict:
    """What the machine may have made slow is no failure of the system; nothing becomes a pass by that."""
    if verdict.outcome is not Outcome.FAILED or not run.machine:
        return verdict
    third = run.seconds / 3
    early = [busy for at, busy in run.machine if at <= run.began_at + third]
    late = [busy for at, busy in run.machine if at >= run.ended_at - third]
    if not early or not late or fmean(late) < MACHINE_BUSY or fmean(late) - fmean(early) < BUSIER:
        return verdict
    why = (
        f"{verdict.observed}; this machine, which the system shares, was {percent(fmean(late))} busy in the "
        f"last third and {percent(fmean(early))} in the first"
    )
    hint = "Run it again without other work beside it."
    return replace(verdict, outcome=Outcome.INCONCLUSIVE, observed=why, next_step=hint)


def _judged(name: str, points: Sequence[tuple[float, float]], run: SoakRun, limit: float) -> Verdict:
    begin, end = points[0][0], points[-1][0] + run.plan.window_seconds
    third = (end - begin) / 3
    first, last = (
        [value for _, value in batches(points, start, start + third, BATCHES)]
        for start in (begin, end - third)
    )
    found = difference(first, last)
    if found is None:
        least = 3 * LEAST_BATCHES * run.plan.window_seconds / (1 - WARM_UP)
        return _too_short(run, f"{min(len(first), len(last))} windows in a third", least)
    before = sum(first) / len(first)
    allowed = max(ALLOWED * before, ALLOWED_MS)
    seen = (
        f"{name} {before:.3g} ms in the first third, {before + found.value:.3g} ms in the last: "
        f"{found.value:+.3g} ms (95 %: {found.low:+.3g} to {found.high:+.3g})"
    )
    numbers = {f"drift_{name}_ms": round(found.value, 3), f"drift_{name}_low_ms": round(found.low, 3)}
    if found.low > allowed:
        return Verdict(Outcome.FAILED, seen, EXPECTED, _pace(found, before, third, limit), numbers)
    if found.high <= allowed:
        return Verdict(Outcome.PASSED, seen, EXPECTED, numbers=numbers)
    hint = f"Run for {_needed(found, allowed, run)} or longer, on a machine without other work."
    return Verdict(Outcome.INCONCLUSIVE, f"{seen}: too wide to tell", EXPECTED, hint, numbers)


def _pace(found: Estimate, before: float, third: float, limit: float) -> str:
    """When the objective is met at this pace: the middles of the thirds lie two thirds apart."""
    text = "Look for what grows with time or with requests: a table, a queue, a cache, connections."
    room = limit - before - found.value
    if not 0 < room < math.inf:
        return text
    return f"{text} At this pace {limit:g} ms are met in {duration(room / found.value * 2 * third)} more."


def _needed(found: Estimate, allowed: float, run: SoakRun) -> str:
    """The interval becomes narrower with the square root of the time."""
    room = allowed - abs(found.value)
    factor = (found.half_width / room) ** 2 if room > 0 else 4.0
    return duration(run.seconds * min(max(factor, 1.1), 100.0))


def _too_short(run: SoakRun, why: str, least: float | None = None) -> Verdict:
    hint = "Run for longer." if least is None else f"Run for {duration(least)} or longer."
    return Verdict(
        Outcome.INCONCLUSIVE,
        f"latency: {why} in {duration(run.seconds)}: too short to tell a drift",
        EXPECTED,
        hint,
    )
