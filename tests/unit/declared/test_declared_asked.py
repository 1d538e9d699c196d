"""What a real API server answered to changes that tests/differential/test_server.py made at random."""

from __future__ import annotations

from typing import Any

import pytest
from test_declared_server import GONE, OBJECTS, changed

from seatrial.declared.server.walk import server_of
from seatrial.declared.values import plain

_HOOK, _FLOW = "ValidatingWebhookConfiguration/seatrial-hook", "PriorityLevelConfiguration/few"
_THING, _API = "CustomResourceDefinition/things.example.com", "APIService/v1.example.com"
_LIMITED = "spec.limited.limitResponse"
_SELECTOR = "spec.metrics.2.pods.metric.selector.matchExpressions"
_VERSION = "spec.versions.0"
_SCHEMA = f"{_VERSION}.schema.openAPIV3Schema"
_SPEC = f"{_SCHEMA}.properties.spec.properties"
_RULE = "spec.rules.0.nonResourceRules.0"
_CLAIM = "spec.volumes.7.ephemeral.volumeClaimTemplate"
TAKEN: list[tuple[str, str, Any]] = [
    (_API, "metadata.finalizers", ["x"]),
    (_THING, "metadata.finalizers", ["x"]),
    ("Secret/words", "data.word", []),
    ("Secret/words", "data.word", [104, None]),
    ("PersistentVolumeClaim/data", "spec.dataSource", {"name": "a"}),
    ("PersistentVolumeClaim/data", "spec.dataSource", {"apiGroup": "A/b", "kind": "Any", "name": "a"}),
    ("Deployment/shop", "metadata.generation", -1),
    ("Deployment/shop", "spec.template.metadata.ownerReferences", [{}]),
    ("StatefulSet/store", "spec.template.spec.hostname", "Bad_Name"),
    ("StatefulSet/store", "spec.template.spec.subdomain", "Bad_Name"),
    ("PodDisruptionBudget/shop", "metadata.finalizers", ["x"]),
    ("HorizontalPodAutoscaler/shop", _SELECTOR, [{"key": "Some-Text", "operator": "abc"}]),
    ("Pod/full", "spec.containers.0.livenessProbe.httpGet.httpHeaders.0.value", GONE),
    ("Pod/full", "spec.containers.0.lifecycle.preStop.sleep", {}),
    (_THING, f"{_SPEC}.port.anyOf.0.title", ""),
    (_THING, f"{_SPEC}.size.enum", []),
    (_THING, f"{_SPEC}.day", {"type": "string", "format": "date", "default": []}),
    (_FLOW, f"{_LIMITED}.queuing.handSize", 0),
    (_FLOW, f"{_LIMITED}.queuing.queueLengthLimit", 0),
]
"""An object that is taken, a field of it, its new value; all of it is taken, too."""
REFUSED: list[tuple[str, str, Any]] = [
    ("ConfigMap/settings", "metadata.finalizers", ["x"]),
    ("Secret/words", "data.word", [256]),
    ("Secret/words", "data.word", ["x"]),
    ("PersistentVolumeClaim/data", "spec.dataSource", {"kind": "PersistentVolumeClaim"}),
    (_FLOW, _LIMITED, GONE),
    (_FLOW, f"{_LIMITED}.queuing.queues", 65535),
    ("ValidatingAdmissionPolicyBinding/few", "spec.policyName", "x_y"),
    ("ValidatingAdmissionPolicyBinding/few", "spec.validationActions", [None]),
    (_HOOK, "webhooks.0.matchPolicy", ""),
    ("CronJob/nightly", "spec.timeZone", ""),
    ("CronJob/nightly", "spec.jobTemplate.spec.completionMode", "Indexed"),
    ("Service/shop", "spec.ports.0.appProtocol", ""),
    ("ResourceQuota/few", "spec.scopes", ["VolumeAttributesClass"]),
    ("ResourceQuota/few", "spec.scopes", [None]),
    ("IngressClass/seatrial-class", "spec.parameters.scope", ""),
    (_API, "spec.service.port", 0),
    ("Pod/full", "spec.topologySpreadConstraints.0.matchLabelKeys", [""]),
    (_THING, f"{_VERSION}.additionalPrinterColumns.0.jsonPath", "spec.size"),
    (_THING, f"{_VERSION}.subresources.scale.labelSelectorPath", "selector"),
    (_THING, f"{_VERSION}.selectableFields", [{"jsonPath": "abc"}]),
    (_THING, f"{_VERSION}.selectableFields", [{"jsonPath": ".metadata.name"}]),
    (_THING, f"{_SCHEMA}.nullable", True),
    (_THING, f"{_SCHEMA}.properties.metadata.minimum", 2),
    (_THING, f"{_SCHEMA}.properties.metadata.properties.name.x-kubernetes-preserve-unknown-fields", False),
    (_THING, f"{_SCHEMA}.properties.metadata.minimum", 0),
    (_THING, f"{_SCHEMA}.properties.spec.$schema", "a"),
    (_THING, f"{_SCHEMA}.properties.spec.oneOf.0.uniqueItems", True),
    (_THING, f"{_SCHEMA}.properties.spec.oneOf.0.id", "a"),
    (_THING, f"{_SPEC}.ports.x-kubernetes-map-type", "atomic"),
    (_THING, f"{_SPEC}.ports.x-kubernetes-embedded-resource", True),
    (_THING, f"{_SPEC}.port.anyOf.0.default", {}),
    (_THING, f"{_SPEC}.any.$ref", ""),
    (_THING, "spec.names.categories", ["A"]),
    ("FlowSchema/few", f"{_RULE}.nonResourceURLs", ["/a//b"]),
    ("FlowSchema/few", "spec.priorityLevelConfiguration.name", "None"),
    ("Service/shop", "metadata.generation", -1),
    ("Service/shop", "spec.clusterIPs", ["10.0.0.1"]),
    ("Service/shop", "spec.ipFamilies", [""]),
    ("Service/node", "spec.trafficDistribution", ""),
    ("Deployment/shop", "spec.strategy.rollingUpdate.maxSurge", ""),
    ("Deployment/shop", "spec.template.spec.runtimeClassName", ""),
    ("Job/once", "spec.managedBy", ""),
    ("PodDisruptionBudget/shop", "spec.unhealthyPodEvictionPolicy", ""),
    ("Deployment/shop", "spec.template.spec.hostname", "Bad_Name"),
    ("Job/import", "spec.successPolicy.rules.0.succeededIndexes", ""),
    ("EndpointSlice/outside", "endpoints.0.nodeName", "Some-Text"),
    ("Ingress/shop", "spec.defaultBackend.resource.name", "50%"),
    (_THING, f"{_VERSION}.additionalPrinterColumns.0.format", "abc"),
    ("Job/import", "spec.podFailurePolicy.rules.0.onExitCodes.values", [None]),
    ("NetworkPolicy/shop", "spec.ingress.0.ports.1.port", ""),
    ("Namespace/seatrial-space", "metadata.labels", {"pod-security.kubernetes.io/enforce": None}),
    ("StatefulSet/store", "spec.volumeClaimTemplates.0.spec.dataSource", {}),
    ("Pod/full", f"{_CLAIM}.spec.dataSource", {}),
    ("LimitRange/limits", "spec.limits.0.min.cpu", "-1"),
    ("Pod/full", "spec.hostUsers", False),
    ("Pod/full", "spec.hostNetwork", True),
    ("Pod/full", "spec.volumes.3.persistentVolumeClaim", None),
    ("Pod/full", "spec.volumes.6.csi.nodePublishSecretRef", {}),
    ("Pod/full", f"{_CLAIM}.metadata.finalizers", ["x"]),
    ("Pod/full", "spec.volumes.8.projected.sources.3.downwardAPI.items.0.fieldRef.apiVersion", "x"),
    (_HOOK, "webhooks.0.rules.0.resources", [""]),
]


@pytest.mark.parametrize(("name", "path", "value"), TAKEN)
def test_what_the_server_takes_has_no_misfit(name: str, path: str, value: Any) -> None:
    assert not server_of().misfits(changed(name, path, value))


@pytest.mark.parametrize(("name", "path", "value"), REFUSED)
def test_what_it_refuses_is_found(name: str, path: str, value: Any) -> None:
    assert OBJECTS[name]
    found = server_of().misfits(changed(name, path, value))
    assert any(misfit.seen and plain(misfit.path) for misfit in found)
