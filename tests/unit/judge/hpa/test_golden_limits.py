"""How a proposal is held back: each case with its arithmetic, derived by hand from the documented rules.

`wants(n, current)` is a metric that asks for n.
"""

import pytest
from hpa_building import (
    BROKEN,
    asked,
    down,
    recommended,
    resource,
    total,
)

from seatrial.judge.hpa import Decision, Memory, Metric


def wants(replicas: int) -> Metric:
    """Asks for `replicas`: so many jobs at one each."""
    return total("External", "AverageValue", 1, replicas)


BOUNDS = [
    ("7 of at most 5", asked(wants(7), 4, bounds=(1, 5)), 5, "TooManyReplicas"),
    ("1 of at least 3", asked(wants(1), 4, bounds=(3, 9)), 3, "TooFewReplicas"),
    ("5 within 1 to 9", asked(wants(5), 4, bounds=(1, 9)), 5, "DesiredWithinRange"),
    ("6 above maxReplicas 5: at once, no metric is asked", asked(BROKEN, 6, bounds=(1, 5)), 5, ""),
    ("1 below minReplicas 3: at once, no metric is asked", asked(BROKEN, 1, bounds=(3, 5)), 3, ""),
    (
        "above maxReplicas whatever the policies say",
        asked(wants(9), 9, bounds=(1, 5), behavior=down(select="Disabled")),
        5,
        "",
    ),
    ("zero replicas: switched off", asked(wants(5), 0), 0, ""),
    ("zero, and the gate alone does not wake it", asked(wants(5), 0, scale_to_zero=True), 0, ""),
    (
        "zero by the controller itself: wakes: ceil(5/1) = 5, at most 4",
        asked(wants(5), 0, bounds=(0, 9), scale_to_zero=True, scaled_to_zero=True),
        4,
        "ScaleUpLimit",
    ),
    ("zero, but the gate is off", asked(wants(5), 0, bounds=(0, 9), scaled_to_zero=True), 0, ""),
    (
        "zero with a CPU metric only: cannot wake",
        asked(resource(50, 10), 0, bounds=(0, 9), scale_to_zero=True, scaled_to_zero=True),
        0,
        "",
    ),
    (
        "from zero a Value is the ratio: ceil(25/10) = 3",
        asked(total("External", "Value", 10, 25), 0, bounds=(0, 9), scale_to_zero=True, scaled_to_zero=True),
        3,
        "DesiredWithinRange",
    ),
    (
        "from zero without tolerance: ceil(10.5/10) = 2",
        asked(
            total("External", "Value", 100, 105), 0, bounds=(0, 9), scale_to_zero=True, scaled_to_zero=True
        ),
        2,
        "DesiredWithinRange",
    ),
    ("to zero: 0 of at least 0", asked(wants(0), 2, bounds=(0, 9)), 0, "DesiredWithinRange"),
]

PLAIN = [
    ("twice 3 is 6", asked(wants(20), 3), 6, "ScaleUpLimit"),
    ("4 where twice is less: 1 to 4", asked(wants(20), 1), 4, "ScaleUpLimit"),
    ("maxReplicas 5 before twice 3", asked(wants(20), 3, bounds=(1, 5)), 5, "TooManyReplicas"),
    (
        "maxReplicas 6 equals twice 3: it is called the bound",
        asked(wants(20), 3, bounds=(1, 6)),
        6,
        "TooManyReplicas",
    ),
    (
        "a new controller remembers the current 6",
        asked(wants(2), 6, memory=Memory()),
        6,
        "DesiredWithinRange",
    ),
    (
        "down: the highest of 5 minutes is 4",
        asked(wants(2), 6, memory=recommended((400, 9), (200, 4), (10, 3))),
        4,
        "DesiredWithinRange",
    ),
    (
        "down: all older ones are forgotten",
        asked(wants(2), 6, memory=recommended((400, 9), (301, 8))),
        2,
        "DesiredWithinRange",
    ),
    (
        "exactly 5 minutes old still counts",
        asked(wants(2), 6, memory=recommended((300, 5))),
        5,
        "DesiredWithinRange",
    ),
    (
        "a higher recommendation holds even growth up: 5 wanted, 7 recommended",
        asked(wants(5), 4, memory=recommended((60, 7))),
        7,
        "DesiredWithinRange",
    ),
    (
        "the flag: a window of 60 s",
        asked(wants(2), 6, memory=recommended((61, 6)), downscale_stabilization_seconds=60.0),
        2,
        "DesiredWithinRange",
    ),
]


@pytest.mark.parametrize(
    ("arithmetic", "decision", "replicas", "limited"),
    [*BOUNDS, *PLAIN],
)
def test_limits(arithmetic: str, decision: Decision, replicas: int, limited: str) -> None:
    assert (decision.replicas, decision.limited) == (replicas, limited), decision.why
