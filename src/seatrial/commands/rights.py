"""`seatrial rights`: the Roles that Seatrial needs, for whoever may bind them; asks no cluster."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.commands.base import Namespace, System, command, settings
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.harness.roles import Grantee
    from seatrial.model.right import Use
    from seatrial.model.system import System as SystemModel
    from seatrial.settings import Settings

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
Accounts = Annotated[
    list[str] | None,
    typer.Option("--service-account", metavar="[NAMESPACE/]NAME", help="Bind them to it (repeatable); one "
                 "called `seatrial` is printed where nobody is named.", show_default=False),
]  # fmt: skip
Users = Annotated[list[str] | None, typer.Option("--user", help="The same for a user.", show_default=False)]
Groups = Annotated[
    list[str] | None,
    typer.Option("--group", help="The same for a group.", show_default=False),
]


@command("rights")
def rights(
    system: System = None,
    namespace: Namespace = None,
    disruptive: Annotated[bool, typer.Option("--disruptive", help="Also what faults need.")] = False,
    service_account: Accounts = None,
    user: Users = None,
    group: Groups = None,
) -> int:
    """Print the Roles and bindings that Seatrial needs, for `kubectl apply -f -`; each rule says why."""
    from seatrial.harness.roles import roles_text

    chosen = settings(system=system, namespace=namespace)
    found, place = described(chosen, named=system is not None)
    grantees = grantees_of(place, service_account or (), user or (), group or ())
    reading, disturbing = needed(found, disruptive=disruptive)
    typer.echo(roles_text(reading, disturbing, place, grantees), nl=False)
    return 0


def described(chosen: Settings, *, named: bool) -> tuple[SystemModel | None, str]:
    """The system, and the namespace; a namespace without a system file is enough, and then all is printed.

    Raises:
        BadInput: the system file is wrong, there is none, or the namespace is no name.
    """
    from seatrial.settings import OWN_SYSTEM, load_system

    if chosen.namespace is not None and not named and not OWN_SYSTEM.is_file():
        system, place = None, chosen.namespace
    else:
        system = load_system(chosen)
        place = system.target.namespace
    return system, _valid(place, _LABEL, "a namespace", "--namespace, or target.namespace of the system file")


def needed(system: SystemModel | None, *, disruptive: bool) -> tuple[list[Use], list[Use]]:
    """What is needed to read, and beyond that to disturb."""
    from seatrial.harness.rights import disruptive_uses, reading_uses

    return reading_uses(system), disruptive_uses(system) if disruptive else []


def grantees_of(
    namespace: str, accounts: Iterable[str], users: Iterable[str], groups: Iterable[str]
) -> list[Grantee]:
    """Who gets the Roles.

    Raises:
        BadInput: somebody is called as nobody can be.
    """
    from seatrial.harness.roles import Grantee

    found = []
    for each in accounts:
        place, _, name = each.rpartition("/")
        name = _valid(name, _SUBDOMAIN, "a ServiceAccount", "--service-account")
        place = _valid(place or namespace, _LABEL, "a namespace", "--service-account")
        found.append(Grantee("ServiceAccount", name, place))
    for kind, names in (("User", users), ("Group", groups)):
        for name in names:
            if not name.strip():
                raise BadInput(f"the {kind.lower()} has no name", where=f"--{kind.lower()}")
            found.append(Grantee(kind, name))
    return found


def _valid(name: str, pattern: re.Pattern[str], what: str, where: str) -> str:
    if pattern.fullmatch(name):
        return name
    raise BadInput(
        f"{what} cannot be called {name!r}", where=where,
        next_step="Small letters, digits and dashes, beginning and ending with a letter or digit.",
    )  # fmt: skip
