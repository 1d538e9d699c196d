"""Bad input and missing permission end in words, never in a pass, and touch nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from person import only_catalogue

from seatrial.cluster.build.tools import ensure_tools
from seatrial.cluster.progress import PlainProgress

pytestmark = pytest.mark.usefixtures("untouched")
REPLACEMENT = "orchestration.pod-replacement"
DELETE_POD = "experiment.delete-pod"
MINE = "experiment.mine"


def kubectl(kubeconfig: Path, *arguments: str) -> str:
    program = ensure_tools(PlainProgress()).kubectl
    command = [str(program), f"--kubeconfig={kubeconfig}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


def test_a_namespace_that_does_not_exist_is_named(person):
    typed = person.check(REPLACEMENT, SEATRIAL_NAMESPACE="chandlry")
    assert typed.code == 1
    assert "the namespace 'chandlry' does not exist" in typed.text
    assert "chandlery" in typed.text
    assert "Traceback" not in typed.text


def test_a_journey_that_fails_before_any_fault_is_an_error_and_nothing_is_injected(person):
    def change(data):
        only_catalogue(data, "list-orders")
        data["journeys"]["browse"]["expect"] = {"status": 418}
        data["journeys"] = {"list-orders": data["journeys"]["list-orders"], **data["journeys"]}

    typed = person.check(REPLACEMENT, SEATRIAL_SYSTEM=str(person.system(change)))
    assert typed.code == 1
    assert f"ERROR {REPLACEMENT}" in typed.text
    assert "not steady" in typed.text
    assert "No fault was injected" in typed.text


def test_a_selector_that_matches_nothing_makes_chaos_exit_1(person):
    def change(data):
        data["title"] = "mine"
        data["method"][1]["provider"]["arguments"]["arguments"] = {
            "selector": "app.kubernetes.io/name=nobody"
        }

    typed = person.chaos(person.experiment("delete-pod", change))
    assert typed.code == 1
    assert f"ERROR {MINE} [catalogue]" in typed.text
    assert "app.kubernetes.io/name=nobody" in typed.text


@pytest.mark.parametrize(
    "change", [lambda data: data.pop("consent"), lambda data: data["consent"].update(namespace="other")]
)
def test_without_consent_a_check_is_skipped_with_the_reason(person, change):
    typed = person.check(REPLACEMENT, SEATRIAL_SYSTEM=str(person.system(change)))
    assert "nothing was touched" in typed.text
    assert "2 skipped" in typed.text
    assert "passed in" not in typed.text
    assert "no check passed, so the exit code is not 0" in typed.text
    assert typed.code == 1


def test_what_is_skipped_may_be_accepted_by_name(person):
    system = person.system(lambda data: data.pop("consent"))
    accepted = person.check(REPLACEMENT, SEATRIAL_SYSTEM=str(system), SEATRIAL_ACCEPT="skipped")
    assert accepted.code == 0
    assert "accepted in place of a pass: skipped" in accepted.text


def test_without_consent_an_experiment_exits_1(person):
    system = person.system(lambda data: data.pop("consent"))
    typed = person.chaos(person.experiment("delete-pod"), SEATRIAL_SYSTEM=str(system))
    assert typed.code == 1
    assert "nothing was touched" in typed.text


@pytest.mark.parametrize("change", [{"repetitions": 0}, {"repetitons": 3}])
def test_an_experiment_that_asks_for_no_evidence_is_refused(person, change):
    """Other ways to ask for none: tests/attacks/test_no_evidence_asked.py."""

    def changed(data):
        data["controls"][0]["provider"]["arguments"].update(change)

    typed = person.chaos(person.experiment("delete-pod", changed))
    assert typed.code == 1
    assert next(iter(change)) in typed.text


def test_a_cluster_that_does_not_answer_is_an_error(person):
    config = yaml.safe_load(person.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    path = person.folder / "nowhere.yaml"
    path.write_text(yaml.safe_dump(config))

    def change(data):
        data["target"] = {"context": config["contexts"][0]["name"], "namespace": "chandlery"}

    typed = person.check(
        REPLACEMENT, SEATRIAL_SYSTEM=str(person.system(change)), SEATRIAL_KUBECONFIG=str(path)
    )
    assert typed.code == 1
    assert "127.0.0.1:1" in typed.text
    assert "Traceback" not in typed.text


def test_an_experiment_without_the_verdict_control_exits_1(person):
    typed = person.chaos(person.experiment("delete-pod", lambda data: data.pop("controls")))
    assert typed.code == 1


def test_an_experiment_for_a_workload_that_is_not_there_exits_1(person):
    def change(data):
        data["controls"][0]["provider"]["arguments"]["roles"] = ["nobody"]

    typed = person.chaos(person.experiment("delete-pod", change))
    assert typed.code == 1
    assert "nobody" in typed.text


class TestWithoutTheRightToDelete:
    """A ServiceAccount that may look at everything, hold the Lease, and delete nothing."""

    @pytest.fixture
    def reader(self, deployed, person):
        """Environment of a person whose kubeconfig only reads."""
        names = {"name": "seatrial-reader", "namespace": "chandlery"}
        role = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": names,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "ServiceAccount", **names}],
        }
        rule = {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "create", "patch", "delete"],
        }
        holder = {"kind": "Role", "metadata": {**names, "name": "seatrial-holder"}, "rules": [rule]}
        bound = {
            **role,
            "metadata": holder["metadata"],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "seatrial-holder"},
        }
        made = [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": names},
            role,
            {"apiVersion": "rbac.authorization.k8s.io/v1", **holder},
            bound,
        ]
        for item in made:
            deployed.create(item)
        token = kubectl(person.kubeconfig, "--namespace=chandlery", "create", "token", "seatrial-reader")
        config = yaml.safe_load(person.kubeconfig.read_text())
        config["users"] = [{"name": "reader", "user": {"token": token}}]
        config["contexts"][0]["context"]["user"] = "reader"
        path = person.folder / "reader.yaml"
        path.write_text(yaml.safe_dump(config))

        def change(data):
            data["target"] = {"context": config["contexts"][0]["name"], "namespace": "chandlery"}

        yield {"SEATRIAL_KUBECONFIG": str(path), "SEATRIAL_SYSTEM": str(person.system(change))}
        for item in made:
            deployed.delete(item["kind"], item["metadata"]["name"])

    def test_chaos_exits_1_and_names_the_missing_right(self, person, reader):
        typed = person.chaos(person.experiment("delete-pod"), **reader)
        assert typed.code == 1
        assert f"UNSUPPORTED {DELETE_POD} [catalogue]" in typed.text
        assert "not allowed to delete pods in namespace chandlery (needed by delete-pod)" in typed.text
        assert "seatrial rights --disruptive" in typed.text
