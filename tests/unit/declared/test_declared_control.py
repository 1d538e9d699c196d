"""Objects that define and guard others, as the API server takes and refuses them; and pods as a whole."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from test_declared_server import GONE, OBJECTS

from seatrial.declared.server.walk import server_of
from seatrial.declared.values import plain

OWN = ("/few", "/things.example.com", "/v1.example.com")
VALID = """
kind: ValidatingAdmissionPolicy
apiVersion: admissionregistration.k8s.io/v1
metadata: {name: few}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
  variables: [{name: most, expression: '5'}]
  validations: [{expression: object.spec.replicas <= variables.most, reason: Invalid}]
---
kind: CertificateSigningRequest
apiVersion: certificates.k8s.io/v1
metadata: {name: few}
spec:
  request: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K
  signerName: example.com/few
  usages: [client auth]
  expirationSeconds: 600
---
kind: Thing
apiVersion: example.com/v1
metadata: {name: few}
"""
"""Beside those of `server_valid.yaml`: CEL is not read there, nor are requests more than begun."""
GIVEN: dict[str, dict[str, Any]] = {
    **{data["kind"]: data for data in yaml.safe_load_all(VALID)},
    **{name.partition("/")[0]: OBJECTS[name] for name in OBJECTS if name.endswith(OWN)},
}
_SCHEMA = "spec.versions.0.schema.openAPIV3Schema"
_SPEC = f"{_SCHEMA}.properties.spec"
REFUSED: list[tuple[str, str, Any]] = [
    ("CustomResourceDefinition", "metadata.name", "thing.example.com"),
    ("CustomResourceDefinition", "spec.scope", "namespaced"),
    ("CustomResourceDefinition", "spec.names.kind", "A thing"),
    ("CustomResourceDefinition", "spec.preserveUnknownFields", True),
    ("CustomResourceDefinition", "spec.versions.0.storage", False),
    ("CustomResourceDefinition", "spec.versions.1.storage", True),
    ("CustomResourceDefinition", "spec.versions.1.name", "v1"),
    ("CustomResourceDefinition", "spec.versions.1.name", "2"),
    ("CustomResourceDefinition", "spec.versions.1.schema", GONE),
    ("CustomResourceDefinition", "spec.versions.0.deprecationWarning", "old"),
    ("CustomResourceDefinition", "spec.versions.0.additionalPrinterColumns.0.type", "time"),
    ("CustomResourceDefinition", "spec.versions.0.subresources.scale.specReplicasPath", "spec.size"),
    ("CustomResourceDefinition", "spec.conversion", {"strategy": "Webhook"}),
    ("CustomResourceDefinition", f"{_SCHEMA}.type", "string"),
    ("CustomResourceDefinition", f"{_SCHEMA}.properties.metadata.properties.labels", {"type": "object"}),
    ("CustomResourceDefinition", f"{_SPEC}.type", GONE),
    ("CustomResourceDefinition", f"{_SPEC}.type", "map"),
    ("CustomResourceDefinition", f"{_SPEC}.additionalProperties", {"type": "string"}),
    ("CustomResourceDefinition", f"{_SPEC}.oneOf.0.type", "object"),
    ("CustomResourceDefinition", f"{_SPEC}.oneOf.0.properties", {"size": {"description": "a"}}),
    ("CustomResourceDefinition", f"{_SPEC}.properties.size.default", 0),
    ("CustomResourceDefinition", f"{_SPEC}.properties.size.default", "2"),
    ("CustomResourceDefinition", f"{_SPEC}.properties.ports.items", GONE),
    ("CustomResourceDefinition", f"{_SPEC}.properties.ports.items.required", GONE),
    ("CustomResourceDefinition", f"{_SPEC}.properties.ports.x-kubernetes-list-map-keys", GONE),
    ("CustomResourceDefinition", f"{_SPEC}.properties.ports.x-kubernetes-list-map-keys.0", "port"),
    ("CustomResourceDefinition", f"{_SPEC}.properties.ports.uniqueItems", True),
    ("CustomResourceDefinition", f"{_SPEC}.properties.ports.items", 5),
    ("CustomResourceDefinition", f"{_SPEC}.properties.ports.x-kubernetes-list-map-keys", ["name", "name"]),
    ("CustomResourceDefinition", f"{_SPEC}.properties.size.pattern", "(a"),
    ("ValidatingAdmissionPolicy", "spec.validations", GONE),
    ("ValidatingAdmissionPolicy", "spec.validations.0.reason", "Wrong"),
    ("ValidatingAdmissionPolicy", "spec.variables.0.name", "at-most"),
    ("ValidatingAdmissionPolicy", "spec.matchConstraints", GONE),
    ("ValidatingAdmissionPolicy", "spec.matchConstraints.resourceRules", []),
    ("ValidatingAdmissionPolicy", "spec.matchConstraints.resourceRules.0.operations", GONE),
    ("ValidatingAdmissionPolicy", "spec.matchConstraints.resourceRules.0.resources", ["*", "pods"]),
    ("ValidatingAdmissionPolicyBinding", "spec.validationActions", ["Deny", "Warn"]),
    ("ValidatingAdmissionPolicyBinding", "spec.paramRef", {"parameterNotFoundAction": "Deny"}),
    ("FlowSchema", "spec.matchingPrecedence", 10_001),
    ("FlowSchema", "spec.matchingPrecedence", 1),
    ("FlowSchema", "spec.rules.0.nonResourceRules.0.nonResourceURLs", ["metrics"]),
    ("FlowSchema", "spec", GONE),
    ("FlowSchema", "spec.distinguisherMethod.type", "User"),
    ("FlowSchema", "spec.rules.0.subjects", []),
    ("FlowSchema", "spec.rules.0.subjects.0.kind", "User"),
    ("FlowSchema", "spec.rules.0.resourceRules.0.verbs", ["fetch"]),
    ("FlowSchema", "spec.rules.0.resourceRules.0.namespaces", GONE),
    ("FlowSchema", "spec.rules.0.nonResourceRules.0.verbs", ["*", "get"]),
    ("PriorityLevelConfiguration", "spec.type", "Exempt"),
    ("PriorityLevelConfiguration", "spec.limited.nominalConcurrencyShares", -1),
    ("PriorityLevelConfiguration", "spec.limited.lendablePercent", 101),
    ("PriorityLevelConfiguration", "spec.limited.limitResponse.type", "Reject"),
    ("PriorityLevelConfiguration", "spec.limited.limitResponse.queuing", GONE),
    ("PriorityLevelConfiguration", "spec.limited.limitResponse.queuing.handSize", 17),
    ("APIService", "metadata.name", "example.com"),
    ("APIService", "spec.versionPriority", 1001),
    ("APIService", "spec.service.namespace", GONE),
    ("APIService", "spec.service", GONE),
    ("CertificateSigningRequest", "spec.signerName", "few"),
    ("CertificateSigningRequest", "spec.usages", []),
    ("CertificateSigningRequest", "spec.request", "eA=="),
    ("CertificateSigningRequest", "spec.expirationSeconds", 599),
    ("Ingress", "spec.ingressClassName", "other"),
    ("ResourceQuota", "spec.hard", {"requests.cpu": 4}),
    ("Service", "spec.type", "ClusterIP"),
    ("Service", "metadata.annotations", {"service.beta.kubernetes.io/load-balancer-source-ranges": "ten"}),
    ("Service", "spec.externalIPs.0", "127.0.0.1"),
    ("Namespace", "metadata.labels", {"pod-security.kubernetes.io/enforce-version": "1.34"}),
    ("Thing", "metadata.name", "A_few"),
]
PODS: list[tuple[str, Any]] = [
    ("spec.ephemeralContainers", [{"name": "debug", "image": "busybox"}]),
    ("spec.containers.0.volumeDevices", [{"name": "work", "devicePath": "/work"}]),
    ("spec.resources", {"requests": {"ephemeral-storage": "1Gi"}}),
    ("spec.resources", {"requests": {"cpu": "1m"}}),
    ("spec.resourceClaims", [{"name": "gpu"}]),
    ("spec.containers.0.securityContext", {"procMount": "Unmasked"}),
    ("spec.containers.0.restartPolicyRules", [{"action": "Restart"}]),
    ("spec.dnsConfig", {"options": [{"value": "2"}]}),
    ("spec.securityContext", {"windowsOptions": {"hostProcess": True}}),
]


def changed(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The object with another value at a path; GONE takes it away."""
    data = copy.deepcopy(data)
    *parents, last = path.split(".")
    inner: Any = data
    for part in parents:
        inner = inner[int(part)] if isinstance(inner, list) else inner.setdefault(part, {})
    if value is GONE:
        del inner[last]
    elif isinstance(inner, list):
        inner[int(last)] = value
    else:
        inner[last] = value
    return data


