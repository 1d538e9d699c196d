"""What a pod's manifest declares of a container's hardening, the pod's own settings included. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatrial.declared.values import dig, mapping, sequence, text, whole
from seatrial.model.hardening import Declared


def declared_of(
    container: Mapping[str, Any], pod: Mapping[str, Any], account: Mapping[str, Any], *, in_manifest: bool
) -> Declared:
    """The settings that hold for one container.

    Args:
        container, pod: of the same spec.
        account: its ServiceAccount; empty where it may not be read.
        in_manifest: whether the spec is that of the workload's template.
    """
    own, of_pod = mapping(container.get("securityContext")), mapping(pod.get("securityContext"))

    def inherited(field: str) -> Any:
        return of_pod.get(field) if own.get(field) is None else own[field]

    profile = text(dig(own, "seccompProfile", "type")) or text(dig(of_pod, "seccompProfile", "type"))
    automounted = pod.get("automountServiceAccountToken")
    if automounted is None:
        automounted = account.get("automountServiceAccountToken")
    return Declared(
        user=whole(inherited("runAsUser")),
        non_root=inherited("runAsNonRoot") is True,
        read_only=own.get("readOnlyRootFilesystem") is True,
        dropped=_capabilities(own, "drop"),
        added=_capabilities(own, "add"),
        no_new_privileges=own.get("allowPrivilegeEscalation") is False,
        seccomp=profile not in ("", "Unconfined"),
        no_token=automounted is False,
        shared_processes=pod.get("shareProcessNamespace") is True or pod.get("hostPID") is True,
        in_manifest=in_manifest,
    )


def _capabilities(own: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    names = (text(name).upper().removeprefix("CAP_") for name in sequence(dig(own, "capabilities", kind)))
    return tuple(sorted(filter(None, names)))
