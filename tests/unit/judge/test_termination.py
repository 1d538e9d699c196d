"""Long requests that were under way when pods were told to end, judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from drained_shop import FILE, shop

from seatrial.judge.termination import termination_drains
from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.timeline import Change, Clock, PodSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict

OK, FAILED, UNKNOWN = ExchangeOutcome.OK, ExchangeOutcome.FAILED, ExchangeOutcome.UNKNOWN
LONG = """  follow:
    {protocol: sse, request: {path: /f}, lifetime_seconds: 20, long: true, through: [catalogue]}
  report: {request: {path: /r}, long: true, through: [catalogue]}
"""
HEALTH = GeneratorHealth(100, 100, 0, 0, 0.01, 0.001, 0.02)
A, B, NEW = "catalogue-a", "catalogue-b", "catalogue-c"
AT, LATER = 100.0, 130.0


def states(name: str, *, told_at: float, gone_at: float, pause: float | None = 4.0) -> tuple[PodSeen, ...]:
    seen = PodSeen(
        1.0, Change.ADDED, name, f"uid-{name}", "catalogue", "node", f"ip-{name}", "Running", True, 0, (),
        "ReplicaSet/x", None, None, None, 1.0, False, pre_stop_seconds=pause,
    )  # fmt: skip
    told = replace(seen, at=told_at, deleting=True, ready=False)
    found = [seen, *([told] if told_at < math.inf else [])]
    return (*found, *([replace(told, at=gone_at, change=Change.DELETED)] if gone_at < math.inf else []))


def deleted(name: str, at: float, grace: int = 20) -> FaultRecord:
    return FaultRecord(
        f"f-{name}", "delete-pod", Disruption.VOLUNTARY, Target("Pod", "shop", name, f"uid-{name}"),
        "catalogue", at, at + 12, "gone", at + 14, at + 14, 1, details={"grace_seconds": grace},
    )  # fmt: skip


def one(
    journey: str,
    sequence: int,
    begin: float,
    end: float,
    *,
    by: str = A,
    error: str = "",
    operation: str = "",
) -> Exchange:
    outcome = FAILED if error else OK
    return Exchange(
        sequence, journey, begin, begin, end, outcome, None, error, backend=by, operation=operation
    )


def stream(sequence: int, begin: float, end: float, *, by: str = A, error: str = "") -> list[Exchange]:
    return [
        one("follow", sequence, begin, begin + 0.01, by=by, operation="open"),
        one("follow", sequence, begin + 0.01, end, by=by, error=error, operation="stream"),
    ]


def judged(
    exchanges: Sequence[Exchange],
    *,
    faults: Sequence[FaultRecord] = (deleted(A, AT), deleted(B, LATER)),
    gone: Sequence[float] = (112.0, 142.5),
    pause: float | None = 4.0,
    health: GeneratorHealth = HEALTH,
    gaps: tuple[tuple[float, float], ...] = (),
    watched: bool = True,
) -> Verdict:
    pods = [
        *states(A, told_at=AT, gone_at=gone[0], pause=pause),
        *states(B, told_at=LATER, gone_at=gone[1], pause=pause),
        *states(NEW, told_at=math.inf, gone_at=math.inf),
    ]
    timeline = Timeline(0.0, 200.0, Clock(1.0, 0.5, 2.0), tuple(sorted(pods, key=lambda p: p.at)), gaps)
    seen = timeline if watched else None
    arm = Arm(exchanges=tuple(exchanges), faults=tuple(faults), timeline=seen, generator=health)
    return termination_drains(
        Observation(
            {TROUBLE: arm},
            "long-requests.catalogue",
            "long-requests",
            "catalogue",
            Disruption.VOLUNTARY,
            "browse",
            2,
            shop(file=FILE + LONG),
        )
    )


GOOD = [
    *stream(1, 95, 115), *stream(2, 96, 116, by=B), *stream(3, 120, 140, by=B),
    one("report", 1, 99, 101), one("report", 2, 129.5, 131, by=B), one("browse", 1, 99, 101, error="no"),
]  # fmt: skip
RESUMED = one("follow", 1, 105, 105.1, by=NEW, operation="resume 1")


def test_what_was_under_way_is_brought_to_its_end_and_passes() -> None:
    verdict = judged([*GOOD, RESUMED])
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "0 of 5 long requests under way when 2 pods were told to end broke (3 of follow, 2 of report; "
        "catalogue-a took 12.0 s of 20 s, catalogue-b took 12.5 s of 20 s)"
    )
    assert verdict.reasons == ("1 stream ended properly and resumed",)
    assert verdict.numbers == {
        "terminations": 2, "under_way": 5, "under_way_at_the_pods": 4, "broken": 0,
        "longest_termination_seconds": 12.5,
    }  # fmt: skip
    assert judged(GOOD).reasons == ()


@pytest.mark.parametrize(
    ("pause", "gone", "ends", "words"),
    [
        (4.0, 108.0, (104.1, 106.5), "4.10 s to 6.50 s after the deletion: the process ends at once on "
         "SIGTERM, which comes after a preStop sleep of 4 s"),
        (0.0, 104.0, (100.2, 102.4), "0.20 s to 2.40 s after the deletion: the process ends at once on "
         "SIGTERM, which comes without a preStop"),
        (4.0, 108.1, (104.1, 106.6), "4.10 s to 6.60 s after the deletion"),
        (None, 104.3, (104.1, 104.2), "4.10 s to 4.20 s after the deletion"),
        (4.0, 121.0, (117.5, 120.1), "17.5 s to 20.1 s after the deletion: it was killed at the end of its "
         "grace of 20 s"),
        (4.0, 121.0, (117.4, 120.1), "17.4 s to 20.1 s after the deletion"),
    ],
)  # fmt: skip
def test_what_breaks_fails_and_when_is_told(
    pause: float | None, gone: float, ends: tuple[float, float], words: str
) -> None:
    error = "the stream broke (connection closed in the middle of it)"
    broken = [
        *stream(7, 99, ends[0], error=error),
        one("report", 8, 99.5, ends[1], by="", error="status 503"),
    ]
    verdict = judged([*GOOD, *broken], pause=pause, gone=(gone, 142.5))
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    start = "2 of 7 long requests under way when 2 pods were told to end broke"
    assert verdict.observed.startswith(start)
    assert verdict.observed.endswith(f": at catalogue-a 1x status 503, 1x {error}, {words}")
    assert ("Handle SIGTERM" in verdict.next_step) == ("at once" in words)
    assert verdict.reasons == ("follow: 1 broke", "report: 1 broke")
    assert verdict.numbers["broken"] == 2


def test_sessions_that_a_proxy_cuts_when_the_endpoint_leaves_are_not_the_pod_s_doing() -> None:
    """Report 3: WebSockets are cut long before the grace is over; short requests beside them are green."""
    cut = [
        one("follow", number, 99, 100.3 + number / 10, error="connection closed", operation="lifetime")
        for number in (7, 8)
    ]
    verdict = judged([*GOOD, *cut])
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert "catalogue-a took 12.0 s of 20 s" in verdict.observed
    assert verdict.observed.endswith(
        "1.00 s to 1.10 s after the deletion: before SIGTERM, which comes after a preStop sleep of 4 s, so "
        "not the pod but what is before it closed them when its endpoint left"
    )
    assert verdict.next_step.startswith("Let the proxy in front go on with what has begun")


def test_an_answer_that_was_cut_is_told_with_what_had_come_of_it() -> None:
    """Report 4: its status was 200, and the rest of it never came."""
    cut = [
        replace(
            one("report", number, 99, 110, error="connection closed in the answer"),
            outcome=UNKNOWN, status=200, answer_bytes=size,
        )
        for number, size in ((8, 2048), (9, 65536))
    ]  # fmt: skip
    refused = replace(one("report", 10, 99, 110, error="status 503"), status=503, answer_bytes=12)
    verdict = judged([*GOOD, *cut, refused])
    assert verdict.outcome is Outcome.FAILED
    assert "2x connection closed in the answer, 1x status 503 (cut after 2,048 to 65,536 bytes), " in (
        verdict.observed
    )
    assert "(cut after 2,048 bytes)" in judged([*GOOD, cut[0]]).observed


def test_a_pod_that_ends_soon_and_breaks_nothing_is_no_reason() -> None:
    broken = [*stream(7, 99, 110, error="the stream broke")]
    verdict = judged([*GOOD, *broken], gone=(112.0, 133.0))
    assert verdict.outcome is Outcome.FAILED
    assert "at once" not in verdict.observed
    assert "Handle SIGTERM" not in verdict.next_step


def test_what_was_never_answered_broke_at_no_known_time() -> None:
    lost = replace(
        one("report", 8, 99.5, 0), completed_at=None, outcome=UNKNOWN, error="no answer", backend=""
    )
    verdict = judged([*GOOD, lost])
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.endswith(": at catalogue-b 1x no answer")


def test_a_stream_that_stood_through_one_and_broke_at_the_next_is_counted_once() -> None:
    broken = stream(7, 99, 134.2, by=B, error="the stream broke")
    for more in ([], [deleted(NEW, 160)]):
        verdict = judged([*GOOD, *broken], faults=[deleted(A, AT), deleted(B, LATER), *more])
        assert verdict.outcome is Outcome.FAILED
        assert verdict.numbers["broken"] == 1
    assert ": at catalogue-b 1x the stream broke, 4.20 s to 4.20 s after the deletion" in verdict.observed


def test_what_ended_in_that_very_moment_was_not_under_way() -> None:
    verdict = judged([*GOOD, one("report", 8, 98, AT, error="status 503")])
    assert verdict.outcome is Outcome.ERROR
    assert verdict.numbers["broken"] == 0


def test_without_a_timeline_nothing_is_known() -> None:
    verdict = judged(GOOD, watched=False)
    assert (verdict.outcome, verdict.observed) == (Outcome.INCONCLUSIVE, "no timeline was recorded")


def test_what_began_afterwards_or_had_ended_is_the_matter_of_others() -> None:
    beside = [
        one("report", 8, 100.0, 104, error="status 503"),
        one("report", 9, 112, 113, error="status 503"),
    ]
    assert judged([*GOOD, *beside]).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("gone", "outcome"), [(119.9, Outcome.PASSED), (120.0, Outcome.FAILED), (math.inf, Outcome.FAILED)]
)
def test_a_pod_that_takes_all_of_its_grace_is_killed(gone: float, outcome: Outcome) -> None:
    verdict = judged(GOOD, gone=(gone, 142.5))
    assert verdict.outcome is outcome, verdict.explain()
    assert ("a pod that takes all of its grace is killed" in verdict.observed) == (outcome is Outcome.FAILED)


def test_one_pod_is_told_of_in_the_singular() -> None:
    assert "when 1 pod was told to end broke" in judged(GOOD, faults=[deleted(A, AT)]).observed


def test_failures_before_are_not_the_disruption_s() -> None:
    verdict = judged([*GOOD, one("report", 8, 90, 91, error="status 503")])
    assert verdict.outcome is Outcome.ERROR
    assert verdict.observed.endswith("; before any pod was deleted, 1x status 503")


def test_little_evidence_is_no_pass() -> None:
    few = [*stream(1, 95, 115), one("report", 1, 99, 101), *stream(2, 96, 116, by="")]
    verdict = judged(few)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed.endswith("; 2 of them at the pods that ended are too few")
    assert judged([*few, one("report", 2, 129.5, 131, by=B)]).outcome is Outcome.PASSED
    none = judged([])
    assert none.outcome is Outcome.INCONCLUSIVE
    assert "(none was sent; " in none.observed
    late = replace(HEALTH, dropped=1)
    assert "the generator dropped 1" in judged(GOOD, health=late).observed
    assert judged(GOOD, health=late).outcome is Outcome.INCONCLUSIVE
    assert judged(GOOD, gaps=((105.0, 106.0),)).outcome is Outcome.INCONCLUSIVE


def test_without_verified_faults_of_the_kind_nothing_is_judged() -> None:
    assert judged(GOOD, faults=[]).outcome is Outcome.ERROR
    crash = replace(deleted(A, AT), disruption=Disruption.INVOLUNTARY)
    assert judged(GOOD, faults=[crash]).outcome is Outcome.ERROR


def test_a_pod_with_nothing_under_way_shows_nothing_whatever_the_others_had() -> None:
    more = [one("report", number, 98.0, 101.0) for number in range(5, 9)]
    mine = [each for each in GOOD if each.backend == A]
    verdict = judged([*mine, *more])
    assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.explain()
    assert verdict.observed.endswith("; none of them was at catalogue-b")
    broken = judged([*stream(1, 95, 108, error="closed early"), *more])
    assert broken.outcome is Outcome.FAILED
