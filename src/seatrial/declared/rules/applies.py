"""When a rule applies: predicates shared by the rules."""

from __future__ import annotations

from seatrial.declared.objects import Container, Resource, Workload
from seatrial.declared.pods import capabilities, is_windows
from seatrial.declared.server.misfit import UNKNOWN


def long_running(workload: Workload) -> bool:
    """Its pods are meant to run until someone stops them."""
    return workload.long_running


def replicated(workload: Workload) -> bool:
    """It runs a number of equal replicas."""
    return workload.replicated


def several_replicas(workload: Workload) -> bool:
    """It runs two or more replicas."""
    return workload.replicated and workload.least_replicas > 1


def wants_company(workload: Workload) -> bool:
    """Replicated, unless it writes one replica: orchestration.replicas then speaks alone."""
    return workload.replicated and not says_one_replica(workload)


def says_one_replica(workload: Workload) -> bool:
    """It writes `replicas: 1`, and no autoscaler changes that."""
    return workload.spec.get("replicas") == 1 and not workload.autoscalers


def served(workload: Workload) -> bool:
    """Its pods are long-running and a Service sends them traffic."""
    return workload.served and workload.long_running


def in_long_running(container: Container) -> bool:
    """It lives in a pod that is meant to run until someone stops it."""
    return container.workload.long_running


def on_linux(container: Container) -> bool:
    """Whether it runs on Linux: on Windows these fields mean nothing, or must not even be set."""
    return not is_windows(container.workload)


def is_confined(container: Container) -> bool:
    """On Linux and not privileged: `security.privileged` speaks for all that follows from that alone."""
    return on_linux(container) and container.security.get("privileged") is not True


def may_be_confined(container: Container) -> bool:
    """Confined, and without a capability that the API server takes to mean privilege escalation."""
    return is_confined(container) and "SYS_ADMIN" not in {name for _, name in capabilities(container, "add")}


def is_misspelt(resource: Resource, *path: str) -> bool:
    """Whether an unknown field stands right below a path: a rule of its own speaks of it."""
    misfits = resource.graph.misfits(resource)
    return any(misfit.sort == UNKNOWN and misfit.path[:-1] == path for misfit in misfits)
