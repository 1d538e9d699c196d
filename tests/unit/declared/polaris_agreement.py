"""Agreement with the labelled examples of Polaris, file by file; run as a script it writes docs/agreement.md.

The examples lie outside the project, in ../shared/corpora/polaris-checks, as `<check>/success*.yaml` and
`<check>/failure*.yaml`: each is named after what Polaris expects. `mutated*` is what its fixer makes of a
failing file, so it expects success.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from declared_examples import graph_of, rule_named

from seatrial.declared.engine import verdicts
from seatrial.errors import BadInput

ROOT = Path(__file__).parents[3]
CORPUS = ROOT.parent / "shared" / "corpora" / "polaris-checks"
DOCUMENT = ROOT / "docs" / "agreement.md"

_BINDING = "security.pod-exec-binding security.binding-role"
RULES = {
    "automountServiceAccountToken": "security.service-account-token",
    "clusterrolePodExecAttach": "security.pod-exec",
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
    "linuxHardening": "security.kernel-filter",
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
    "rolePodExecAttach": "security.pod-exec",
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
DIFFERENCES = {
    "hpaMinAvailability/success.minReplicaAbsent.yaml": "not written, minReplicas is 1, which is what "
    "both warn of",
    "linuxHardening/success.drop_capabilities.yaml": "dropped capabilities do not filter system calls; "
    "`security.dropped-capabilities` asks for them, and a profile is asked for as well",
    "missingNetworkPolicy/failure.netpol_missing_egress_rules.yaml": _DENIED,
    "missingNetworkPolicy/failure.netpol_missing_ingress_rules.yaml": _DENIED,
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


def judged() -> Iterator[Judged]:
    """Every example of a check that has a counterpart."""
    for check, rule_ids in RULES.items():
        for path in sorted((CORPUS / check).glob("*.yaml")):
            if path.name == "check.yaml":
                continue
            yield Judged(check, path.name, path.name.startswith("failure"), _finds(path, rule_ids, check))


def _finds(path: Path, rule_ids: str, check: str) -> bool:
    try:
        graph = graph_of(path)
    except BadInput as error:
        raise AssertionError(f"{path} cannot be read: {error}") from error
    kind, bound = SCOPES.get(check, (None, None))
    for rule_id in rule_ids.split():
        for subject, found in verdicts(rule_named(rule_id), graph):
            data = subject.resource.data
            in_scope = kind in (None, data["kind"]) and bound in (None, data.get("roleRef", {}).get("kind"))
            if found and in_scope:
                return True
    return False


def render() -> str:
    """The document."""
    everything = list(judged())
    shared = [one for one in everything if one.check not in OTHER_PROPERTY]
    agreed = sum(one.agrees for one in shared)
    lines = [
        "# Agreement with Polaris",
        "",
        "Generated by tests/unit/declared/polaris_agreement.py from the labelled examples of "
        "FairwindsOps/polaris",
        "(Apache-2.0, August 2026), which are not part of this project. A file agrees when the rules find",
        "something exactly where Polaris does.",
        "",
        f"**{agreed} of {len(shared)} files agree ({100 * agreed / len(shared):.1f} %)** on the "
        f"{len({one.check for one in shared})} checks whose property both have; "
        "with the check on which the two take opposite sides, "
        f"{sum(one.agrees for one in everything)} of {len(everything)}.",
        "",
        "| Polaris check | rule here | files | agree |",
        "|---|---|---|---|",
    ]
    for check, rule_ids in RULES.items():
        files = [one for one in everything if one.check == check]
        names = ", ".join(f"`{rule_id}`" for rule_id in rule_ids.split())
        lines.append(f"| {check} | {names} | {len(files)} | {sum(one.agrees for one in files)} |")
    lines += [
        "",
        "## Differences, each on purpose",
        "",
        "| file | Polaris | here | why |",
        "|---|---|---|---|",
    ]
    words = {True: "finding", False: "fine"}
    for one in everything:
        if not one.agrees:
            reason = OTHER_PROPERTY.get(one.check) or DIFFERENCES.get(
                f"{one.check}/{one.file}", "**not explained**"
            )
            lines.append(
                f"| {one.check}/{one.file} | {words[one.expected]} | {words[one.found]} | {reason} |"
            )
    lines += ["", "## Checks without a counterpart", "", "| Polaris check | why not |", "|---|---|"]
    lines += [f"| {check} | {reason} |" for check, reason in NO_SUCH_PROPERTY.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(render(), encoding="utf-8")
