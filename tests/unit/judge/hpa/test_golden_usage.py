"""What one metric asks for: each case with its arithmetic, derived by hand from the documented rules.

Requests are 100 a pod unless a case says otherwise. `u` is utilization in whole percent, `r` the ratio.
"""

import pytest
from hpa_building import asked, pod, pods, resource, up

from seatrial.judge.hpa import Decision

GROWS_FREELY = up(("Percent", 10_000, 15), window=0)

CPU = [
    ("u = 200/200 = 100; r = 100/50 = 2; ceil(2 x 2) = 4", asked(resource(50, 100, 100), 2), 4),
    ("u = 50; r = 1", asked(resource(50, 50, 50), 2), 2),
    ("u = 55; r = 1.1, the upper edge belongs to the tolerance", asked(resource(50, 55, 55), 2), 2),
    ("u = 56; r = 1.12; ceil(2.24) = 3", asked(resource(50, 56, 56), 2), 3),
    ("u = 45; r = 0.9, the lower edge belongs to the tolerance", asked(resource(50, 45, 45, 45, 45), 4), 4),
    ("u = 30; r = 0.6; ceil(1.8) = 2", asked(resource(50, 30, 30, 30), 3), 2),
    ("u = 44; r = 0.88; ceil(1.76) = 2", asked(resource(50, 44, 44), 2), 2),
    (
        "166/300 = 55.33, cut to 55; r = 1.1: kept (uncut 1.107 would be 4)",
        asked(resource(50, 55, 55, 56), 3),
        3,
    ),
    ("168/300 = 56; r = 1.12; ceil(3.36) = 4", asked(resource(50, 56, 56, 56), 3), 4),
    ("200 % of 80: r = 2.5; ceil(2.5) = 3", asked(resource(80, 200), 1), 3),
    ("u = 120; r = 1.2; ceil(1.2 x 5 = 6.0) = 6", asked(resource(100, *[120] * 5), 5), 6),
    ("u = 121; r = 1.21; ceil(6.05) = 7", asked(resource(100, *[121] * 5), 5), 7),
    ("no load: u = 0; r = 0; 0, but minReplicas 1", asked(resource(50, 0, 0, 0), 3), 1),
    ("target 1 %: u = 3; r = 3; ceil(3 x 2) = 6, doubling allows 4", asked(resource(1, 3, 3), 2), 4),
    ("as before, with room to grow: 6", asked(resource(1, 3, 3), 2, behavior=GROWS_FREELY), 6),
    (
        "sums, not means: 130/400 = 32; r = 32/30 = 1.067: kept (mean of 100 % and 10 % is 55)",
        asked(resource(30, 100, 30), (pod(0, 100), pod(1, 300))),
        2,
    ),
    (
        "ready pods, not spec.replicas: 4 wanted, 3 there; u = 100; r = 2; ceil(2 x 3) = 6",
        asked(resource(50, 100, 100, 100), 3, spec=4),
        6,
    ),
    (
        "a foreign pod with the labels counts: 3 pods, spec 2; u = 100; ceil(2 x 3) = 6, doubling allows 4",
        asked(resource(50, 100, 100, 100), 3, spec=2),
        4,
    ),
    (
        "two containers: request 150, usage 120: u = 80; r = 1.6; ceil(1.6) = 2",
        asked(resource(50, 120), (pod(requests={"app": {"cpu": 100}, "proxy": {"cpu": 50}}),)),
        2,
    ),
    (
        "pod-level request 400 before the containers' 100: u = 100/400 = 25; r = 0.5; ceil(0.5) = 1",
        asked(resource(50, 100), (pod(pod_requests={"cpu": 400}),)),
        1,
    ),
    (
        "ContainerResource takes one container: 90/100 = 90; r = 1.8; ceil(1.8) = 2",
        asked(
            resource(50, 90, kind="cpu", container="app"),
            (pod(requests={"app": {"cpu": 100}, "proxy": {"cpu": 900}}, pod_requests={"cpu": 5000}),),
        ),
        2,
    ),
    (
        "a sample of a pod that is gone is not in the sums: u = 200/200; r = 2; ceil(2 x 2) = 4",
        asked(resource(50, 100, 100, 999), 2),
        4,
    ),
]

