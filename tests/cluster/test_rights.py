"""The Roles of `seatrial rights`, bound by kubectl: with exactly these it works, and each rule is used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from rbac import RuleKube, granted
from tiny import ROOT, Access, kubeconfig_of, system_in, wait_until_rolled_out

from seatrial import cluster
from seatrial.commands.doctor import examined
from seatrial.commands.rights import grantees_of, needed
from seatrial.errors import FaultNotVerified, NotAllowed
from seatrial.faults.bad_rollout import BadRollout
from seatrial.faults.base import Fault
from seatrial.faults.crash_pod import CrashPod
from seatrial.faults.delete_all_pods import DeleteAllPods
from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.drain_node import MARK, DrainNode
from seatrial.faults.evict_pod import EvictPod
from seatrial.faults.hold_replicas import HoldReplicas
from seatrial.faults.injector import Injector
from seatrial.faults.lease import Lease
from seatrial.faults.lease_record import NAME
from seatrial.faults.rollout_restart import RolloutRestart
from seatrial.harness.doctor.finding import State
from seatrial.harness.rights import uses_of_plan
from seatrial.harness.roles import roles_text
from seatrial.harness.suite import Suite
from seatrial.kube.client import Kube
from seatrial.kube.connections import connections_of
from seatrial.kube.errors import NotFound
from seatrial.kube.rights import in_namespace, object_name, require_rights
from seatrial.kube.snapshot import take_snapshot
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.kube.transport import Transport
from seatrial.lint.live import read_live
from seatrial.model.check import CHECKS
from seatrial.model.scenario import SCENARIOS, Subject
from seatrial.model.system import System
from seatrial.model.verdict import Mode, Outcome
from seatrial.record.reader import read_run
from seatrial.record.writer import RunWriter
from seatrial.settings import Settings, settings_from
from seatrial.waiting import NotYet, Ready, eventually

ACCOUNT, KUBECONFIG = "tester", "of-the-tester.yaml"
READING = "orchestration.pods-are-well"
CHECK = "orchestration.pod-replacement"
FAULTS: list[Fault] = [
    DeletePod("web"),
    DeleteAllPods("web"),
    EvictPod("web"),
    RolloutRestart("web"),
    BadRollout("web", kind="image-missing", hold_seconds=1),
    BadRollout("store", kind="image-missing", hold_seconds=1),
    HoldReplicas("web", replicas=3),
    HoldReplicas("store", replicas=2),
    DrainNode("web"),
]


@dataclass
class Asked:
    """What was asked of the API server by each request, as a rule says it, and what was refused."""

    places: set[tuple[str, str, str, str]] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    def take(self, method: str, path: str, query: dict[str, Any], status: int) -> None:
        parts = path.strip("/").split("/")
        parts = parts[2:] if parts[0] == "api" else [parts[1], *parts[3:]]
        group = "" if path.startswith("/api/") else parts.pop(0)
        namespace = ""
        if parts[:1] == ["namespaces"] and len(parts) > 2:
            namespace, parts = parts[1], parts[2:]
        if not parts or group == "authorization.k8s.io":
            return  # discovery, and questions about rights: everybody may ask them
        name = parts[1] if len(parts) > 1 else ""
        resource = "/".join([parts[0], *parts[2:3]])
        verb = {"POST": "create", "PATCH": "patch", "DELETE": "delete"}.get(method)
        if verb is None:
            verb = "watch" if query.get("watch") else "get" if name else "list"
        self.places.add((namespace, group, resource, verb))
        if status == 403:
            self.refused.append(f"{verb} {resource} {name}")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Every request of the user with the Roles; the real ones, only written down."""
    found = Asked()
    really = Transport.open

    def noted(self: Transport, method: str, path: str, **options: Any) -> Any:
        response = really(self, method, path, **options)
        if self.kubeconfig.name == KUBECONFIG and path.startswith(("/api/", "/apis/")):
            found.take(method, path, dict(options.get("query") or {}), response.status)
        return response

    monkeypatch.setattr(Transport, "open", noted)
    return found


@pytest.fixture(scope="module")
def entry(deployed: Kube) -> str:
    """The address of a NodePort of `web`."""
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "entry"},
        "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }  # fmt: skip
    port = deployed.create(service)["spec"]["ports"][0]["nodePort"]
    addresses = deployed.objects("Node")[0]["status"]["addresses"]
    (address,) = [each["address"] for each in addresses if each["type"] == "InternalIP"]
    return f"http://{address}:{port}"


