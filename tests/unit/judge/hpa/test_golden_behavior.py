"""How `behavior` holds a proposal back: each case with its arithmetic, derived by hand from the rules.

`wants(n, current)` is a metric that asks for n.
"""

import pytest
from hpa_building import (
    asked,
    down,
    past,
    recommended,
    rules,
    total,
    up,
)

from seatrial.judge.hpa import Behavior, Decision, Memory, Metric


def wants(replicas: int) -> Metric:
    """Asks for `replicas`: so many jobs at one each."""
    return total("External", "AverageValue", 1, replicas)


DEFAULTED = Behavior()

DEFAULTS = [
    (
        "up: 4 pods or 100 %: 2 + 4 = 6, 2 x 2 = 4: the larger, 6",
        asked(wants(50), 2, behavior=DEFAULTED),
        6,
        "ScaleUpLimit",
    ),
    ("up: 10 + 4 = 14, 10 x 2 = 20: 20", asked(wants(50), 10, behavior=DEFAULTED), 20, "ScaleUpLimit"),
    (
        "up again within 15 s: began with 2, so 6 at most; 6 are there",
        asked(wants(50), 6, behavior=DEFAULTED, memory=Memory(past((20, 50)), past((10, 4)))),
        6,
        "ScaleUpLimit",
    ),
    (
        "up after 15 s: began with 6: 6 + 4 = 10, 12: 12",
        asked(wants(50), 6, behavior=DEFAULTED, memory=Memory(past((20, 50)), past((16, 4)))),
        12,
        "ScaleUpLimit",
    ),
    (
        "an event exactly 15 s old is over: 12",
        asked(wants(50), 6, behavior=DEFAULTED, memory=Memory(past((20, 50)), past((15, 4)))),
        12,
        "ScaleUpLimit",
    ),
    (
        "down: window of 5 minutes, 100 %: the highest is 6",
        asked(wants(2), 8, behavior=DEFAULTED, memory=recommended((100, 6))),
        6,
        "DesiredWithinRange",
    ),
    (
        "down: nothing in the window: all at once",
        asked(wants(2), 8, behavior=DEFAULTED, memory=recommended((301, 8))),
        2,
        "DesiredWithinRange",
    ),
    (
        "exactly 5 minutes old does not count (with behavior)",
        asked(wants(2), 8, behavior=DEFAULTED, memory=recommended((300, 8))),
        2,
        "DesiredWithinRange",
    ),
    (
        "only scaleDown given: scaleUp keeps its defaults: 2 + 4",
        asked(wants(50), 2, behavior=down(("Pods", 1, 60))),
        6,
        "ScaleUpLimit",
    ),
    (
        "a scaleDown with policies only keeps its window: 7 recommended",
        asked(wants(2), 8, behavior=down(("Pods", 1, 60)), memory=recommended((200, 7))),
        7,
        "DesiredWithinRange",
    ),
    (
        "the flag fills the window: 60 s",
        asked(
            wants(2), 8, behavior=DEFAULTED, memory=recommended((61, 8)), downscale_stabilization_seconds=60.0
        ),
        2,
        "DesiredWithinRange",
    ),
]

