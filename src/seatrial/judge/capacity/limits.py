"""What kept a system from serving more, as far as it was looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from seatrial.judge.capacity.search import held
from seatrial.judge.wording import percent
from seatrial.model.capacity import CapacityRun, ContainerUse, Trial
from seatrial.model.exchange import NEVER_CONNECTED

USED_UP = 0.9
"""Of a container's CPU limit; it cannot use all of it, for it is handed out in periods of 100 ms."""
THROTTLED = 0.1
MACHINE_BUSY = 0.95
MOST_OF = 0.5
MOST_NAMED = 3


def limited_by(run: CapacityRun, availability: float) -> list[str]:
    """What was used up in the trials that were not held, a sentence for each; or that nothing was seen."""
    over = [each for each in run.trials if not each.void and not held(each, availability)]
    if not over:
        return []
    found = [*_containers(over), *_machine(over), *_connections(over)]
    if found:
        return [*(f"limited by {each}" for each in found), *_missed(over)]
    if run.unseen:
        return [f"what limits it is unknown: {run.unseen}", *_missed(over)]
    return [
        "nothing that was looked at was used up (CPU of containers and machine): look at connections, pools "
        "and dependencies",
        *_missed(over),
    ]


def _errors(over: Sequence[Trial]) -> Counter[str]:
    return sum((Counter(trial.errors) for trial in over), Counter[str]())


def _connections(over: Sequence[Trial]) -> list[str]:
    """Requests for which no connection could be made, where they are most of what failed."""
    failed = sum(trial.failed for trial in over)
    unmade = sum(n for error, n in _errors(over).items() if error.startswith(NEVER_CONNECTED))
    if not unmade or unmade < MOST_OF * failed:
        return []
    return [
        f"connections: {unmade} of {failed} failed requests could make none; look at their number, the "
        "backlog and what lies in front"
    ]


def _missed(over: Sequence[Trial]) -> list[str]:
    """What went wrong in the trials that were not held: the errors, and the journey that missed the most."""
    named = ", ".join(f"{number} x {error}" for error, number in _errors(over).most_common(MOST_NAMED))
    worst = max(over, key=lambda each: each.worst_badness)
    words = f"own objectives missed by {worst.worst}: {worst.worst_badness:.3g} times what they allow"
    return [*([f"not held for {named}"] if named else []), *([words] if worst.worst_badness > 1 else [])]


def _containers(over: Sequence[Trial]) -> list[str]:
    found: dict[tuple[str, str], list[ContainerUse]] = {}
    for trial in over:
        for use in trial.uses:
            found.setdefault((use.role, use.container), []).append(use)
    sentences = []
    for (role, container), uses in sorted(found.items()):
        most = max(uses, key=_pressed)
        throttled = fmean(use.throttled or 0.0 for use in uses)
        if _pressed(most) >= USED_UP or throttled >= THROTTLED:
            words = f"CPU of container {container} of {role}: {most.cores:.2f} cores"
            words += f" of its limit {most.limit_cores:g}" if most.limit_cores else ""
            sentences.append(
                words + (f", throttled in {percent(throttled)} of its periods" if throttled else "")
            )
    return sentences


def _pressed(use: ContainerUse) -> float:
    return use.cores / use.limit_cores if use.limit_cores else 0.0


def _machine(over: Sequence[Trial]) -> list[str]:
    busy = [trial.machine_busy for trial in over if trial.machine_busy is not None]
    if not busy or fmean(busy) < MACHINE_BUSY:
        return []
    return [f"CPU of this machine, which the system shares with the generator: {percent(fmean(busy))} busy"]