@pytest.fixture(scope="module")
def system(deployed: Kube, entry: str) -> System:
    """The tiny system on a cluster of somebody else, with everything that a rule may be about."""
    return system_in(
        deployed,
        target={"context": deployed.context, "namespace": deployed.namespace},
        entry={"url": entry, "service": {"name": "entry"}},
        workloads={
            "web": {"kind": "Deployment", "name": "web", "stateless": True, "autoscaled": "web"},
            "store": {"kind": "StatefulSet", "name": "store", "stateful": True},
        },
        objectives={"latency_p99_ms": 2000},
    )


def text_for(system: System, *, disruptive: bool) -> str:
    account = grantees_of(system.target.namespace, [ACCOUNT], [], [])
    return roles_text(*needed(system, disruptive=disruptive), system.target.namespace, account)


@pytest.fixture(scope="module")
def kubectl(deployed: Kube) -> Callable[..., None]:
    """Does what whoever may bind Roles does with the text."""
    program = cluster.ensure_tools(cluster.PlainProgress()).kubectl

    def run(verb: str, text: str) -> None:
        command = [str(program), "--kubeconfig", str(deployed.kubeconfig), "--context", deployed.context]
        subprocess.run([*command, verb, "-f", "-"], input=text, text=True, check=True, timeout=60)

    return run


@pytest.fixture
def bound(
    deployed: Kube, system: System, access: Access, tmp_path: Path, kubectl: Callable[..., None]
) -> Iterator[Callable[..., Kube]]:
    """Binds the printed Roles to a ServiceAccount, and gives a client that acts as it."""
    made: list[Kube] = []
    texts: list[str] = []

    def bind(*, disruptive: bool) -> Kube:
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT}}
        deployed.apply({**account, "metadata": {"name": ACCOUNT, "namespace": deployed.namespace}})
        texts.append(text_for(system, disruptive=disruptive))
        kubectl("apply", texts[-1])
        path = kubeconfig_of(deployed, access, ACCOUNT, tmp_path / KUBECONFIG)
        made.append(Kube(path, access.context, deployed.namespace))
        probe = "patch" if disruptive else "list"
        eventually(
            lambda: Ready(None) if made[-1].can_i(probe, "Deployment") else NotYet("not bound yet"),
            within_seconds=20, what="the Roles are bound",
        )  # fmt: skip
        return made[-1]

    yield bind
    for text in texts:
        kubectl("delete", text)
    for kube in made:
        kube.close()


@pytest.fixture
def settings_of(system: System, tmp_path: Path) -> Callable[..., Settings]:
    """Settings of a run as that user, with consent or without."""

    def make(user: Kube, *, consent: bool) -> Settings:
        content = system.model_dump(mode="json", by_alias=True, exclude_unset=True)
        content["consent"]["disruptive"] = consent
        del content["workloads"]["web"]["autoscaled"]  # it has none
        path = tmp_path / "tiny.yaml"
        path.write_text(yaml.safe_dump(content))
        flags = {"system": path, "kubeconfig": user.kubeconfig, "state": tmp_path / "state"}
        return settings_from({**flags, "seed": 1}, {})

    return make