@pytest.mark.parametrize("kind", GIVEN)
def test_what_the_server_takes_has_no_misfit(kind: str) -> None:
    assert not server_of().misfits(GIVEN[kind])


@pytest.mark.parametrize(("kind", "path", "value"), REFUSED)
def test_what_it_refuses_is_found(kind: str, path: str, value: Any) -> None:
    found = server_of().misfits(changed(GIVEN[kind], path, value))
    assert found
    assert all(misfit.seen and plain(misfit.path) for misfit in found)


@pytest.mark.parametrize(("path", "value"), PODS)
@pytest.mark.parametrize("of", ["Pod/full", "Deployment/shop"])
def test_a_pod_is_refused_wherever_it_stands(of: str, path: str, value: Any) -> None:
    below = "" if of.startswith("Pod") else "spec.template."
    data = OBJECTS[of]
    assert server_of().misfits(changed(data, below + path, value))


def test_a_pods_own_request_is_compared_with_all_that_run_at_once() -> None:
    def asks(cpu: str) -> dict[str, Any]:
        own = {"requests": {"cpu": cpu}}
        container = {"name": "a", "image": "i", "resources": {"requests": {"cpu": "100m"}}}
        sidecar = {**container, "name": "b", "restartPolicy": "Always"}
        first = {**container, "name": "c", "resources": {"requests": {"cpu": "200m"}}}
        spec = {"containers": [container], "initContainers": [sidecar, first], "resources": own}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec}

    assert not server_of().misfits(asks("300m"))
    assert server_of().misfits(asks("299m"))


def test_a_signal_needs_the_name_of_a_system() -> None:
    data = changed(OBJECTS["Pod/full"], "spec.containers.0.lifecycle.stopSignal", "SIGINT")
    assert not server_of().misfits(data)
    assert server_of().misfits(changed(data, "spec.os", GONE))


def test_an_annotation_of_apparmor_says_what_the_field_says() -> None:
    def profile(annotation: str, kind: str) -> dict[str, Any]:
        key = "container.apparmor.security.beta.kubernetes.io/a"
        spec = {
            "containers": [{"name": "a", "image": "i"}],
            "securityContext": {"appArmorProfile": {"type": kind}},
        }
        metadata = {"name": "x", "annotations": {key: annotation}}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    assert not server_of().misfits(profile("runtime/default", "RuntimeDefault"))
    assert server_of().misfits(profile("unconfined", "RuntimeDefault"))
