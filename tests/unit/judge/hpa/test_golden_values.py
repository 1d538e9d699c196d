"""Values, several metrics, tolerances: each case with its arithmetic, derived by hand from the rules.

Requests are 100 a pod unless a case says otherwise. `u` is utilization in whole percent, `r` the ratio.
"""

import pytest
from hpa_building import BROKEN, asked, down, plain, pod, resource, total, up

from seatrial.judge.hpa import Decision

VALUES = [
    ("Pods: average 15, target 10: r = 1.5; ceil(3) = 3", asked(plain(10, 15, 15), 2), 3),
    ("Pods: (15 + 16)/2 = 15.5, cut to 15: r = 1.5; ceil(3.0) = 3", asked(plain(10, 15, 16), 2), 3),
    ("Pods: average 11: r = 1.1: kept", asked(plain(10, 11, 11), 2), 2),
    ("Pods: average 12: r = 1.2; ceil(2.4) = 3", asked(plain(10, 12, 12), 2), 3),
    (
        "Pods: missing when shrinking uses the target: 2; again (2 + 10)/2 = 6: r = 0.6; 2",
        asked(plain(10, 2, None), 2),
        2,
    ),
    (
        "Pods: missing when growing uses 0: 40; again 40/2 = 20: r = 2; ceil(4) = 4",
        asked(plain(10, 40, None), 2),
        4,
    ),
    (
        "Pods: readiness does not matter: ceil(2 x 2) = 4",
        asked(plain(10, 20, 20), (pod(0), pod(1, age=60, ready="False", ready_for=60))),
        4,
    ),
    (
        "Resource AverageValue needs no request: 300 of 100: r = 3; ceil(3 x 1) = 3",
        asked(resource(100, 300, target_type="AverageValue"), (pod(requests={"app": {}}),)),
        3,
    ),
    (
        "Object Value: 30/10: r = 3; ceil(3 x 2 ready) = 6, doubling allows 4",
        asked(total("Object", "Value", 10, 30), 2),
        4,
    ),
    ("Object Value: 30/20: r = 1.5; ceil(1.5 x 2) = 3", asked(total("Object", "Value", 20, 30), 2), 3),
    ("Object Value: 21/20: r = 1.05: kept", asked(total("Object", "Value", 20, 21), 2), 2),
    (
        "Object Value counts Running and Ready pods only: ceil(1.5 x 1) = 2",
        asked(total("Object", "Value", 20, 30), (pod(0), pod(1, ready="False"), pod(2, phase="Pending"))),
        2,
    ),
    (
        "Object AverageValue: 45/(10 x 3) = 1.5; ceil(45/10) = 5",
        asked(total("Object", "AverageValue", 10, 45), 3),
        5,
    ),
    (
        "Object AverageValue: 32/(10 x 3) = 1.067: status.replicas",
        asked(total("Object", "AverageValue", 10, 32), 3),
        3,
    ),
    (
        "AverageValue within tolerance gives status.replicas 3, not spec.replicas 5",
        asked(total("Object", "AverageValue", 10, 32), 3, spec=5, status=3),
        3,
    ),
    (
        "External Value adds up: (10 + 20)/20: r = 1.5; ceil(1.5 x 2) = 3",
        asked(total("External", "Value", 20, 10, 20), 2),
        3,
    ),
    (
        "External AverageValue: ceil((10 + 25)/10) = 4",
        asked(total("External", "AverageValue", 10, 10, 25), 2),
        4,
    ),
    (
        "External AverageValue of nothing: ceil(0) = 0, but minReplicas 1",
        asked(total("External", "AverageValue", 10, 0), 3),
        1,
    ),
]

SEVERAL = [
    ("the highest wins: 3 and 4", asked((plain(10, 15, 15), resource(50, 100, 100)), 2), 4),
    ("in any order", asked((resource(50, 100, 100), plain(10, 15, 15)), 2), 4),
    ("one keeps (2), one shrinks (1): 2", asked((resource(50, 50, 50), plain(10, 1, 1)), 2), 2),
    ("one fails, the other grows to 4: 4", asked((BROKEN, resource(50, 100, 100)), 2), 4),
    ("one fails, the other would shrink to 1: no decision", asked((BROKEN, resource(50, 10, 10)), 2), 2),
    ("one fails, the other keeps: 2", asked((BROKEN, resource(50, 50, 50)), 2), 2),
    ("all fail: no decision", asked((BROKEN, BROKEN), 2), 2),
    (
        "a container without a request makes the metric fail",
        asked(resource(50, 500, 500), (pod(0), pod(1, requests={"app": {"cpu": 100}, "proxy": {}}))),
        2,
    ),
    (
        "also in a pod that is being deleted",
        asked(resource(50, 500, 500), (pod(0), pod(1, requests={"app": {}}, deleting=True))),
        2,
    ),
    ("a container that is not there makes it fail", asked(resource(50, 500, container="other"), 1), 1),
    ("no samples at all", asked(resource(50, None, None), 2), 2),
    (
        "samples of unready pods only",
        asked(resource(50, 500), (pod(0, ready="False", age=60, ready_for=60),)),
        1,
    ),
    ("no pods", asked(resource(50, 500), 0, spec=2), 2),
    ("no pods for a ratio of an Object", asked(total("Object", "Value", 10, 30), 0, spec=2), 2),
]

TOLERANCE = [
    ("up 0.2: r = 1.2 kept", asked(resource(50, 60, 60), 2, behavior=up(tolerance=0.2)), 2),
    ("up 0.2: 61/50 = 1.22; ceil(2.44) = 3", asked(resource(50, 61, 61), 2, behavior=up(tolerance=0.2)), 3),
    ("up 0: 51/50 = 1.02; ceil(2.04) = 3", asked(resource(50, 51, 51), 2, behavior=up(tolerance=0.0)), 3),
    (
        "up 0.2 leaves the way down at 0.1: 44/50 = 0.88; ceil(8.8) = 9",
        asked(resource(50, *[44] * 10), 10, behavior=up(tolerance=0.2)),
        9,
    ),
    (
        "down 0: 49/50 = 0.98; ceil(0.98 x 50 = 49) = 49",
        asked(resource(50, *[49] * 50), 50, behavior=down(tolerance=0.0)),
        49,
    ),
    ("down 0.5: 26/50 = 0.52 kept", asked(resource(50, *[26] * 10), 10, behavior=down(tolerance=0.5)), 10),
    ("the controller's flag: 0.3: 65/50 = 1.3 kept", asked(resource(50, 65, 65), 2, tolerance=0.3), 2),
]


@pytest.mark.parametrize(
    ("arithmetic", "decision", "replicas"),
    [*VALUES, *SEVERAL, *TOLERANCE],
)
def test_values(arithmetic: str, decision: Decision, replicas: int) -> None:
    assert decision.replicas == replicas, decision.why
