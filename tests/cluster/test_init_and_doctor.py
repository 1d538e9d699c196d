"""Init and doctor on a real namespace, also for a user with few rights; they change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tiny import system_in

from seatrial.commands.doctor import examined, exit_code
from seatrial.commands.init import proposed_text
from seatrial.errors import SeatrialError
from seatrial.harness.doctor.finding import Finding, State
from seatrial.harness.doctor.rights import examine_rights
from seatrial.kube.client import Kube
from seatrial.kube.snapshot import compare, take_snapshot
from seatrial.model.system_file import parse_system
from seatrial.settings import Settings, settings_from

AsUser = Callable[[list[dict[str, Any]]], Kube]
READ = ["get", "list", "watch"]
VIEW = [
    {"apiGroups": [""], "resources": ["pods", "services", "events"], "verbs": READ},
    {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets"], "verbs": READ},
]


@pytest.fixture
def unchanged(deployed: Kube) -> Iterator[None]:
    before = take_snapshot(deployed)
    yield
    changed = compare(before, take_snapshot(deployed))
    assert [text for text in changed if "/limited-" not in text] == []  # the users that `as_user` makes


def proposed(kube: Kube) -> str:
    return proposed_text([], kubeconfig=kube.kubeconfig, context=kube.context, namespace=kube.namespace)


@pytest.mark.usefixtures("unchanged")
class TestInit:
    def test_a_namespace_is_described_as_it_is(self, deployed: Kube) -> None:
        text = proposed(deployed)
        system = parse_system(text, source="proposed")
        assert {role: each.kind for role, each in system.workloads.items()} == {
            "web": "Deployment", "store": "StatefulSet",
        }  # fmt: skip
        assert system.workloads["web"].stateless
        assert (system.target.context, system.target.namespace) == (deployed.context, deployed.namespace)
        assert not system.consent.disruptive
        assert "Service web" in text
        assert "budget web" in text

    def test_a_user_who_may_only_look_gets_the_same(self, deployed: Kube, as_user: AsUser) -> None:
        system = parse_system(proposed(as_user(VIEW)), source="proposed")
        assert set(system.workloads) == {"web", "store"}

    def test_a_user_without_rights_is_told_so(self, deployed: Kube, as_user: AsUser) -> None:
        with pytest.raises(SeatrialError) as raised:
            proposed(as_user([]))
        assert "not allowed" in raised.value.what or "may be read" in raised.value.what


@pytest.fixture
def settings_for(deployed: Kube, tmp_path: Path) -> Callable[..., Settings]:
    """Settings for the tiny system as this client reaches it."""

    def make(kube: Kube, **changes: Any) -> Settings:
        given = {"target": {"context": kube.context, "namespace": kube.namespace}, **changes}
        system = system_in(kube, **given)
        path = tmp_path / "system.yaml"
        path.write_text(yaml.safe_dump(system.model_dump(mode="json", by_alias=True, exclude_unset=True)))
        return settings_from({"system": path, "kubeconfig": kube.kubeconfig}, {})

    return make


def about(found: list[Finding], name: str) -> list[Finding]:
    return [finding for finding in found if finding.about == name]


@pytest.mark.usefixtures("unchanged")
class TestDoctor:
    def test_an_administrator_lacks_no_right_and_every_question_has_an_answer(
        self, deployed: Kube, settings_for: Callable[..., Settings]
    ) -> None:
        found = list(examined(settings_for(deployed)))
        assert {finding.state for finding in about(found, "rights")} == {State.OK}
        assert [finding.state for finding in about(found, "workload")[:1]] == [State.OK]
        (clock,) = about(found, "clock")
        assert clock.state is State.OK
        assert "times are corrected" in clock.text
        assert [finding.state for finding in about(found, "consent")] == [State.OK]
        assert about(found, "duration")
        assert {finding.about for finding in found} >= {"file", "cluster", "namespace", "entry", "check"}

    def test_an_entry_that_something_else_answers_is_not_called_the_workloads(
        self, deployed: Kube, settings_for: Callable[..., Settings]
    ) -> None:
        """The entry of the tiny system's file is that of another system, or of nobody."""
        found = list(examined(settings_for(deployed)))
        assert not [each for each in about(found, "answered") if each.state is State.OK]

    def test_a_service_that_the_address_is_not_shown_to_lead_to_is_not_the_entrys(
        self, deployed: Kube, settings_for: Callable[..., Settings]
    ) -> None:
        entry = {"url": "http://127.0.0.1:30080", "service": {"name": "web"}}
        found = list(examined(settings_for(deployed, entry=entry)))
        gap = "nothing in the cluster shows that http://127.0.0.1:30080 leads to Service web"
        assert gap in [each.text for each in about(found, "entry") if each.state is State.NOTE]
        assert not [each for each in about(found, "answered") if each.state is State.OK]

    def test_what_the_file_says_and_the_cluster_does_not_have_is_bad(
        self, deployed: Kube, settings_for: Callable[..., Settings]
    ) -> None:
        workloads = {
            "web": {"kind": "Deployment", "name": "wep", "stateless": True, "autoscaled": "none"},
            "store": {"kind": "StatefulSet", "name": "store", "autoscaled": "none"},
        }
        entry = {"url": "http://fill-in.invalid"}
        found = list(examined(settings_for(deployed, workloads=workloads, entry=entry)))
        wrong = [finding.text for finding in found if finding.state is State.BAD]
        assert "web: there is no Deployment wep" in wrong
        assert "store: there is no HorizontalPodAutoscaler none" in wrong
        assert "http://fill-in.invalid is not filled in" in wrong
        assert exit_code(found) == 1

    def test_a_namespace_that_is_not_there_is_said_and_ends_nothing_else(
        self, deployed: Kube, make_kube: Callable[[str], Kube], settings_for: Callable[..., Settings]
    ) -> None:
        found = list(examined(settings_for(make_kube("seatrial-test-none"))))
        assert "does not exist" in " ".join(finding.text for finding in about(found, "cluster"))
        assert about(found, "check")
        assert exit_code(found) == 1


