"""Every fault by name, and how one is made from a step of a scenario or an experiment."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from seatrial.errors import BadInput, suggestion
from seatrial.faults.base import RELEASED_SECONDS, REVERT_SECONDS, Fault
from seatrial.model.fault import Disruption
from seatrial.model.right import Right, Use, uses
from seatrial.model.step import Bound
from seatrial.model.system import System
from seatrial.registry import Registry, place_of

FAULTS: Registry[type[Fault]] = Registry("fault", "seatrial.faults")

RELEASE_BOUND = Bound(15.0, REVERT_SECONDS + RELEASED_SECONDS)
"""How long releasing a held fault takes: reverting it, and waiting until the workload is available."""

NOT_ARGUMENTS = ("seed",)
"""Given by whoever runs the fault, not by whoever describes it."""

Decorated = TypeVar("Decorated", bound=type[Fault])


def fault(
    name: str,
    *,
    disruption: Disruption,
    expected_seconds: float,
    at_most_seconds: float,
    becomes_available: bool = True,
    rights: Iterable[Right] = (),
) -> Callable[[Decorated], Decorated]:
    """Register a fault.

    Args:
        disruption: how it is charged.
        expected_seconds: how long it usually takes from its injection until the workload is available again;
            where it is held, until its effect is verified.
        at_most_seconds: the bound of the same; it is given up then.
        becomes_available: False where the workload cannot become available while the fault is in place.
        rights: what it and its revert do in the cluster, beside what the watches need.
    """

    def decorate(decorated: Decorated) -> Decorated:
        decorated.name, decorated.disruption = name, disruption
        decorated.expected_seconds, decorated.at_most_seconds = expected_seconds, at_most_seconds
        decorated.becomes_available, decorated.rights = becomes_available, tuple(rights)
        FAULTS.add(name, decorated, place=place_of(decorated))
        return decorated

    return decorate


def make_fault(name: str, role: str, arguments: Mapping[str, Any] | None = None, seed: int = 0) -> Fault:
    """The fault of that name for the workload of a role.

    Args:
        arguments: keyword arguments of the fault's constructor, by name.
        seed: picks its victims.

    Raises:
        BadInput: no such fault, no such argument (names the nearest), or a value of another type.
    """
    made = FAULTS.get(name)
    known = arguments_of(made)
    for argument, value in (arguments or {}).items():
        if argument not in known:
            raise BadInput(
                f"fault {name} has no argument {argument!r}", next_step=suggestion(argument, known)
            )
        _require_type(name, argument, value, known[argument])
    missing = [key for key in required_arguments(made) if key not in (arguments or {})]
    if missing:
        next_step = f"Its arguments are {', '.join(sorted(known))}."
        raise BadInput(f"fault {name} needs the argument {missing[0]!r}", next_step=next_step)
    return made(role, **{**(arguments or {}), "seed": seed})


def uses_of(made: type[Fault], system: System | None, role: str = "") -> list[Use]:
    """What a fault needs to be injected into a workload of the system, or into any."""
    return uses((each for each in made.rights if each.applies(system, role)), made.name, disruptive=True)


def bound_of(name: str, arguments: Mapping[str, Any] | None = None) -> Bound:
    """How long injecting a fault takes, also when it is not held, until it was reverted.

    Raises:
        BadInput: as `make_fault`.
    """
    made = make_fault(name, "", arguments)
    return Bound(made.expected_seconds, made.at_most_seconds)


def arguments_of(made: type[Fault]) -> dict[str, Any]:
    """The arguments that a fault takes, with their types."""
    return {key: item.annotation for key, item in _keywords(made).items() if key not in NOT_ARGUMENTS}


def required_arguments(made: type[Fault]) -> list[str]:
    """Those without a default."""
    return [key for key, item in _keywords(made).items() if item.default is inspect.Parameter.empty]


def default_of(made: type[Fault], argument: str) -> Any:
    """What a fault takes for an argument that nobody gives; None where it has no such one."""
    found = _keywords(made).get(argument)
    return None if found is None or found.default is inspect.Parameter.empty else found.default


@functools.cache
def _keywords(made: type[Fault]) -> dict[str, inspect.Parameter]:
    """What the constructor takes by name; what it takes as `**` it hands on to the class above."""
    found: dict[str, inspect.Parameter] = {}
    for constructor in (vars(each)["__init__"] for each in made.__mro__ if "__init__" in vars(each)):
        parameters = inspect.signature(constructor, eval_str=True).parameters.values()
        own = {item.name: item for item in parameters if item.kind is inspect.Parameter.KEYWORD_ONLY}
        found = own | found
        if all(item.kind is not inspect.Parameter.VAR_KEYWORD for item in parameters):
            break
    return found


def _require_type(name: str, argument: str, value: Any, wanted: Any) -> None:
    if typing.get_origin(wanted) is Literal:
        choices = [str(choice) for choice in typing.get_args(wanted)]
        if value not in choices:
            raise BadInput(
                f"argument {argument!r} of fault {name} cannot be {value!r}",
                next_step=suggestion(value, choices),
            )
        return
    if not _fits(value, wanted):
        raise BadInput(
            f"argument {argument!r} of fault {name} must be {_WORDS.get(wanted, str(wanted))}, not {value!r}"
        )


_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def _fits(value: Any, wanted: Any) -> bool:
    if wanted in (int, float):
        # True is an int to Python, and to nobody who writes YAML.
        accepted = (int, float) if wanted is float else (int,)
        return isinstance(value, accepted) and not isinstance(value, bool)
    return not isinstance(wanted, type) or isinstance(value, wanted)