@pytest.fixture
def pytest_run(tmp_path: Path) -> Callable[..., tuple[int, Any]]:
    """`pytest suites/` as that user types it; its exit code and the run."""

    def run(settings: Settings, *options: str) -> tuple[int, Any]:
        reports = tmp_path / "reports"
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(ROOT / "suites"),
            *options,
        ]
        words += ["--system", str(settings.system_path), "--kubeconfig", str(settings.kubeconfig)]
        surroundings = {key: value for key, value in os.environ.items() if not key.startswith("SEATRIAL_")}
        surroundings["SEATRIAL_STATE"] = str(settings.state_directory)
        done = subprocess.run(
            [*words, "--report-dir", str(reports)], cwd=tmp_path, env=surroundings, capture_output=True,
            text=True, timeout=300, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr, done.stdout[-3000:]
        return done.returncode, read_run((reports / "latest").resolve())

    return run


def pods(kube: Kube) -> set[str]:
    return {pod["metadata"]["uid"] for pod in kube.objects("Pod")}


class TestReadOnly:
    def test_doctor_lacks_nothing_and_the_declared_rules_are_judged(
        self, deployed: Kube, bound: Callable[..., Kube], settings_of: Callable[..., Settings],
        pytest_run: Callable[..., tuple[int, Any]], asked: Asked,
    ) -> None:  # fmt: skip
        settings = settings_of(bound(disruptive=False), consent=False)
        found = {each.text: each for each in examined(settings) if each.about == "rights"}
        lacking = [text for text, each in found.items() if each.state is not State.OK]
        assert [text.partition(" in ")[0] for text in lacking] == ["not allowed to list secrets"]
        assert asked.refused == []
        before = pods(deployed)
        _, run = pytest_run(settings, "--profile", "full")
        declared = [each for each in run.results if each.mode is Mode.DECLARED]
        assert {Outcome.PASSED, Outcome.FAILED} <= {each.verdict.outcome for each in declared}
        assert [each for each in run.results if each.verdict.outcome is Outcome.ERROR] == []
        proven = [each for each in run.results if each.mode is Mode.PROVEN]
        assert {each.check for each in proven if each.verdict.outcome is Outcome.PASSED} == {READING}
        others = {each.verdict.outcome for each in proven if each.check != READING}
        assert others <= {Outcome.SKIPPED, Outcome.UNSUPPORTED}
        assert pods(deployed) == before

    def test_a_check_that_disturbs_is_unsupported_by_name_and_nothing_is_touched(
        self, deployed: Kube, bound: Callable[..., Kube], settings_of: Callable[..., Settings],
        pytest_run: Callable[..., tuple[int, Any]],
    ) -> None:  # fmt: skip
        settings = settings_of(bound(disruptive=False), consent=True)
        before, objects = pods(deployed), take_snapshot(deployed).digest
        code, run = pytest_run(settings, "--check", CHECK)
        (result,) = run.results
        assert result.verdict.outcome is Outcome.UNSUPPORTED, result.verdict.explain()
        assert "get, delete pods in namespace" in result.verdict.observed
        assert "create leases.coordination.k8s.io" in result.verdict.observed
        assert "`seatrial rights --disruptive`" in result.verdict.next_step
        assert '{apiGroups: [""], resources: ["pods"], verbs: ["get", "delete"]}' in result.verdict.next_step
        assert code == 1, "nothing passed"
        assert (pods(deployed), take_snapshot(deployed).digest) == (before, objects)
        assert deployed.find("Lease", NAME) is None


class TestDisruptive:
    def test_pods_are_replaced_to_a_verdict_and_nothing_is_refused(
        self, bound: Callable[..., Kube], settings_of: Callable[..., Settings], tmp_path: Path, asked: Asked
    ) -> None:
        from seatrial.settings import load_system

        settings = settings_of(bound(disruptive=True), consent=True)
        run = RunWriter(tmp_path / "run", "test")
        suite = Suite(settings, load_system(settings), cluster.PlainProgress(), run)
        try:
            verdict, made = suite.verdict(CHECKS.get(CHECK), "web")
        finally:
            changed = suite.close()
        assert verdict.outcome in (Outcome.PASSED, Outcome.FAILED), verdict.explain()
        assert len(made) == 1
        assert changed == []
        assert [each for each in asked.refused if not each.startswith("list secrets")] == []
        used = {(group, resource, verb) for _, group, resource, verb in asked.places}
        assert ("", "pods", "delete") in used
        assert ("coordination.k8s.io", "leases", "delete") in used

    def test_each_rule_is_used_and_none_is_missing(
        self, deployed: Kube, system: System, bound: Callable[..., Kube],
        settings_of: Callable[..., Settings], tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setattr("seatrial.faults.crash_pod.VERIFY_SECONDS", 5.0)
        user = bound(disruptive=True)
        try:
            reads_everything(user, system, settings_of(user, consent=True))
            injects_everything(user, system, tmp_path)
        finally:
            uncordon(deployed)
        refused = {each for each in asked.refused if not each.startswith("list secrets")}
        assert refused == set()
        given = {
            (place, rule["apiGroups"][0], rule["resources"][0], verb)
            for place, rule in granted(text_for(system, disruptive=True)) for verb in rule["verbs"]
        }  # fmt: skip
        # Commands in pods go over a WebSocket of their own; two ran, or the fault and the look had failed.
        given = {each for each in given if each[2] != "pods/exec"}
        wide = {("", *each[1:]) for each in asked.places if each[2] in ("nodes", "persistentvolumes")}
        used = {each for each in asked.places if each[2] not in ("nodes", "persistentvolumes")} | wide
        # A namespace is read by a rule in it, and its own name is no namespace of the request's path.
        used = {(user.namespace if each[2] == "namespaces" else each[0], *each[1:]) for each in used}
        assert given - used == set(), "rules that nothing needs"
        assert used - given == {(user.namespace, "", "secrets", "list")}, "what nobody declared"

    def test_the_authorizer_agrees_with_how_the_unit_tests_read_the_rules(
        self, system: System, bound: Callable[..., Kube]
    ) -> None:
        user = bound(disruptive=True)
        for disruptive in (True, False):
            rules = granted(text_for(system, disruptive=True))
            modelled: Any = RuleKube(rules, namespace=user.namespace)
            for use in [each for group in needed(system, disruptive=disruptive) for each in group]:
                name = object_name(use.right, user.namespace)
                for verb in ("get", "list", "watch", "create", "patch", "delete"):
                    question = {
                        "subresource": use.right.subresource,
                        "name": "" if verb == "create" else name,
                        "namespace": user.namespace if in_namespace(use.right) else "",
                    }
                    answers = [each.can_i(verb, use.right.kind, **question) for each in (user, modelled)]
                    assert answers[0] == answers[1], (verb, use.right, answers)

    def test_without_the_cluster_role_only_a_drain_is_unsupported(
        self, system: System, bound: Callable[..., Kube], kubectl: Callable[..., None]
    ) -> None:
        user = bound(disruptive=True)
        documents = list(yaml.safe_load_all(text_for(system, disruptive=True)))
        wide = [each for each in documents if each and each["kind"].startswith("Cluster")]
        assert len(wide) == 4
        kubectl("delete", yaml.safe_dump_all(each for each in wide if each["kind"].endswith("Binding")))
        try:
            eventually(
                lambda: NotYet("still bound") if user.can_i("list", "Node") else Ready(None),
                within_seconds=20, what="the binding is gone",
            )  # fmt: skip
            subject = Subject("web", system)
            for scenario in ("delete-pod", "bad-rollout"):
                found = SCENARIOS.get(scenario)
                require_rights(user, uses_of_plan(found.plan(subject), found.disruption, subject))
            drain = SCENARIOS.get("drain-node")
            with pytest.raises(NotAllowed, match=r"patch nodes \(needed by drain-node") as caught:
                require_rights(user, uses_of_plan(drain.plan(subject), drain.disruption, subject))
            assert "list persistentvolumes" in caught.value.what
            assert "a ClusterRole with" in caught.value.next_step
            with Recorder(user, system, follow_logs=True) as recorder:
                assert pods_now(recorder.snapshot(), "web")
        finally:
            kubectl("apply", yaml.safe_dump_all(wide))


def reads_everything(user: Kube, system: System, settings: Settings) -> None:
    """Doctor, the declared rules, the comparison, and the watches with logs and usage."""
    assert json.dumps([each.text for each in examined(settings)])
    user.find("HorizontalPodAutoscaler", "web")  # doctor does where the file has one
    user.find("ServiceAccount", "default")  # a look from inside does
    read_live(user, judged=True)
    take_snapshot(user)
    with Recorder(user, system, follow_logs=True) as recorder:
        recorder.wait(
            lambda seen: Ready(None) if len(pods_now(seen)) > 2 else NotYet("few pods"),
            within_seconds=20, what="pods are seen",
        )  # fmt: skip
        pod = next(pod for pod in pods_now(recorder.snapshot(), "web") if pod.ready)
        assert isinstance(connections_of(user, pod.name, "web"), list)
        eventually(
            lambda: Ready(None) if user.objects("PodMetrics") is not None else NotYet("none"),
            within_seconds=5, what="usage",
        )  # fmt: skip


def injects_everything(user: Kube, system: System, state: Path) -> None:
    """Each fault once, under the Lease, as a scenario does it."""
    lease = Lease(user)
    lease.hold()
    try:
        with Recorder(user, system) as recorder, Injector(state, lease) as injector:
            for fault in FAULTS:
                record = injector.inject(fault, recorder)
                assert record.verified, fault.name
                wait_until_rolled_out(user, "web")
            with pytest.raises(NotFound):  # holds an autoscaler where there is one
                user.patch("HorizontalPodAutoscaler", "none", {})
            # Outside of kind a command cannot end a container's first process, and says so.
            with pytest.raises(FaultNotVerified):
                injector.inject(CrashPod("web"), recorder)
    finally:
        lease.release()


def uncordon(kube: Kube) -> None:
    for node in kube.objects("Node"):
        if (node["metadata"].get("annotations") or {}).get(MARK):
            body = {"spec": {"unschedulable": None}, "metadata": {"annotations": {MARK: None}}}
            kube.patch("Node", node["metadata"]["name"], body)
