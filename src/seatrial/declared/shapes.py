"""The fields that the API knows for workloads and what protects them, with their types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from seatrial.declared.objects import Workload
from seatrial.declared.values import Path, brief, mapping

_TYPES = {"s": "text", "i": "a whole number", "b": "a boolean", "l": "a list", "m": "a mapping"}
_CLASSES = {"s": (str,), "i": (int,), "b": (bool,), "l": (list,), "m": (dict,)}

_SHAPES = {
    "container": "args:l command:l env:l envFrom:l image:s imagePullPolicy:s lifecycle:m "
    "livenessProbe:m name:s ports:l readinessProbe:m resizePolicy:l resources:m "
    "restartPolicy:s restartPolicyRules:l securityContext:m startupProbe:m stdin:b "
    "stdinOnce:b terminationMessagePath:s terminationMessagePolicy:s tty:b "
    "volumeDevices:l volumeMounts:l workingDir:s targetContainerName:s",
    "pod": "activeDeadlineSeconds:i affinity:m automountServiceAccountToken:b containers:l "
    "dnsConfig:m dnsPolicy:s enableServiceLinks:b ephemeralContainers:l "
    "evictionResponders:l hostAliases:l hostIPC:b hostNetwork:b hostPID:b hostUsers:b "
    "hostname:s hostnameOverride:s imagePullSecrets:l initContainers:l nodeName:s "
    "nodeSelector:m os:m overhead:m preemptionPolicy:s priority:i priorityClassName:s "
    "readinessGates:l resourceClaims:l resources:m restartPolicy:s runtimeClassName:s "
    "schedulerName:s schedulingGates:l schedulingGroup:m securityContext:m "
    "serviceAccount:s serviceAccountName:s setHostnameAsFQDN:b shareProcessNamespace:b "
    "subdomain:s terminationGracePeriodSeconds:i tolerations:l workloadRef:m "
    "topologySpreadConstraints:l volumes:l",
    "probe": "exec:m failureThreshold:i grpc:m httpGet:m initialDelaySeconds:i periodSeconds:i "
    "successThreshold:i tcpSocket:m terminationGracePeriodSeconds:i timeoutSeconds:i",
    "security": "allowPrivilegeEscalation:b appArmorProfile:m capabilities:m privileged:b procMount:s "
    "readOnlyRootFilesystem:b runAsGroup:i runAsNonRoot:b runAsUser:i seLinuxOptions:m "
    "seccompProfile:m windowsOptions:m",
    "pod-security": "appArmorProfile:m fsGroup:i fsGroupChangePolicy:s runAsGroup:i runAsNonRoot:b "
    "runAsUser:i seLinuxChangePolicy:s seLinuxOptions:m seccompProfile:m "
    "supplementalGroups:l supplementalGroupsPolicy:s sysctls:l windowsOptions:m",
    "environment": "name:s value:s valueFrom:m",
    "port": "containerPort:i hostIP:s hostPort:i name:s protocol:s",
    "resources": "claims:l limits:m requests:m",
    "lifecycle": "postStart:m preStop:m stopSignal:s",
    "mount": "bindMountOptions:l mountPath:s mountPropagation:s name:s readOnly:b "
    "recursiveReadOnly:s subPath:s subPathExpr:s",
    "Deployment": "minReadySeconds:i paused:b progressDeadlineSeconds:i replicas:i "
    "revisionHistoryLimit:i selector:m strategy:m template:m",
    "StatefulSet": "minReadySeconds:i ordinals:m persistentVolumeClaimRetentionPolicy:m "
    "podManagementPolicy:s replicas:i revisionHistoryLimit:i selector:m serviceName:s "
    "template:m updateStrategy:m volumeClaimTemplates:l",
    "DaemonSet": "minReadySeconds:i revisionHistoryLimit:i selector:m template:m updateStrategy:m",
    "Job": "activeDeadlineSeconds:i backoffLimit:i backoffLimitPerIndex:i completionMode:s "
    "completions:i managedBy:s manualSelector:b maxFailedIndexes:i parallelism:i "
    "podFailurePolicy:m podReplacementPolicy:s scheduling:m selector:m successPolicy:m "
    "suspend:b template:m ttlSecondsAfterFinished:i",
    "CronJob": "concurrencyPolicy:s failedJobsHistoryLimit:i jobTemplate:m schedule:s "
    "startingDeadlineSeconds:i successfulJobsHistoryLimit:i suspend:b timeZone:s",
    "HorizontalPodAutoscaler": "behavior:m maxReplicas:i metrics:l minReplicas:i scaleTargetRef:m "
    "targetCPUUtilizationPercentage:i",
    "PodDisruptionBudget": "maxUnavailable:x minAvailable:x selector:m unhealthyPodEvictionPolicy:s",
    "NetworkPolicy": "egress:l ingress:l podSelector:m policyTypes:l",
}
_TABLES: dict[str, dict[str, str]] = {}


class Misfit(NamedTuple):
    path: Path
    known: bool
    seen: str


def _table(shape: str) -> dict[str, str]:
    table = _TABLES.get(shape)
    if table is None:
        table = _TABLES[shape] = dict(entry.split(":") for entry in _SHAPES[shape].split())
    return table


def check(shape: str, data: Any, path: Path) -> Iterator[Misfit]:
    """Fields of one mapping that the shape does not know, or that have another type."""
    table = _table(shape)
    for key, value in mapping(data).items():
        expected = table.get(key)
        if expected is None:
            yield Misfit((*path, key), False, f"{brief(key)} is no field here{_nearest(key, table)}")
        elif value is not None and expected != "x" and not _fits(value, expected):
            seen = f"{brief(value)} is {sort_of(value)}, the API takes {_TYPES[expected]}"
            yield Misfit((*path, key), True, seen)


def _fits(value: Any, expected: str) -> bool:
    if expected == "i" and value.__class__ is float:
        return bool(value.is_integer())
    return value.__class__ in _CLASSES[expected]


def sort_of(value: Any) -> str:
    sorts = {"str": "text", "bool": "a boolean", "list": "a list", "dict": "a mapping"}
    return sorts.get(type(value).__name__, "a number")


def _nearest(key: str, table: dict[str, str]) -> str:
    import difflib

    close = difflib.get_close_matches(key, table, n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""


_WITHIN_CONTAINER = {
    "readinessProbe": "probe",
    "livenessProbe": "probe",
    "startupProbe": "probe",
    "securityContext": "security",
    "resources": "resources",
    "lifecycle": "lifecycle",
}
_WITHIN_CONTAINER_LISTS = {"env": "environment", "ports": "port", "volumeMounts": "mount"}


def misfits(workload: Workload) -> Iterator[Misfit]:
    if workload.type in _SHAPES:
        yield from check(workload.type, workload.data.get("spec"), ("spec",))
    if workload.pod_path[:-1] != ("spec", "template") and workload.type == "CronJob":
        yield from check(
            "Job", mapping(workload.spec.get("jobTemplate")).get("spec"), ("spec", "jobTemplate", "spec")
        )
    yield from check("pod", workload.pod, workload.pod_path)
    yield from check("pod-security", workload.pod.get("securityContext"), workload.at("securityContext"))
    for field in ("containers", "initContainers"):
        for path, item in _members(workload.pod.get(field), workload.at(field)):
            if item.__class__ is not dict:
                yield Misfit(path, True, f"{brief(item)} is {sort_of(item)}, the API takes a mapping")
                continue
            yield from check("container", item, path)
            for key, shape in _WITHIN_CONTAINER.items():
                yield from check(shape, item.get(key), (*path, key))
            for key, shape in _WITHIN_CONTAINER_LISTS.items():
                for below, member in _members(item.get(key), (*path, key)):
                    yield from check(shape, member, below)


def _members(value: Any, path: Path) -> list[tuple[Path, Any]]:
    return [((*path, index), item) for index, item in enumerate(value)] if value.__class__ is list else []
