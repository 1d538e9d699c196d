"""What pods wrote around a failure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seatrial.judge.path import Path, path_of
from seatrial.model.exchange import Exchange
from seatrial.model.log import LogLine
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline

AROUND_SECONDS = 5.0
MOST_OF_A_POD = 12
MOST_LINES = 60
QUOTED_WITHIN_SECONDS = 2.0
TROUBLE_WORDS = re.compile(
    r"\b(error|exception|traceback|panic|fatal|critical|refused|reset|unavailable|unhealthy|deadline exceeded"
    r"|timed? ?-?out|out of memory|no space left|too many)\b|\"status\"\s*:\s*\"?5\d\d\b",
    re.IGNORECASE,
)
"""How a line says that something went wrong, whoever wrote it; the last one is an access log's."""


def around_first_failure(
    logs: Sequence[LogLine] | None, timeline: Timeline | None, path: Path, failed: Sequence[Exchange]
) -> list[LogLine]:
    """The lines nearest to the first failure that pods on its path wrote, in the order of time."""
    if not logs or not failed:
        return []
    first = min(exchange.planned_at for exchange in failed)
    pods = None if timeline is None else {states[-1].name for states in path.pods(timeline)}
    near = [
        line for line in logs if abs(line.at - first) <= AROUND_SECONDS and (pods is None or line.pod in pods)
    ]
    near.sort(key=lambda line: (not TROUBLE_WORDS.search(line.text), abs(line.at - first)))
    of_pod: dict[str, int] = {}
    kept: list[LogLine] = []
    for line in near:
        of_pod[line.pod] = of_pod.get(line.pod, 0) + 1
        if of_pod[line.pod] <= MOST_OF_A_POD and len(kept) < MOST_LINES:
            kept.append(line)
    return sorted(kept, key=lambda line: line.at)


def telling(observation: Observation, failed: Sequence[Exchange]) -> LogLine | None:
    """The line nearest to the first failure in which a pod on the path says that something went wrong."""
    path = path_of(observation, failed)
    lines = around_first_failure(observation.trouble.logs, observation.timeline, path, failed)
    if not lines:
        return None
    first = min(exchange.planned_at for exchange in failed)
    near = [
        line
        for line in lines
        if TROUBLE_WORDS.search(line.text) and abs(line.at - first) <= QUOTED_WITHIN_SECONDS
    ]
    return min(near, key=lambda line: abs(line.at - first), default=None)
