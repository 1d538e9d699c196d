"""By hand: do the declared rules agree with the labelled examples of Polaris, file by file?

    python tests/differential/polaris.py DIRECTORY

prints where the two differ and ends with 1 when a difference has no reason here. The directory is that of the
examples of FairwindsOps/polaris (Apache-2.0), which are no part of this project: `<check>/success*.yaml` and
`<check>/failure*.yaml`, named after what Polaris expects. `mutated*` is what its fixer makes of a failing
file, so it expects success.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seatrial.declared.catalogue import every_rule
from seatrial.declared.engine import verdicts
from seatrial.declared.graph import Graph
from seatrial.declared.rule import RULES as DECLARED
from seatrial.errors import BadInput
from seatrial.lint.decoding import parse
from seatrial.lint.reading import read_whole as read

_EXEC = "security.pod-exec security.wildcard-rights security.escalating-rights"
_BINDING = "security.pod-exec-binding security.binding-role security.cluster-admin"
RULES = {
    "automountServiceAccountToken": "security.service-account-token",
    "clusterrolePodExecAttach": _EXEC,
    "clusterrolebindingClusterAdmin": "security.cluster-admin",
    "clusterrolebindingPodExecAttach": _BINDING,
    "cpuLimitsMissing": "cost.cpu-limit",
    "cpuRequestsMissing": "cost.cpu-request",
    "dangerousCapabilities": "security.added-capabilities",
    "deploymentMissingReplicas": "orchestration.replicas",
    "hostIPCSet": "security.host-ipc",
    "hostNetworkSet": "security.host-network",
    "hostPIDSet": "security.host-pid",
    "hostPathSet": "security.host-path",
    "hostPortSet": "security.host-port",
    "hostProcess": "security.host-process",
    "hpaMaxAvailability": "scaling.autoscaler-range",
    "hpaMinAvailability": "scaling.autoscaler-minimum",
    "insecureCapabilities": "security.dropped-capabilities",
    "linuxHardening": "security.kernel-filter security.unconfined",
    "livenessProbeMissing": "orchestration.liveness-probe",
    "memoryLimitsMissing": "cost.memory-limit",
    "memoryRequestsMissing": "cost.memory-request",
    "missingNetworkPolicy": "security.network-policy",
    "missingPodDisruptionBudget": "orchestration.disruption-budget",
    "notReadOnlyRootFilesystem": "security.read-only-root",
    "pdbDisruptionsIsZero": "orchestration.budget-blocks",
    "pdbMinAvailableGreaterThanHPAMinReplicas": "scaling.budget-within-minimum",
    "priorityClassNotSet": "orchestration.priority-class",
    "privilegeEscalationAllowed": "security.privilege-escalation",
    "procMount": "security.proc-mount",
    "pullPolicyNotAlways": "container.pull-policy",
    "readinessProbeMissing": "orchestration.readiness-probe",
    "rolePodExecAttach": _EXEC,
    "rolebindingClusterAdminClusterRole": "security.cluster-admin",
    "rolebindingClusterAdminRole": "security.cluster-admin",
    "rolebindingClusterRolePodExecAttach": _BINDING,
    "rolebindingRolePodExecAttach": _BINDING,
    "runAsPrivileged": "security.privileged",
    "runAsRootAllowed": "security.run-as-non-root",
    "sensitiveConfigmapContent": "security.config-map-secret",
    "sensitiveContainerEnvVar": "security.literal-secret",
    "tagNotSpecified": "container.image-tag",
    "tlsSettingsMissing": "gateway.tls",
    "topologySpreadConstraint": "orchestration.topology-spread",
}
"""Each Polaris check, and the rules that judge the same property."""

NO_SUCH_PROPERTY = {
    "metadataAndInstanceMismatched": "wants `app.kubernetes.io/instance` to be the object's own name; "
    "the label is "
    "the name of the installation, which one object shares with others",
    "nakedPod": "an example of how to write one's own check; what it asks (a label equal to the name) "
    "is no property",
    "oneController": "as `nakedPod`",
    "resourceRange": "an example of how to write one's own check: limits between two figures that a "
    "site chooses",
}
"""Polaris checks without a counterpart, and why."""

OTHER_PROPERTY = {
    "pullPolicyNotAlways": "the tools contradict each other on what is right: Polaris wants `Always` "
    "everywhere; side "
    "taken here: with a fixed tag IfNotPresent gives the same code and starts without the registry",
}
"""Polaris checks whose property is another one here, on purpose; not counted as shared."""

_DENIED = (
    "a policy that names a direction and has no rule for it denies it: that is the strictest cover there is"
)
_PLACEHOLDER = (
    "`xxxxx` stands where a value will be put in; with a value that can be a key there is a finding"
)
DIFFERENCES = {
    "hpaMinAvailability/success.minReplicaAbsent.yaml": "not written, minReplicas is 1, which is what "
    "both warn of",
    "linuxHardening/success.drop_capabilities.yaml": "dropped capabilities do not filter system calls; "
    "`security.dropped-capabilities` asks for them, and a profile is asked for as well",
    "missingNetworkPolicy/failure.netpol_missing_egress_rules.yaml": _DENIED,
    "missingNetworkPolicy/failure.netpol_missing_ingress_rules.yaml": _DENIED,
    "sensitiveConfigmapContent/failure.key_aws_secret_access_key.yaml": _PLACEHOLDER,
    "sensitiveConfigmapContent/failure.key_azure_batch_key.yaml": _PLACEHOLDER,
    "sensitiveConfigmapContent/failure.key_oci_cli_key_content.yaml": _PLACEHOLDER,
}
"""Files on which the verdicts differ, and why."""

SCOPES = {
    "clusterrolebindingClusterAdmin": ("ClusterRoleBinding", "ClusterRole"),
    "clusterrolebindingPodExecAttach": ("ClusterRoleBinding", "ClusterRole"),
    "rolebindingClusterAdminClusterRole": ("RoleBinding", "ClusterRole"),
    "rolebindingClusterAdminRole": ("RoleBinding", "Role"),
    "rolebindingClusterRolePodExecAttach": ("RoleBinding", "ClusterRole"),
    "rolebindingRolePodExecAttach": ("RoleBinding", "Role"),
    "clusterrolePodExecAttach": ("ClusterRole", None),
    "rolePodExecAttach": ("Role", None),
}
"""One rule here speaks of all kinds of roles and bindings; a Polaris check of one kind, bound to one kind."""


class Judged(NamedTuple):
    """One example: what Polaris expects and what the rules say (True: a finding)."""

    check: str
    file: str
    expected: bool
    found: bool

    @property
    def agrees(self) -> bool:
        return self.expected == self.found


def judged(corpus: Path) -> Iterator[Judged]:
    """Every example of a check that has a counterpart."""
    for check, rule_ids in RULES.items():
        for path in sorted((corpus / check).glob("*.yaml")):
            if path.name == "check.yaml":
                continue
            yield Judged(check, path.name, path.name.startswith("failure"), _finds(path, rule_ids, check))


def _finds(path: Path, rule_ids: str, check: str) -> bool:
    try:
        graph = Graph(read([str(path)]).objects, parse)
    except BadInput as error:
        raise AssertionError(f"{path} cannot be read: {error}") from error
    kind, bound = SCOPES.get(check, (None, None))
    for rule_id in rule_ids.split():
        for subject, found in verdicts(DECLARED[rule_id], graph):
            data = subject.resource.data
            in_scope = kind in (None, data["kind"]) and bound in (None, data.get("roleRef", {}).get("kind"))
            if found and in_scope:
                return True
    return False


def report(corpus: Path) -> tuple[int, str]:
    """The exit code, and what is to be said of every example."""
    every_rule()
    everything = list(judged(corpus))
    shared = [one for one in everything if one.check not in OTHER_PROPERTY]
    agreed = sum(one.agrees for one in shared)
    lines = [f"{agreed} of {len(shared)} files agree; of all {sum(one.agrees for one in everything)} "
             f"of {len(everything)}, with the checks on which the two take opposite sides"]  # fmt: skip
    words = {True: "finding", False: "fine"}
    reasonless = [path.name for path in corpus.iterdir() if path.name not in {*RULES, *NO_SUCH_PROPERTY}]
    for one in everything:
        if not one.agrees:
            name = f"{one.check}/{one.file}"
            reason = OTHER_PROPERTY.get(one.check) or DIFFERENCES.get(name, "")
            reasonless += [] if reason else [name]
            lines.append(f"{name}: Polaris {words[one.expected]}, here {words[one.found]}: {reason}")
    lines += [f"WRONG  no reason is given for {name}" for name in reasonless]
    return int(bool(reasonless) or not everything), "\n".join(lines)


if __name__ == "__main__":
    code, text = report(Path(sys.argv[1]))
    sys.stdout.write(f"{text}\n")
    sys.exit(code)