class TestRights:
    def test_without_any_right_each_line_names_the_rule_that_lacks(
        self, deployed: Kube, as_user: AsUser
    ) -> None:
        system = system_in(deployed)
        found = list(examine_rights(as_user([]), system))
        assert len(found) > 30
        assert State.OK not in {finding.state for finding in found}
        (pods,) = [
            finding
            for finding in found
            if "not allowed to get, list, watch, create, delete pods" in finding.text
        ]
        verbs = '["get", "list", "watch", "create", "delete"]'
        assert f'{{apiGroups: [""], resources: ["pods"], verbs: {verbs}}}' in pods.next_step
        assert "delete-pod" in pods.text
        assert pods.state is State.BAD

    def test_the_rules_that_it_names_are_enough(self, deployed: Kube, as_user: AsUser) -> None:
        system = system_in(deployed)
        lacking = [each for each in examine_rights(as_user([]), system) if "a Role with " in each.next_step]
        rules = [yaml.safe_load(finding.next_step.partition(" with ")[2]) for finding in lacking]
        assert len(rules) > 25
        again = list(examine_rights(as_user(rules), system))
        still = [finding.text for finding in again if finding.state is not State.OK]
        of_the_cluster = ("nodes", "persistentvolumes:", "secrets", "kube-system", "apiservices")
        assert [text for text in still if not any(each in text for each in of_the_cluster)] == []

    def test_only_the_verb_that_lacks_is_named(self, deployed: Kube, as_user: AsUser) -> None:
        rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
        found = list(examine_rights(as_user(rules), system_in(deployed)))
        assert "not allowed to watch, create, delete pods" in " ".join(finding.text for finding in found)
