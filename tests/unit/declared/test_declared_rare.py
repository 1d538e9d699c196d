"""What the API server refuses of kinds that few write: drivers, devices, admission, old volumes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from seatrial.declared.server.walk import server_of
from seatrial.declared.values import plain

_ADMISSION = "apiVersion: admissionregistration.k8s.io/v1"
_ONE_RULE = "{resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}"
KINDS = {
    "driver": "{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: d.example}, spec: SPEC}",
    "node": "{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: a}, spec: SPEC}",
    "attachment": "{apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, metadata: {name: a}, "
    "spec: {attacher: d.example, nodeName: a, source: SPEC}}",
    "attributes": "{apiVersion: storage.k8s.io/v1, kind: VolumeAttributesClass, metadata: {name: a}, "
    "driverName: d.example, parameters: SPEC}",
    "capacity": "{apiVersion: storage.k8s.io/v1, kind: CSIStorageCapacity, metadata: {name: a}, "
    "storageClassName: a, capacity: SPEC}",
    "binding": f"{{{_ADMISSION}, kind: ValidatingAdmissionPolicyBinding, metadata: {{name: a}}, "
    "spec: {policyName: a, validationActions: [Deny], paramRef: SPEC}}",
    "mutations": f"{{{_ADMISSION}, kind: MutatingAdmissionPolicy, metadata: {{name: a}}, spec: "
    f"{{matchConstraints: {_ONE_RULE}, reinvocationPolicy: Never, mutations: SPEC}}}}",
    "constraints": f"{{{_ADMISSION}, kind: MutatingAdmissionPolicy, metadata: {{name: a}}, spec: "
    "{matchConstraints: SPEC, reinvocationPolicy: Never, mutations: "
    "[{patchType: JSONPatch, jsonPatch: {expression: '[]'}}]}}",
    "claim": "{apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {name: a}, spec: "
    "{devices: SPEC}}",
    "exactly": "{apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {name: a}, spec: "
    "{devices: {requests: [{name: gpu, exactly: SPEC}]}}}",
    "ranges": "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: a}, "
    "spec: {cidrs: SPEC}}",
    "address": "{apiVersion: networking.k8s.io/v1, kind: IPAddress, metadata: {name: SPEC}, "
    "spec: {parentRef: {resource: services, name: a}}}",
    "volume": "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a}], "
    "volumes: [{name: a, SPEC}]}}",
    "variable": "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a, "
    "env: [{name: A, valueFrom: {fileKeyRef: SPEC}}]}], volumes: [{name: a, emptyDir: {}}]}}",
    "restart": "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a, "
    "restartPolicy: Never, restartPolicyRules: SPEC}]}}",
    "pod": "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: "
    "{containers: [{name: a, image: a}], SPEC}}",
}
TAKEN = (
    ("driver", "{fsGroupPolicy: File, volumeLifecycleModes: [Ephemeral], tokenRequests: [{audience: a}]}"),
    ("node", "{drivers: [{name: a, nodeID: a}, {name: b, nodeID: a}]}"),
    ("attachment", "{persistentVolumeName: a}"),
    ("attributes", "{iops: '100'}"),
    ("capacity", "1Gi"),
    ("binding", "{name: a, parameterNotFoundAction: Deny}"),
    ("mutations", "[{patchType: ApplyConfiguration, applyConfiguration: {expression: 'Object{}'}}]"),
    ("constraints", _ONE_RULE),
    ("claim", "{requests: [{name: a, firstAvailable: [{name: b, deviceClassName: c}]}], "
    "constraints: [{requests: [a, a/b], matchAttribute: d.example/model}]}"),
    ("exactly", "{deviceClassName: a, count: 2, tolerations: [{key: a, operator: Exists}]}"),
    ("ranges", "[10.0.0.0/16]"),
    ("address", "10.0.0.1"),
    ("volume", "azureDisk: {diskName: a, diskURI: /subscriptions/a, kind: Managed}"),
    ("volume", "iscsi: {targetPortal: a, iqn: 'iqn.2001-04.com.example:disk', lun: 0}"),
    ("volume", "fc: {wwids: [a]}"),
    ("variable", "{volumeName: a, path: b, key: A}"),
    ("restart", "[{action: Restart, exitCodes: {operator: In, values: [1]}}]"),
)  # fmt: skip
REFUSED = (
    ("driver", "{fsGroupPolicy: Files}", "spec.fsGroupPolicy"),
    ("driver", "{volumeLifecycleModes: [Inline]}", "spec.volumeLifecycleModes[0]"),
    ("driver", "{tokenRequests: [{audience: a}, {audience: a}]}", "spec.tokenRequests[1].audience"),
    ("driver", "{tokenRequests: [{audience: a, expirationSeconds: 5}]}",
     "spec.tokenRequests[0].expirationSeconds"),
    ("driver", "{serviceAccountTokenInSecrets: true}", "spec.serviceAccountTokenInSecrets"),
    ("node", "{drivers: [{name: a, nodeID: a}, {name: a, nodeID: b}]}", "spec.drivers[1].name"),
    ("attachment", "{}", "spec.source"),
    ("attributes", "{}", "parameters"),
    ("capacity", "'-1'", "capacity"),
    ("binding", "{name: a}", "spec.paramRef.parameterNotFoundAction"),
    ("binding", "{name: a, parameterNotFoundAction: deny}", "spec.paramRef.parameterNotFoundAction"),
    ("binding", "{parameterNotFoundAction: Deny}", "spec.paramRef"),
    ("mutations", "[]", "spec.mutations"),
    ("mutations", "[{patchType: JSONPatch, applyConfiguration: {expression: 'Object{}'}}]",
     "spec.mutations[0].jsonPatch"),
    ("constraints", _ONE_RULE.replace("CREATE", "DELETE"),
     "spec.matchConstraints.resourceRules[0].operations[0]"),
    ("constraints", "{resourceRules: []}", "spec.matchConstraints.resourceRules"),
    ("claim", "{requests: [{name: a}]}", "spec.devices.requests[0]"),
    ("claim", "{requests: [{name: A, exactly: {deviceClassName: a}}]}", "spec.devices.requests[0].name"),
    ("claim", "{requests: [{name: a, exactly: {deviceClassName: a}}, "
     "{name: a, exactly: {deviceClassName: b}}]}", "spec.devices.requests[1].name"),
    ("claim", "{requests: [{name: a, exactly: {deviceClassName: a}, firstAvailable: "
     "[{name: b, deviceClassName: c}]}]}", "spec.devices.requests[0].firstAvailable"),
    ("claim", "{requests: [{name: a, exactly: {deviceClassName: a}}], "
     "constraints: [{requests: [b], matchAttribute: d.example/model}]}",
     "spec.devices.constraints[0].requests[0]"),
    ("claim", "{requests: [{name: a, exactly: {deviceClassName: a}}], constraints: [{requests: [a]}]}",
     "spec.devices.constraints[0].matchAttribute"),
    ("exactly", "{deviceClassName: a, count: -1}", "spec.devices.requests[0].exactly.count"),
    ("exactly", "{deviceClassName: a, allocationMode: All, count: 1}",
     "spec.devices.requests[0].exactly.count"),
    ("exactly", "{deviceClassName: a, selectors: [{}]}",
     "spec.devices.requests[0].exactly.selectors[0].cel"),
    ("exactly", "{deviceClassName: a, tolerations: [{key: a, operator: Exists, value: b}]}",
     "spec.devices.requests[0].exactly.tolerations[0].value"),
    ("ranges", "[10.0.0.0]", "spec.cidrs[0]"),
    ("address", "10.0.0.300", "metadata.name"),
    ("volume", "azureDisk: {diskName: a, diskURI: 'https://a', kind: Managed}",
     "spec.volumes[0].azureDisk.diskURI"),
    ("volume", "iscsi: {targetPortal: a, iqn: disk, lun: 0}", "spec.volumes[0].iscsi.iqn"),
    ("volume", "iscsi: {targetPortal: a, iqn: 'iqn.2001-04.com.example:disk', lun: 300}",
     "spec.volumes[0].iscsi.lun"),
    ("volume", "fc: {}", "spec.volumes[0].fc.targetWWNs"),
    ("volume", "fc: {targetWWNs: [a]}", "spec.volumes[0].fc.lun"),
    ("volume", "gitRepo: {repository: a, directory: ../b}", "spec.volumes[0].gitRepo.directory"),
    ("volume", "awsElasticBlockStore: {volumeID: a, partition: 256}",
     "spec.volumes[0].awsElasticBlockStore.partition"),
    ("volume", "projected: {sources: [{clusterTrustBundle: {name: a, signerName: b.example/c, path: d}}]}",
     "spec.volumes[0].projected.sources[0].clusterTrustBundle.signerName"),
    ("variable", "{volumeName: b, path: b, key: A}",
     "spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName"),
    ("restart", "[{action: restart, exitCodes: {operator: In, values: [1]}}]",
     "spec.containers[0].restartPolicyRules[0].action"),
    ("pod", "securityContext: {seLinuxChangePolicy: recursive}", "spec.securityContext.seLinuxChangePolicy"),
    ("pod", "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, "
     "labelSelector: {matchLabels: {b: c}}, matchLabelKeys: [a], mismatchLabelKeys: [a]}]}}",
     "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]"),
)  # fmt: skip


def _object(kind: str, spec: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(KINDS[kind].replace("SPEC", spec))
    return data


@pytest.mark.parametrize(("kind", "spec"), TAKEN)
def test_what_the_server_takes_has_no_misfit(kind: str, spec: str) -> None:
    assert not server_of().misfits(_object(kind, spec))


@pytest.mark.parametrize(("kind", "spec", "path"), REFUSED)
def test_what_it_refuses_is_one_misfit_at_its_field(kind: str, spec: str, path: str) -> None:
    found = server_of().misfits(_object(kind, spec))
    assert path in [plain(misfit.path) for misfit in found], found


def test_what_a_misspelt_field_leaves_out_is_not_told_beside_it() -> None:
    backend = "{serviceName: shop, servicePort: 80}"
    spec = f"{{rules: [{{http: {{paths: [{{path: /, pathType: Prefix, backend: {backend}}}]}}}}]}}"
    data = yaml.safe_load(
        f"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: a}}, spec: {spec}}}"
    )
    found = [plain(misfit.path) for misfit in server_of().misfits(data)]
    where = "spec.rules[0].http.paths[0].backend"
    assert found == [f"{where}.serviceName", f"{where}.servicePort"]
