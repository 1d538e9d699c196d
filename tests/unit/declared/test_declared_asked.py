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
_VERSION = "spec.versions.0"
_SCHEMA = f"{_VERSION}.schema.openAPIV3Schema"
TAKEN: list[tuple[str, str, Any]] = [
    (_API, "metadata.finalizers", ["x"]),
    (_THING, "metadata.finalizers", ["x"]),
    ("Secret/words", "data.word", []),
    ("Secret/words", "data.word", [104, None]),
    ("PersistentVolumeClaim/data", "spec.dataSource", {"name": "a"}),
    ("PersistentVolumeClaim/data", "spec.dataSource", {"apiGroup": "A/b", "kind": "Any", "name": "a"}),
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
    (_THING, f"{_SCHEMA}.properties.spec.$schema", "a"),
]


@pytest.mark.parametrize(("name", "path", "value"), TAKEN)
def test_what_the_server_takes_has_no_misfit(name: str, path: str, value: Any) -> None:
    assert not server_of().misfits(changed(name, path, value))


@pytest.mark.parametrize(("name", "path", "value"), REFUSED)
def test_what_it_refuses_is_found(name: str, path: str, value: Any) -> None:
    assert OBJECTS[name]
    found = server_of().misfits(changed(name, path, value))
    assert any(misfit.seen and plain(misfit.path) for misfit in found)
