"""What a person may choose of a search for capacity, as options of Locust."""

from __future__ import annotations

from typing import Any

from seatrial.errors import BadInput
from seatrial.model.capacity import SearchPlan
from seatrial.model.system import System

OPTIONS: dict[str, tuple[str, str]] = {
    "first": ("--first", "rate of the first trial, per second"),
    "highest": ("--highest", "no trial has a higher rate, per second"),
    "seconds": ("--trial-seconds", "length of one trial; its first fifth is not counted"),
    "width": ("--width", "end when the interval is no wider than this part of its lower end"),
    "fewest": ("--trials", "trials that are made at least after the ramp"),
    "errors_bound": ("--errors-bound", "a trial in which this fraction fails ends itself"),
}
"""Fields of the plan that a person may choose."""
MOST_COUNTS = 20


def add_options(parser: Any) -> None:
    """Add them to Locust's own."""
    plan = SearchPlan()
    for name, (option, words) in OPTIONS.items():
        default = getattr(plan, name)
        variable = f"SEATRIAL_CAPACITY_{name.upper()}"
        text = f"Capacity: {words} (default: {default:g})."
        parser.add_argument(option, type=type(default), default=default, env_var=variable, help=text)
    parser.add_argument(
        "--replicas", default="", env_var="SEATRIAL_CAPACITY_REPLICAS",
        help="Capacity: replicas of the workload that SEATRIAL_WORKLOAD names, 3, or 1-3 for a search with "
        "each number of them (default: what it has).",
    )  # fmt: skip


def counts_from(text: str) -> list[int]:
    """The numbers of replicas that were chosen, from `3` or `1-3`; 0 alone for what there is.

    Raises:
        BadInput: they are none, or more than anybody waits for.
    """
    first, _, last = (text or "0").partition("-")
    try:
        counts = list(range(int(first), int(last or first) + 1))
    except ValueError:
        counts = []
    least = 0 if not last else 1
    if not counts or counts[0] < least or len(counts) > MOST_COUNTS:
        raise BadInput(
            f"--replicas is {text!r}",
            next_step=f"hold at least one: 3, or 1-3 for one search after the other (at most {MOST_COUNTS}).",
        )
    return counts


def plan_from(options: Any) -> SearchPlan:
    """The plan that was chosen. Raises BadInput: nothing could be found with it."""
    values = {
        name: getattr(options, option.removeprefix("--").replace("-", "_"))
        for name, (option, _) in OPTIONS.items()
    }
    return SearchPlan(**values, most=max(SearchPlan().most, values["fewest"]))


def role_of(system: System, wished: str) -> str:
    """The workload that the answer is about: the one that is wished for, the first autoscaled, the first.

    Raises:
        BadInput: there is none of that role.
    """
    if wished and wished not in system.workloads:
        raise BadInput(
            f"{system.metadata.name} has no workload {wished!r}", where="SEATRIAL_WORKLOAD",
            next_step=f"it has {', '.join(system.workloads)}.",
        )  # fmt: skip
    scaled = (role for role, each in system.workloads.items() if each.autoscaled)
    return wished or next(scaled, next(iter(system.workloads)))
