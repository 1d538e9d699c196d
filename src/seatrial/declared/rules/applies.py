"""When a rule applies: predicates shared by the rules."""

from __future__ import annotations

from seatrial.declared.objects import Container, Workload


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
