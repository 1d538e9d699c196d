"""Who changed the number of replicas of a workload: its autoscaler, or somebody beside it. Pure."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.judge.foreign import OURS, is_scaled, writers_of_change
from seatrial.judge.wording import plural, seconds
from seatrial.model.timeline import Timeline

AGAIN = 2
"""Whoever writes the number this often is a second controller; a person at a keyboard does so once."""


@dataclass(frozen=True)
class Rescale:
    """A change of spec.replicas.

    Attributes:
        at: when it was seen.
        manager: who wrote it, by its managedFields; empty where they do not say.
        decided: whether it is the write of the workload's autoscaler.
    """

    at: float
    before: int
    after: int
    manager: str
    decided: bool

    @property
    def grows(self) -> bool:
        return self.after > self.before

    def told(self, since: float, what: str = "the step") -> str:
        """E.g. `33.4 s after the step: 2 -> 4 by kube-controller-manager`."""
        who = self.manager or ("the autoscaler" if self.decided else "somebody unknown")
        return f"{seconds(self.at - since)} after {what}: {self.before} -> {self.after} by {who}"


def rescales(timeline: Timeline, role: str, since: float) -> Iterator[Rescale]:
    """Each change of the number of replicas from `since` on, in the order of time."""
    for before, after in itertools.pairwise(timeline.workload_states(role)):
        if after.at < since or before.wanted == after.wanted:
            continue
        writers = writers_of_change(before, after)
        managers = sorted({writer.manager for writer in writers} - {""})
        decided = is_scaled(timeline, before, after, writers)
        yield Rescale(after.at, before.wanted, after.wanted, ", ".join(managers), decided)


def second_writer(changes: Sequence[Rescale]) -> str:
    """Who else writes the number again and again; empty when nobody does."""
    others = Counter(one.manager for one in changes if not one.decided and one.manager not in ("", OURS))
    manager, count = next(iter(others.most_common(1)), ("", 0))
    return manager if count >= AGAIN else ""


def writer_help(manager: str) -> str:
    """What to do about a second writer."""
    return (
        f"Two write spec.replicas: the autoscaler and {manager}. Take `replicas` out of what {manager} "
        "applies, or have it ignore the field: each of its writes undoes a decision in the middle of a peak."
    )


def by_whom(changes: Sequence[Rescale]) -> str:
    """E.g. `3 by kube-controller-manager, 2 by argocd`."""
    counted = Counter(one.manager or "somebody unknown" for one in changes)
    return ", ".join(f"{count} by {name}" for name, count in counted.most_common()) or plural(0, "change")