APART = [
    (
        "deleting: out of count and sums: u = 100; r = 2; ceil(2 x 2) = 4",
        asked(resource(50, 100, 100, 0), (*pods(2), pod(2, deleting=True))),
        4,
    ),
    (
        "Failed: the same",
        asked(resource(50, 100, 100, 0), (*pods(2), pod(2, phase="Failed"))),
        4,
    ),
    (
        "Pending when growing counts 0: u = 200/200, r = 2; again 200/300 = 66, r = 1.32; ceil(1.32 x 3) = 4",
        asked(resource(50, 100, 100, None), (*pods(2), pod(2, phase="Pending"))),
        4,
    ),
    (
        "Pending when shrinking is left out: u = 20; r = 0.4; ceil(0.4 x 2) = 1",
        asked(resource(50, 20, 20, None), (*pods(2), pod(2, phase="Pending"))),
        1,
    ),
    (
        "Pending damps the growth into the tolerance: r = 1.2; again 120/300 = 40, r = 0.8 turns round: kept",
        asked(resource(50, 60, 60, None), (*pods(2), pod(2, phase="Pending"))),
        3,
    ),
    (
        "growth damped but not turned: r = 1.8; again 180/300 = 60, r = 1.2; ceil(1.2 x 3) = 4",
        asked(resource(50, 90, 90, None), (*pods(2), pod(2, phase="Pending"))),
        4,
    ),
    (
        "missing when shrinking uses all: u = 10, r = 0.2; again 120/300 = 40, r = 0.8; ceil(2.4) = 3",
        asked(resource(50, 10, 10, None), 3),
        3,
    ),
    (
        "missing when shrinking: u = 10, r = 0.2; again (90 + 100)/1000 = 19, r = 0.38; ceil(3.8) = 4",
        asked(resource(50, *[10] * 9, None), 10),
        4,
    ),
    (
        "missing when growing counts 0: u = 100, r = 2; again 200/300 = 66, r = 1.32; ceil(3.96) = 4",
        asked(resource(50, 100, 100, None), 3),
        4,
    ),
    (
        "missing turns growth round: u = 60, r = 1.2; again 60/300 = 20, r = 0.4: kept",
        asked(resource(50, 60, None, None), 3),
        3,
    ),
    (
        "missing turns shrinking round: u = 40, r = 0.8; again 140/200 = 70, r = 1.4: kept",
        asked(resource(50, 40, None), 2),
        2,
    ),
    (
        "target above 100 %: missing uses it: u = 20, r = 0.1; again 220/200 = 110, r = 0.55; ceil(1.1) = 2",
        asked(resource(200, 20, None), 2),
        2,
    ),
    (
        "exactly on target nothing is filled in: u = 50, r = 1: kept",
        asked(resource(50, 50, None), 2),
        2,
    ),
    (
        "the wrong way: spec 8, 4 there, 1 missing; r = 1.6; again 240/400 = 60, r = 1.2; 5 < 8: kept",
        asked(resource(50, 80, 80, 80, None), 4, spec=8),
        8,
    ),
    (
        "missing and Pending together: u = 200, r = 4; again 200/300 = 66, r = 1.32; ceil(3.96) = 4",
        asked(resource(50, 200, None, None), (*pods(2), pod(2, phase="Pending"))),
        4,
    ),
]

READINESS = [
    (
        "in its first 5 minutes and not Ready: counts 0 when growing: 100/200 = 50, r = 1: kept",
        asked(resource(50, 100, 100), (pod(0), pod(1, age=60, ready="False", ready_for=60))),
        2,
    ),
    (
        "first 5 minutes, Ready for 30 s, the window of 15 s lies after that: counts: ceil(2 x 2) = 4",
        asked(resource(50, 100, 100, sample_age=5), (pod(0), pod(1, age=60, ready_for=30))),
        4,
    ),
    (
        "first 5 minutes, Ready for 10 s: the window began before that: does not count: kept",
        asked(resource(50, 100, 100, sample_age=5), (pod(0), pod(1, age=60, ready_for=10))),
        2,
    ),
    (
        "the sample ends exactly one window after Ready: counts: ceil(2 x 2) = 4",
        asked(resource(50, 100, 100, sample_age=5), (pod(0), pod(1, age=60, ready_for=20))),
        4,
    ),
    (
        "after 5 minutes, unready for a minute, was ready before: still counts: ceil(2 x 2) = 4",
        asked(resource(50, 100, 100), (pod(0), pod(1, age=400, ready="False", ready_for=60))),
        4,
    ),
    (
        "after 5 minutes, unready since 20 s after its start: never was ready: kept",
        asked(resource(50, 100, 100), (pod(0), pod(1, age=400, ready="False", ready_for=380))),
        2,
    ),
    (
        "unready since exactly 30 s after its start: that is no longer soon: ceil(2 x 2) = 4",
        asked(resource(50, 100, 100), (pod(0), pod(1, age=400, ready="False", ready_for=370))),
        4,
    ),
    (
        "without a start time: does not count: kept",
        asked(resource(50, 100, 100), (pod(0), pod(1, age=None, ready_for=60))),
        2,
    ),
    (
        "without a Ready condition: does not count: kept",
        asked(resource(50, 100, 100), (pod(0), pod(1, ready=""))),
        2,
    ),
    (
        "Ready Unknown is not False: counts after 5 minutes: ceil(2 x 2) = 4",
        asked(resource(50, 100, 100), (pod(0), pod(1, ready="Unknown"))),
        4,
    ),
    (
        "memory does not look at readiness: u = 100, ceil(2 x 2) = 4",
        asked(resource(50, 100, 100, kind="memory"), (pod(0), pod(1, age=60, ready="False", ready_for=60))),
        4,
    ),
    (
        "a shorter initialisation period: 60 s old, period 30 s, unready for 5 s: was ready: ceil(2 x 2) = 4",
        asked(
            resource(50, 100, 100),
            (pod(0), pod(1, age=60, ready="False", ready_for=5)),
            cpu_initialization_seconds=30.0,
        ),
        4,
    ),
    (
        "a CPU AverageValue looks at readiness, too: 150, r = 1.5; again 150/2 = 75, r = 0.75: kept",
        asked(
            resource(100, 150, 150, target_type="AverageValue"),
            (pod(0), pod(1, age=60, ready="False", ready_for=60)),
        ),
        2,
    ),
]


@pytest.mark.parametrize(
    ("arithmetic", "decision", "replicas"),
    [*CPU, *APART, *READINESS],
)
def test_usage(arithmetic: str, decision: Decision, replicas: int) -> None:
    assert decision.replicas == replicas, decision.why
