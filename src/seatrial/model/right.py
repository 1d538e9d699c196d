"""What somebody must be allowed to do in a cluster, declared beside the code that does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.model.scenario import Subject
    from seatrial.model.system import System

VERBS = ("get", "list", "watch", "create", "patch", "delete")
"""Those that are used, in the order in which they are written."""
READS = frozenset({"get", "list", "watch"})
"""Those that change nothing."""

SHOWS_VALUES = "to list them is to read every value"
"""Why no Role of ours has the right to list Secrets."""


@dataclass(frozen=True)
class Right:
    """What is done with one kind of object.

    Attributes:
        verbs: of `VERBS`.
        kind: as `kube.kinds` knows it.
        name: the only object that it is done with; empty for every one of the kind.
        namespace: another one than the system's; empty for the system's own.
        without: what is lost without it where the rest can be carried out all the same; empty where nothing
            can be carried out.
        withheld: why no Role of ours has it; empty where one does.
        when: which subjects need it; None for every one.
    """

    verbs: tuple[str, ...]
    kind: str
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    without: str = ""
    withheld: str = ""
    when: Callable[[Subject], bool] | None = None

    def applies(self, system: System | None, role: str = "") -> bool:
        """Whether a workload of the system needs it; without a system it might.

        Args:
            role: the only workload that is asked about; empty for any.
        """
        if self.when is None or system is None:
            return True
        from seatrial.model.scenario import Subject  # here: the lint, which asks for no right, begins at once

        roles = [role] if role else list(system.workloads)
        return any(self.when(Subject(each, system)) for each in roles)


@dataclass(frozen=True)
class Use:
    """A right, and who needs it.

    Attributes:
        by: in words, e.g. "delete-pod".
        disruptive: whether it is needed only where something may be disturbed.
        always: whether no scenario can be carried out without it.
    """

    right: Right
    by: str
    disruptive: bool = False
    always: bool = False


def uses(rights: Iterable[Right], by: str, *, disruptive: bool = False, always: bool = False) -> list[Use]:
    """Each right as one that is needed by `by`; one that is not required is never needed `always`."""
    return [Use(right, by, disruptive, always and not right.without) for right in rights]


def reading(kinds: Iterable[str], *verbs: str, without: str = "") -> tuple[Right, ...]:
    """The same verbs on each of these kinds; Secrets are withheld."""
    return tuple(
        Right(verbs, kind, without=without, withheld=SHOWS_VALUES if kind == "Secret" else "")
        for kind in kinds
    )


def on_workload(*verbs: str) -> tuple[Right, ...]:
    """Verbs on the workload itself, of whichever kind it is."""
    return tuple(Right(verbs, kind, when=of_kind(kind)) for kind in ("Deployment", "StatefulSet"))


def of_kind(kind: str) -> Callable[[Subject], bool]:
    """Whether the workload is of that kind."""
    return lambda subject: subject.workload.kind == kind


def autoscaled(subject: Subject) -> bool:
    """Whether an autoscaler scales the workload."""
    return subject.workload.autoscaled is not None


def configured(subject: Subject) -> bool:
    """Whether the system file names a value of the workload's configuration that may be changed."""
    return subject.workload.configuration is not None


def configured_by_secret(subject: Subject) -> bool:
    """The same of a value of a Secret."""
    spec = subject.workload.configuration
    return spec is not None and spec.secret is not None


def with_helper_image(subject: Subject) -> bool:
    """Whether the helper image can be had, so that what is made of it may be put into the cluster."""
    return not subject.system.helper_gap()


def on_foreign_cluster(subject: Subject) -> bool:
    """Whether the cluster is not one of Seatrial's own, whose nodes its container engine reaches."""
    return subject.system.target.kind is None


def on_own_cluster(subject: Subject) -> bool:
    """Whether the cluster is one of Seatrial's own."""
    return not on_foreign_cluster(subject)
