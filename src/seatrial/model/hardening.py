"""A container as its manifest declares it and as it is from inside, as a measurement keeps both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HARDENING = "hardening"
"""Kind of the measurement; `value` holds `declared` and `seen`, each as `plain` writes it."""


@dataclass(frozen=True)
class Declared:
    """What the manifest says of one container, its pod's settings included; None where it says nothing.

    Attributes:
        user: runAsUser.
        non_root: whether runAsNonRoot is true.
        read_only: whether readOnlyRootFilesystem is true.
        dropped, added: capabilities without CAP_, in capitals; `ALL` stands for each.
        no_new_privileges: whether allowPrivilegeEscalation is false.
        seccomp: whether a seccomp profile filters its calls.
        no_token: whether automountServiceAccountToken is false, on the pod or on its account.
        shared_processes: whether process 1 that it sees is not its own.
        in_manifest: whether the workload's template has it; else somebody added it to the pod.
    """

    user: int | None = None
    non_root: bool = False
    read_only: bool = False
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    no_new_privileges: bool = False
    seccomp: bool = False
    no_token: bool = False
    shared_processes: bool = False
    in_manifest: bool = True

    @property
    def something(self) -> bool:
        """Whether there is anything to compare."""
        return self.user is not None or any(
            (self.non_root, self.read_only, self.dropped, self.no_new_privileges, self.seccomp, self.no_token)
        )

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Declared:
        lists = {name: tuple(value.get(name) or ()) for name in ("dropped", "added")}
        return cls(**{**value, **lists})


@dataclass(frozen=True)
class Inside:
    """What the kernel tells from inside (proc(5)), of the container's own first process where it has one.

    Attributes:
        users: real, effective and saved user id.
        capabilities: those that it has or may get, as names without CAP_.
        no_new_privileges: whether its children can gain no rights.
        seccomp: whether a filter looks at its calls.
        read_only: whether its root file system takes no writes.
        token_at: where a token of its service account is mounted; empty where none is.
    """

    users: tuple[int, ...]
    capabilities: tuple[str, ...]
    no_new_privileges: bool
    seccomp: bool
    read_only: bool
    token_at: str = ""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Inside:
        lists = {name: tuple(value[name]) for name in ("users", "capabilities")}
        return cls(**{**value, **lists})