POLICIES = [
    ("up 1 pod: 5 + 1", asked(wants(9), 5, behavior=up(("Pods", 1, 60))), 6, "ScaleUpLimit"),
    ("up 10 % of 5: ceil(5.5) = 6", asked(wants(9), 5, behavior=up(("Percent", 10, 60))), 6, "ScaleUpLimit"),
    (
        "up 10 % of 1: ceil(1.1) = 2: rounding up lets it grow at all",
        asked(wants(9), 1, behavior=up(("Percent", 10, 60))),
        2,
        "ScaleUpLimit",
    ),
    (
        "Max of 1 pod and 100 %: 10",
        asked(wants(50), 5, behavior=up(("Pods", 1, 60), ("Percent", 100, 60))),
        10,
        "ScaleUpLimit",
    ),
    (
        "Min of 1 pod and 100 %: 6",
        asked(wants(50), 5, behavior=up(("Pods", 1, 60), ("Percent", 100, 60), select="Min")),
        6,
        "ScaleUpLimit",
    ),
    ("Disabled: 5", asked(wants(50), 5, behavior=up(select="Disabled")), 5, "ScaleUpLimit"),
    (
        "3 of 4 used in this minute: began with 5, so 9 at most",
        asked(wants(50), 8, behavior=up(("Pods", 4, 60)), memory=Memory((), past((30, 3)))),
        9,
        "ScaleUpLimit",
    ),
    (
        "more used than allowed: no way down by that: 12 stays",
        asked(wants(50), 12, behavior=up(("Pods", 4, 60)), memory=Memory((), past((30, 9)))),
        12,
        "ScaleUpLimit",
    ),
    (
        "what was taken away in the period is given back: began with 8 + 2 = 10: 11 at most",
        asked(wants(50), 8, behavior=up(("Pods", 1, 60)), memory=Memory((), (), past((30, 2)))),
        11,
        "ScaleUpLimit",
    ),
    (
        "each policy its period: 2 pods in 15 s: 8 + 2 = 10; 50 % in 60 s: began with 4: 6; Max: 10",
        asked(
            wants(50), 8, behavior=up(("Pods", 2, 15), ("Percent", 50, 60)), memory=Memory((), past((30, 4)))
        ),
        10,
        "ScaleUpLimit",
    ),
    (
        "down 1 pod: 9 - 1",
        asked(wants(2), 9, behavior=down(("Pods", 1, 60))),
        8,
        "ScaleDownLimit",
    ),
    (
        "down 10 % of 9: 8.1 cut to 8",
        asked(wants(2), 9, behavior=down(("Percent", 10, 60))),
        8,
        "ScaleDownLimit",
    ),
    (
        "down 10 % of 5: 4.5 cut to 4",
        asked(wants(2), 5, behavior=down(("Percent", 10, 60))),
        4,
        "ScaleDownLimit",
    ),
    (
        "Max of 1 pod and 50 %: the larger change: 5",
        asked(wants(2), 10, behavior=down(("Pods", 1, 60), ("Percent", 50, 60))),
        5,
        "ScaleDownLimit",
    ),
    (
        "Min of 1 pod and 50 %: the smaller change: 9",
        asked(wants(2), 10, behavior=down(("Pods", 1, 60), ("Percent", 50, 60), select="Min")),
        9,
        "ScaleDownLimit",
    ),
    (
        "Disabled: 10",
        asked(wants(2), 10, behavior=down(select="Disabled")),
        10,
        "ScaleDownLimit",
    ),
    (
        "2 of 3 gone in this minute: began with 10, so 7 at least",
        asked(wants(2), 8, behavior=down(("Pods", 3, 60)), memory=Memory(past((400, 0)), (), past((30, 2)))),
        7,
        "ScaleDownLimit",
    ),
    (
        "more gone than allowed: 4 stays",
        asked(wants(1), 4, behavior=down(("Pods", 3, 60)), memory=Memory(past((400, 0)), (), past((30, 6)))),
        4,
        "ScaleDownLimit",
    ),
    (
        "minReplicas 8 before the policy's 5",
        asked(wants(2), 10, bounds=(8, 20), behavior=down(("Percent", 50, 60))),
        8,
        "TooFewReplicas",
    ),
]

WINDOWS = [
    (
        "up window 60 s: the lowest, 5, of [5, 9 now]",
        asked(wants(9), 4, behavior=up(window=60), memory=recommended((30, 5))),
        5,
        "DesiredWithinRange",
    ),
    (
        "up window 60 s: a recommendation below the current does not shrink it",
        asked(wants(9), 4, behavior=up(window=60), memory=recommended((30, 2))),
        4,
        "DesiredWithinRange",
    ),
    (
        "up window over: 9, at most 4 + 4 = 8",
        asked(wants(9), 4, behavior=up(window=60), memory=recommended((61, 2))),
        8,
        "ScaleUpLimit",
    ),
    (
        "down window 60 s: the highest, 6, of [6, 2 now]",
        asked(wants(2), 8, behavior=down(window=60), memory=recommended((30, 6))),
        6,
        "DesiredWithinRange",
    ),
    (
        "down window 0: at once",
        asked(wants(2), 8, behavior=down(window=0), memory=recommended((1, 8))),
        2,
        "DesiredWithinRange",
    ),
    (
        "both windows hold: between 3 (lowest) and 7 (highest) the current 5 stays",
        asked(
            wants(5),
            5,
            behavior=Behavior(rules(window=60), rules(window=60)),
            memory=recommended((30, 3), (20, 7)),
        ),
        5,
        "DesiredWithinRange",
    ),
    (
        "a restarted controller remembers the current 8: window 300: stays",
        asked(wants(2), 8, behavior=DEFAULTED, memory=Memory()),
        8,
        "DesiredWithinRange",
    ),
    (
        "and with the up window: stays at the current 4",
        asked(wants(9), 4, behavior=up(window=60), memory=Memory()),
        4,
        "DesiredWithinRange",
    ),
    (
        "a restart forgets the policy's events: 4 more at once",
        asked(wants(50), 6, behavior=up(("Pods", 4, 60)), memory=Memory()),
        10,
        "ScaleUpLimit",
    ),
]


@pytest.mark.parametrize(
    ("arithmetic", "decision", "replicas", "limited"),
    [*DEFAULTS, *POLICIES, *WINDOWS],
)
def test_behavior(arithmetic: str, decision: Decision, replicas: int, limited: str) -> None:
    assert (decision.replicas, decision.limited) == (replicas, limited), decision.why
