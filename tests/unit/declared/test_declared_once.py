"""One fault is one finding, at the place of the fault."""

from __future__ import annotations

from test_declared_false_alarms import container, found, pod, sound

_APPROVER = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: approver}
rules:
- {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}
- {apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve]}
"""


def test_both_halves_of_the_right_to_approve_are_one() -> None:
    seen = found(sound(lambda _: None, _APPROVER))["security.escalating-rights"]
    assert seen == ["it may update certificatesigningrequests/approval"]


def test_what_a_pod_says_is_not_told_for_each_container() -> None:
    objects = sound()
    pod(objects)["containers"].append({**container(objects), "name": "second", "ports": []})
    pod(objects)["securityContext"]["supplementalGroups"] = [0]
    assert found(objects)["security.root-group"] == ["0 is among its groups"]


def test_a_store_on_a_folder_for_scratch_has_no_volume_for_its_data() -> None:
    objects = sound()
    container(objects)["image"] = "registry.example.com/library/postgres:16.4"
    seen = found(objects)["data.lasting-volume"]
    assert seen == ["postgres mounts no lasting volume"]


def test_the_type_of_a_host_path_is_one_fault() -> None:
    objects = sound()
    pod(objects)["volumes"] = [{"name": "tmp", "hostPath": {"path": "/srv", "type": "Dir"}}]
    seen = found(objects)
    assert "delivery.fields-together" not in seen
    assert len(seen["delivery.field-values"]) == 1
