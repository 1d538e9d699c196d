"""How often the interval of a search for capacity holds the known truth of a simulated M/D/c server."""

from __future__ import annotations

import sys
import time
from pathlib import Path

SEARCHES = 100


def main() -> None:
    """Print it for three servers, with the width of the intervals and the number of trials."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
    from mdc import CASES, searched

    from seatrial.model.capacity import SearchPlan

    plan = SearchPlan(seconds=10)
    for server in CASES:
        began = time.process_time()
        runs = [searched(server, plan, f"{number}") for number in range(SEARCHES)]
        found = [each for each, _ in runs if each.identified and each.low and each.high]
        holding = sum(each.low <= server.capacity <= each.high for each in found)
        width = sum(each.high / each.low - 1 for each in found) / len(found)
        trials = sum(number for _, number in runs) / len(runs)
        print(
            f"M/D/{server.workers}, p99 {server.limit * 1000:.0f} ms: {holding} of {SEARCHES} intervals "
            f"({plan.confidence:.0%}) hold the true {server.capacity:g}/s; {len(found)} identified, "
            f"width {width:.0%}, {trials:.0f} trials, "
            f"{(time.process_time() - began) / SEARCHES * 1000:.0f} ms of CPU a search"
        )
