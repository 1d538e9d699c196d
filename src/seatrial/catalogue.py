"""How a check declares itself: metadata at the test and nowhere else.

The catalogue (`seatrial checks`, docs/checks.md) takes the proven ones from here, by importing the suites,
and the declared ones from `seatrial.declared.catalogue`.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from seatrial.model.verdict import Mode

if TYPE_CHECKING:
    from seatrial.model.system import System, Workload

Test = TypeVar("Test", bound=Callable[..., Any])


class Level(StrEnum):
    CORE = "core"
    """Every cloud-native backend is expected to hold it."""
    EXTENDED = "extended"
    """Holds for backends that declare the capability."""
    PROVISIONAL = "provisional"
    """New or newly stricter; may still change."""


CORE, EXTENDED, PROVISIONAL = Level


class Need(StrEnum):
    """What a workload must be or have for a check to apply, as its system file declares it."""

    REPLICAS = "replicas"
    """a stateless workload: any of its pods may be replaced at any time (`stateless: true`)"""
    AUTOSCALER = "autoscaler"
    """an autoscaled workload, and the load that makes it grow (`autoscaled: NAME`, `load_step:`)"""
    STATE = "state"
    """a workload that keeps data (`stateful: true`)"""
    ACKNOWLEDGED_WRITES = "acknowledged-writes"
    """a journey whose accepted writes can be read back (`acknowledged:`)"""


REPLICAS, AUTOSCALER, STATE, ACKNOWLEDGED_WRITES = Need

_ID = re.compile(r"^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$")
FAMILIES = (
    "container", "orchestration", "discovery", "gateway", "data",
    "scaling", "observability", "delivery", "security", "cost",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """A property with its id, requirement and remediation."""

    id: str
    level: Level
    needs: frozenset[Need]
    disruptive: bool
    requirement: str
    remediation: str
    shows: tuple[str, ...]
    """Ids of the declared rules whose effect this check shows."""
    doc: str
    mode: Mode = Mode.PROVEN

    def applies_to(self, workload: Workload, system: System) -> bool:
        """Whether this workload has all that the check needs."""
        has = {
            Need.REPLICAS: workload.stateless,
            Need.AUTOSCALER: workload.autoscaled is not None and workload.load_step is not None,
            Need.STATE: workload.stateful,
            Need.ACKNOWLEDGED_WRITES: any(j.acknowledged for j in system.journeys.values()),
        }
        return all(has[need] for need in self.needs)


def check(
    id: str,  # noqa: A002 - the word that stands at each test
    *,
    level: Level,
    requirement: str,
    remediation: str,
    needs: Iterable[Need] = (),
    disruptive: bool = False,
    shows: Iterable[str] = (),
    mode: Mode = Mode.PROVEN,
) -> Callable[[Test], Test]:
    """Make a test function a check. Raises ValueError for an id that is not `family.readable-name`."""
    if not _ID.match(id) or id.split(".", maxsplit=1)[0] not in FAMILIES:
        raise ValueError(f"{id!r} is not family.readable-name with a family of {', '.join(FAMILIES)}")

    def decorate(test: Test) -> Test:
        test.__seatrial_check__ = Check(  # type: ignore[attr-defined]
            id, level, frozenset(needs), disruptive, requirement, remediation, tuple(shows),
            (test.__doc__ or "").strip(), mode,
        )  # fmt: skip
        return test

    return decorate


def check_of(test: object) -> Check | None:
    """The metadata of a test function, or None."""
    found = getattr(test, "__seatrial_check__", None)
    return found if isinstance(found, Check) else None


_DECLARED = "test_declared"
"""The module of each family that makes items of the declared rules (`seatrial.lint.suite`)."""


def proven_checks() -> list[Check]:
    """All proven checks of the suites, sorted by id.

    The modules of declared rules are not imported: they hold no proven check, and need pytest.

    Raises:
        ValueError: two checks have the same id.
    """
    package = importlib.import_module("seatrial.suites")
    found: dict[str, Check] = {}
    for module_info in pkgutil.walk_packages(package.__path__, "seatrial.suites."):
        name = module_info.name.rpartition(".")[2]
        if module_info.ispkg or not name.startswith("test_") or name == _DECLARED:
            continue
        for value in vars(importlib.import_module(module_info.name)).values():
            item = check_of(value)
            if item is None or item.mode is not Mode.PROVEN:
                continue
            if item.id in found:
                raise ValueError(f"two checks are called {item.id}")
            found[item.id] = item
    return [found[key] for key in sorted(found)]
