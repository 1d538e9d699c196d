"""Which of the collected checks are carried out, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from seatrial.errors import suggestion
from seatrial.model.check import Check, Every, check_of
from seatrial.model.plan import Profile
from seatrial.model.profile import judged_by, leaves_out
from seatrial.model.verdict import Mode, named

if TYPE_CHECKING:
    from seatrial.model.system import System


def subject_of(item: pytest.Item) -> str:
    """The workload that an item judges, or `system`."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    return str(params.get("observation") or params.get("subject") or "system")


def called_result(item: pytest.Item) -> str:
    """The name of the result that an item of a check reports."""
    found = check_of(getattr(item, "function", None))
    return named(found.id, subject_of(item)) if found is not None else item.nodeid


def unnamed(items: Sequence[pytest.Item], wanted: Collection[str]) -> set[pytest.Item]:
    """What `--check` drops: everything that it does not name; nothing where it names nothing.

    Raises:
        pytest.UsageError: it names a check that is not among the items; says which is the nearest.
    """
    if not wanted:
        return set()
    ids = {item: found.id for item, found in _checks(items)}
    for name in wanted:
        if name not in ids.values():
            hint = suggestion(name, set(ids.values()))
            raise pytest.UsageError(f"--check {name}: no such check among those collected. {hint}")
    return {item for item in items if ids.get(item) not in wanted}


def left_out(
    items: Sequence[pytest.Item], profile: Profile, system: Callable[[], System]
) -> list[pytest.Item]:
    """The items of proven checks that a profile leaves to the full one.

    Args:
        system: reads the system under test; called only where a proven check is among the items.
    """
    dropped = []
    for item, found in _checks(items):
        if found.mode is not Mode.PROVEN or isinstance(found.scenario, Every):
            continue
        judged = [subject.role for subject in judged_by(profile, found, system())]
        if subject_of(item) not in judged and (judged or leaves_out(profile, found, system())):
            dropped.append(item)
    return dropped


def ordered(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """In their order, but what judges every observation comes when all others have been made."""
    listed = list(items)
    every = {item for item, found in _checks(listed) if isinstance(found.scenario, Every)}
    return sorted(listed, key=lambda item: item in every)


def _checks(items: Iterable[pytest.Item]) -> Iterator[tuple[pytest.Item, Check]]:
    for item in items:
        found = check_of(getattr(item, "function", None))
        if found is not None:
            yield item, found
