"""Products behind the roles of `capabilities` in the system file, one file each: `<role>/<product>.py`.

An adapter is a class that fills the interface of its role. It registers itself by the decorator `adapter`
under `<role>/<product>`; a file in a folder of `SEATRIAL_EXTENSIONS` does so just as well.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from seatrial.errors import BadInput, SeatrialError
from seatrial.kube.client import Kube
from seatrial.model.part import Part
from seatrial.model.right import Right, Use, uses
from seatrial.model.system import System
from seatrial.model.system_file import faults_of_part, faulty, line_of
from seatrial.registry import Registry


class Refused(SeatrialError):
    """The product answered that it will not: no connection, permission denied, no such database."""


class CouldNotTry(SeatrialError):
    """The product was not asked: no pod to ask from, no client in the image, no right to run a command."""


@dataclass(frozen=True)
class Adapter:
    """One product in one role.

    Attributes:
        name: `<role>/<product>`, as in `adapters/<role>/<product>.py`.
        arguments: the keys that a capability with this product may have, each with its description.
        make: makes the adapter for one system on one cluster.
        rights: what it needs in the cluster, given its arguments.
    """

    name: str
    arguments: type[Part]
    make: Callable[[Kube, System, Any], Any]
    rights: Callable[[Any], Iterable[Right]]

    @property
    def role(self) -> str:
        return self.name.partition("/")[0]

    @property
    def product(self) -> str:
        return self.name.partition("/")[2]


ADAPTERS: Registry[Adapter] = Registry("adapter", "seatrial.adapters")


def adapter(
    name: str, *, arguments: type[Part], rights: Callable[[Any], Iterable[Right]] = lambda _: ()
) -> Callable[[Any], Any]:
    """Register a class under `<role>/<product>`; it is called with a Kube, the System and its arguments.

    Args:
        rights: from its arguments to what it needs in the cluster.

    Raises:
        ValueError: the name is not of that form.
    """
    if len([part for part in name.split("/") if part]) != 2:
        raise ValueError(f"{name!r} is not <role>/<product>")
    return ADAPTERS.decorator(name, lambda made: Adapter(name, arguments, made, rights))


def filling(system: System, kube: Kube, capability: str) -> Any:
    """The adapter of a capability of the system file, made for the cluster that `kube` reaches.

    Raises:
        BadInput: no such capability or product, or arguments that the adapter does not take.
    """
    found, arguments = _chosen(system, capability)
    return found.make(kube, system, arguments)


def uses_of(system: System) -> list[Use]:
    """What the products of the system file need in the cluster, each named as its capability.

    Raises:
        BadInput: no such product, or arguments that its adapter does not take.
    """
    found: list[Use] = []
    for name in system.capabilities:
        chosen, arguments = _chosen(system, name)
        found += uses(chosen.rights(arguments), f"{name} ({chosen.product})", disruptive=True)
    return found


def _chosen(system: System, capability: str) -> tuple[Adapter, Any]:
    if capability not in system.capabilities:
        known = ", ".join(system.capabilities) or "none"
        raise BadInput(
            f"the system file declares no capability {capability!r}",
            next_step=f"Add it under `capabilities`; declared are: {known}.",
        )
    declared = system.capabilities[capability]
    found = ADAPTERS.get(f"{declared.role or capability}/{declared.product}")
    try:
        arguments = found.arguments.model_validate(dict(declared.arguments))
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise BadInput(f"capability {capability}: {reasons}") from None
    return found, arguments


def check_capabilities(system: System, *, text: str, source: str) -> None:
    """Check products and arguments of the system file against the adapters that there are.

    Args:
        text, source: the system file and its name, for the lines in the message.

    Raises:
        BadInput: naming each unknown product and each wrong argument with its line.
    """
    found = [sentence for name in system.capabilities for sentence in _faults(system, name, text, source)]
    if found:
        raise faulty(found)


def _faults(system: System, capability: str, text: str, source: str) -> Iterator[str]:
    declared = system.capabilities[capability]
    role = declared.role or capability
    at = ("capabilities", capability)
    products = [found.product for found in ADAPTERS.all().values() if found.role == role]
    if declared.product not in products:
        line, key = (line_of(text, (*at, "product")), "product") if products else (line_of(text, at), "role")
        yield f"{source}:{line}: `{'.'.join(at)}.{key}`: {_unknown(role, declared.product, products)}"
        return
    arguments = ADAPTERS.get(f"{role}/{declared.product}").arguments
    try:
        given = arguments.model_validate(dict(declared.arguments))
    except ValidationError as error:
        yield from faults_of_part(error, arguments, at, text=text, source=source)
        return
    workload = getattr(given, "workload", None)
    if workload is not None and workload not in system.workloads:
        line = line_of(text, (*at, "workload"))
        yield f"{source}:{line}: `{'.'.join(at)}.workload` names no workload: {workload}"


def _unknown(role: str, product: str, products: list[str]) -> str:
    if not products:
        roles = sorted({found.role for found in ADAPTERS.all().values()})
        return f"nothing fills the role {role!r}; roles are: {', '.join(roles)}"
    nearest = difflib.get_close_matches(product, products, n=1, cutoff=0.5)
    hint = f"did you mean `{nearest[0]}`? " if nearest else ""
    return f"no adapter for {product!r} in the role {role}; {hint}known are: {', '.join(products)}"
