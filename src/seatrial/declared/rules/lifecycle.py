"""How pods start, stop and are owned."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.objects import Container, Workload
from seatrial.declared.rule import CONTAINER, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.applies import in_long_running, long_running, replicated, says_one_replica
from seatrial.declared.values import Pattern, brief, dig, mapping, sequence, text, whole

_SLEEP = Pattern(r"\bsleep\s+([0-9]+(?:\.[0-9]+)?)")
_IDLE_COMMANDS = {"true", "/bin/true", ":", "exit 0", "/bin/sh -c true", "sh -c true", "/bin/sh -c :", "echo"}


def takes_traffic(container: Container) -> bool:
    """Whether a Service may send it requests that another replica could have taken."""
    workload = container.workload
    if says_one_replica(workload) or not (workload.long_running and workload.served):
        return False
    return bool(container.ports) or len(workload.containers) == 1


def is_bare_pod(workload: Workload) -> bool:
    return workload.type == "Pod"


def pre_stop_seconds(container: Container) -> float:
    """How long its preStop hook sleeps, as far as can be read; 0 without one."""
    hook = mapping(dig(container.data, "lifecycle", "preStop"))
    native = whole(dig(hook, "sleep", "seconds"))
    if native is not None:
        return float(native)
    words = [word for word in sequence(dig(hook, "exec", "command")) if word.__class__ is str]
    match = _SLEEP.compiled.search(" ".join(words)) if words else None
    return float(match.group(1)) if match else 0.0


@rule(
    "orchestration.pre-stop",
    CONTAINER,
    Level.CORE,
    Severity.WARNING,
    must="A container behind a Service SHOULD wait a few seconds before it is told to stop.",
    why="The endpoint is removed everywhere only after the process got SIGTERM: requests still arrive, and "
    "fail. A hook that does nothing (`/bin/true`) does not count.",
    fix="Add `lifecycle.preStop.sleep.seconds: 5` (or an exec of sleep), and keep it below the grace period.",
    source="concepts/containers/container-lifecycle-hooks/",
    when=takes_traffic,
    anchors="PRB-07",
    variants=("no-prestop",),
)
def pre_stop(container: Container) -> Iterator[Found]:
    hook = mapping(dig(container.data, "lifecycle", "preStop"))
    if not hook:
        yield container.path, "it has no preStop hook"
        return
    words = [word for word in sequence(dig(hook, "exec", "command")) if word.__class__ is str]
    if "exec" in hook and (" ".join(words) in _IDLE_COMMANDS or words[:1] == ["echo"]):
        yield (
            container.at("lifecycle", "preStop", "exec", "command"),
            f"{brief(' '.join(words))} waits for nothing",
        )
    elif whole(dig(hook, "sleep", "seconds")) == 0:
        yield container.at("lifecycle", "preStop", "sleep", "seconds"), "it sleeps 0 s"


@rule(
    "orchestration.grace-period",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="The grace period SHOULD leave time to finish after the preStop hook, and be 10 s or more.",
    why="The clock runs from the start of the hook; what is unfinished at its end is killed, and its "
    "clients see resets.",
    fix="Raise terminationGracePeriodSeconds to the hook's sleep plus the longest request, 30 by default.",
    source="concepts/workloads/pods/pod-lifecycle/#pod-termination",
    when=long_running,
    anchors="PRB-08",
)
def grace_period(workload: Workload) -> Iterator[Found]:
    written = whole(workload.pod.get("terminationGracePeriodSeconds"))
    grace = 30 if written is None else written
    path = workload.at("terminationGracePeriodSeconds")
    sleep = max((pre_stop_seconds(container) for container in workload.containers), default=0.0)
    if grace <= 0:
        yield path, f"{grace} s: every stop is a kill"
    elif sleep >= grace:
        yield path, f"the preStop hook sleeps {sleep:g} s of {grace} s: nothing is left to stop in"
    elif grace < 10:
        yield path, f"{grace} s is less than the 10 s that work in flight may need"


@rule(
    "orchestration.bare-pod",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A pod MUST be owned by a controller.",
    why="A bare pod is gone with its node, cannot be rolled out, and is not put back after an eviction.",
    fix="Wrap it in a Deployment, StatefulSet or Job.",
    source="concepts/configuration/overview/#naked-pods-vs-replicasets-deployments-and-jobs",
    when=is_bare_pod,
    anchors="CFG-16",
)
def bare_pod(workload: Workload) -> Iterator[Found]:
    owners = sequence(mapping(workload.data.get("metadata")).get("ownerReferences"))
    if workload.long_running and not owners and "kubernetes.io/config.mirror" not in workload.annotations:
        yield ("kind",), "no controller owns this pod"


@rule(
    "orchestration.replicas",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A replicated workload MUST run two replicas or more.",
    why="With one, every rollout, drain and node failure is an outage. Tools ask for two or three; side "
    "taken: two survive the loss of one; a third buys capacity, or a quorum, which this cannot know. An "
    "autoscaler's minimum counts instead where there is one.",
    fix="Set replicas to 2, or minReplicas of its autoscaler.",
    source="concepts/workloads/pods/disruptions/#dealing-with-disruptions",
    when=replicated,
    anchors="SCL-01",
    variants=("one-replica",),
)
def replicas(workload: Workload) -> Iterator[Found]:
    if workload.autoscalers:
        return  # scaling.autoscaler-minimum judges the minimum
    if workload.replicas < 2:
        written = "replicas" in workload.spec
        number = "1 replica" if workload.replicas == 1 else f"{workload.replicas} replicas"
        yield ("spec", "replicas"), number if written else f"{number} (none is written)"


@rule(
    "orchestration.termination-message",
    CONTAINER,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A container SHOULD hand over its last log lines when it dies without a message.",
    why="`kubectl describe` then shows why it died, even when the log collector was too late.",
    fix="Set `terminationMessagePolicy: FallbackToLogsOnError`.",
    source="tasks/debug/debug-application/determine-reason-pod-failure/",
    when=in_long_running,
    anchors="PRB-09",
)
def termination_message(container: Container) -> Iterator[Found]:
    if container.data.get("terminationMessagePolicy") != "FallbackToLogsOnError":
        yield container.path, "terminationMessagePolicy is not FallbackToLogsOnError"


@rule(
    "orchestration.default-namespace",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="A workload SHOULD NOT be placed in `default` or in a namespace of the system.",
    why="Quotas, policies and rights are given per namespace, and there everybody shares them. A manifest "
    "without a namespace is accepted: it is chosen when applied.",
    fix="Give it a namespace of its own.",
    source="concepts/overview/working-with-objects/namespaces/",
    anchors="CFG-04",
)
def default_namespace(workload: Workload) -> Iterator[Found]:
    written = text(mapping(workload.data.get("metadata")).get("namespace"))
    if written == "default" or written in ("kube-system", "kube-public", "kube-node-lease"):
        yield ("metadata", "namespace"), f"its namespace is {brief(written)}"


@rule(
    "discovery.host-aliases",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="A pod SHOULD find others by DNS, not by hostAliases.",
    why="The address is frozen into every pod: when it moves, all of them must be rolled.",
    fix="Use a Service (ExternalName for a host outside).",
    source="tasks/network/customize-hosts-file-for-pods/",
    anchors="CFG-15",
)
def host_aliases(workload: Workload) -> Iterator[Found]:
    if sequence(workload.pod.get("hostAliases")):
        yield workload.at("hostAliases"), "it overrides names in /etc/hosts"
