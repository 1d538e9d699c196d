"""How many decisions it takes to get enough replicas, when the CPU limit hides the rest of the load."""

from __future__ import annotations

import math


def cycles_to_reach(
    replicas: int, wanted: int, *, request: int, limit: int, target: int, tolerance: float = 0.1
) -> int | None:
    """The least number of scale-ups from `replicas` to `wanted` under a load that keeps every pod at its
    limit.

    A pod cannot use more than its limit, so utilization is at most `limit / request` and one decision grows
    by at most that over the target: with limit = request and a target of 75 %, by a third. Policies and
    maxReplicas may make it longer; they are not counted here. None when the target can never be exceeded.

    Args:
        request, limit: CPU of a pod, thousandths.
        target: utilization in percent.
    """
    ratio = (100 * limit // request) / target
    count = 0
    while replicas < wanted:
        following = math.ceil(ratio * replicas)
        if ratio <= 1.0 + tolerance or following <= replicas:
            return None
        replicas, count = following, count + 1
    return count
