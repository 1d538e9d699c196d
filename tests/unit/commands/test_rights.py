"""`seatrial rights`: the Roles have what is needed and nothing else; doctor asks for the same."""

import functools
import itertools

import pytest
import yaml
from dry_session import SYSTEM, dry_system
from rbac import RuleKube, each_taken_out, granted

from seatrial.commands.rights import grantees_of, needed
from seatrial.errors import NotAllowed
from seatrial.faults.registry import FAULTS
from seatrial.harness.doctor.finding import State
from seatrial.harness.doctor.rights import examine_rights
from seatrial.harness.rights import uses_of_plan
from seatrial.harness.roles import roles_text
from seatrial.kube.rights import require_rights
from seatrial.model.fault import NONE, VOLUNTARY
from seatrial.model.scenario import SCENARIOS, Subject
from seatrial.model.step import steps, traffic

EVERYTHING = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: nowhere, namespace: shop}
entry: {url: "http://127.0.0.1:1"}
workloads:
  basket:
    kind: Deployment
    name: basket
    stateless: true
    autoscaled: basket
    load_step: {journey: buy, per_second: 9, replicas: 3}
  db: {kind: StatefulSet, name: db, stateful: true, journey: buy}
journeys:
  look: {request: {path: /}}
  buy: {request: {method: POST, path: /orders}, acknowledged: {read: {path: "/orders/{response.id}"}}}
capabilities:
  store: {product: postgres, workload: db}
  metrics: {product: prometheus, service: prom, namespace: monitoring}
consent: {disruptive: true, context: nowhere, namespace: shop}
"""
INSIDE = SYSTEM.replace('{url: "http://127.0.0.1:1"}', "{service: {name: basket, port: 80}}")
READS = {"get", "list", "watch"}


@functools.cache
def described(text):
    return dry_system(text)


def printed(text=EVERYTHING, *, disruptive=True, grantees=()):
    system = None if text is None else described(text)
    return roles_text(*needed(system, disruptive=disruptive), "shop", grantees)


def resources(text, *verbs):
    """namespace/resource of every rule that has one of the verbs, or any."""
    return {
        f"{given.namespace}/{resource}"
        for given in granted(text)
        for resource in given.rule["resources"]
        if not verbs or set(verbs) & set(given.rule["verbs"])
    }


def examined(rules, text=EVERYTHING):
    return list(examine_rights(RuleKube(rules), described(text)))


@pytest.mark.parametrize("text", [EVERYTHING, SYSTEM, None], ids=["everything", "little", "any"])
@pytest.mark.parametrize("disruptive", [True, False])
class TestText:
    def test_no_rule_has_more_than_one_resource_or_a_star_and_secrets_are_in_none(self, text, disruptive):
        rules = granted(printed(text, disruptive=disruptive))
        assert len(rules) > 20
        for _, rule in rules:
            assert len(rule["apiGroups"]) == len(rule["resources"]) == 1
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
            assert rule["resources"] != ["secrets"]
        places = [
            (namespace, rule["apiGroups"][0], rule["resources"][0], str(rule.get("resourceNames")), verb)
            for namespace, rule in rules for verb in rule["verbs"]
        ]  # fmt: skip
        assert len(places) == len(set(places)), "nothing is given twice"

    def test_each_rule_is_preceded_by_who_needs_it_and_lines_fit(self, text, disruptive):
        lines = printed(text, disruptive=disruptive).splitlines()
        for before, line in itertools.pairwise(lines):
            if line.startswith("  - {apiGroups"):
                assert before.startswith("  # ")
        assert max(map(len, lines)) < 140

    def test_each_role_is_bound_and_each_binding_has_its_role(self, text, disruptive):
        documents = [each for each in yaml.safe_load_all(printed(text, disruptive=disruptive)) if each]
        roles = {
            (each["kind"], each["metadata"]["name"], each["metadata"].get("namespace"))
            for each in documents if "rules" in each
        }  # fmt: skip
        bound = {
            (each["roleRef"]["kind"], each["roleRef"]["name"], each["metadata"].get("namespace"))
            for each in documents if "roleRef" in each
        }  # fmt: skip
        assert roles == bound
        for each in documents:
            if "roleRef" in each:
                (subject,) = each["subjects"]
                assert subject == {"kind": "ServiceAccount", "name": "seatrial", "namespace": "shop"}


class TestLeastPrivilege:
    def test_the_read_only_roles_only_read_and_open_no_way_into_a_pod(self):
        text = printed(disruptive=False)
        assert {verb for _, rule in granted(text) for verb in rule["verbs"]} == READS
        assert not {each for each in resources(text) if each.endswith(("/exec", "/proxy", "/leases"))}
        assert {each for each in resources(text) if each.startswith("/")} == {"/nodes"}

    def test_the_disruptive_ones_add_exactly_what_faults_do(self):
        added = set(map(str, granted(printed()))) - set(map(str, granted(printed(disruptive=False))))
        writes = resources(printed(), "create", "patch", "delete")
        assert writes == {
            "shop/leases", "shop/pods", "shop/pods/eviction", "shop/pods/exec", "shop/deployments",
            "shop/statefulsets", "shop/deployments/scale", "shop/statefulsets/scale",
            "shop/horizontalpodautoscalers", "/nodes",
        }  # fmt: skip
        assert resources(printed(), "patch") == {
            "shop/leases", "shop/deployments", "shop/statefulsets", "shop/deployments/scale",
            "shop/statefulsets/scale", "shop/horizontalpodautoscalers", "/nodes",
        }  # fmt: skip
        assert len(added) == 14

    def test_draining_is_a_cluster_role_of_its_own(self):
        documents = [each for each in yaml.safe_load_all(printed()) if each and each["kind"] == "ClusterRole"]
        by_name = {each["metadata"]["name"]: each["rules"] for each in documents}
        assert set(by_name) == {"seatrial-nodes-shop", "seatrial-drain-shop"}
        verbs = {rule["resources"][0]: rule["verbs"] for rule in by_name["seatrial-drain-shop"]}
        assert verbs == {"nodes": ["get", "patch"], "persistentvolumes": ["list"]}

    def test_one_lease_one_namespace_and_one_port_are_named(self):
        names = {
            (given.namespace, given.rule["resources"][0]): given.rule["resourceNames"]
            for given in granted(printed()) if "resourceNames" in given.rule
        }  # fmt: skip
        assert names == {
            ("shop", "leases"): ["seatrial"],
            ("shop", "namespaces"): ["shop"],
            ("monitoring", "services/proxy"): ["prom:9090"],
        }

    def test_what_a_system_does_not_have_needs_no_right(self):
        assert "shop/statefulsets" not in resources(printed(SYSTEM), "patch")
        assert "shop/deployments" in resources(printed(SYSTEM), "patch")
        assert "metrics.k8s.io" not in printed(SYSTEM)
        assert "monitoring" not in printed(SYSTEM)
        of_its_own = "target: {kind: {config: k.yaml}, namespace: shop}"
        own = SYSTEM.replace("target: {context: nowhere, namespace: shop}", of_its_own)
        assert own != SYSTEM
        assert "crash-pod" in self.who_needs_exec(SYSTEM)
        assert "crash-pod" not in self.who_needs_exec(own)

    def test_only_an_entry_inside_the_cluster_needs_a_job(self):
        more = resources(printed(INSIDE), "create", "delete")
        assert more - resources(printed(SYSTEM), "create", "delete") == {"shop/jobs"}
        assert "shop/pods/exec" in resources(printed(INSIDE), "create")
        assert "shop/jobs" not in resources(printed(None), "create", "delete")
        assert "shop/jobs" not in resources(printed(INSIDE, disruptive=False), "create", "delete")
        needed_by = uses_of_plan(steps(traffic("look")), NONE, Subject("basket", described(INSIDE)))
        assert "the generator's Job" in {use.by for use in needed_by}
        needed_by = uses_of_plan(steps(traffic("look")), NONE, Subject("basket", described(SYSTEM)))
        assert "the generator's Job" not in {use.by for use in needed_by}

    @staticmethod
    def who_needs_exec(text):
        return printed(text).partition('"pods/exec"')[0].rpartition("  - {apiGroups")[0].rpartition("]}")[2]

    def test_secrets_stand_there_as_left_out(self):
        lines = printed().splitlines()
        (at,) = [number for number, line in enumerate(lines) if '"secrets"' in line]
        assert lines[at].startswith("  # - {")
        assert "Left out on purpose" in lines[at - 1]


class TestNeeded:
    """Every rule is needed: take one verb out, and doctor names it."""

    def test_with_all_of_them_nothing_lacks_but_secrets(self):
        lacking = [each for each in examined(granted(printed())) if each.state is not State.OK]
        assert [each.text.partition(":")[0] for each in lacking] == [
            "not allowed to list secrets in namespace shop"
        ]
        assert "to list them is to read every value" in lacking[0].next_step

    @pytest.mark.parametrize("text", [EVERYTHING, SYSTEM, INSIDE], ids=["everything", "little", "inside"])
    def test_without_one_verb_exactly_that_is_named_with_its_rule_and_what_is_lost(self, text):
        taken_out = list(each_taken_out(granted(printed(text))))
        assert len(taken_out) > 45
        for verb, (namespace, rule), left in taken_out:
            lacking = [each for each in examined(left, text) if each.state is not State.OK]
            (found,) = [each for each in lacking if "secrets" not in each.text]
            (resource,) = rule["resources"]
            assert found.text.startswith(f"not allowed to {verb} {resource}"), found
            kind = "Role" if namespace else "ClusterRole"
            assert f"bind a {kind} with {{" in found.next_step
            (named,) = [yaml.safe_load(found.next_step.partition(" with ")[2])]
            assert named == {**rule, "verbs": [verb]}
            assert len(found.text.partition(": ")[2]) > 10
            assert "`seatrial rights" in found.next_step

    def test_only_what_every_scenario_needs_makes_a_run_red(self):
        bad = {
            f"{verb} {rule['resources'][0]}"
            for verb, (_, rule), left in each_taken_out(granted(printed()))
            if any(each.state is State.BAD for each in examined(left))
        }
        watched = (
            "pods", "endpointslices", "services", "deployments", "statefulsets", "replicasets",
            "horizontalpodautoscalers", "events",
        )  # fmt: skip
        assert bad == {
            *(f"{verb} {kind}" for kind in watched for verb in ("list", "watch")),
            *(f"{verb} leases" for verb in ("get", "create", "patch", "delete")),
        }

    def test_without_consent_doctor_asks_for_no_more_than_the_read_only_roles(self):
        calm = EVERYTHING.replace("disruptive: true", "disruptive: false")
        lacking = [
            each for each in examined(granted(printed(disruptive=False)), calm) if each.state is not State.OK
        ]
        assert len(lacking) == 1, "secrets"


class TestBeforehand:
    """What a scenario needs is asked before anything is touched, from the same source."""

    @pytest.mark.parametrize("scenario", SCENARIOS.all().values(), ids=lambda each: each.id)
    def test_the_disruptive_roles_are_enough_for_every_scenario(self, scenario):
        system = described(EVERYTHING)
        for role in system.workloads:
            plan = scenario.plan(Subject(role, system)) if not scenario.lacking(Subject(role, system)) else ()
            kube = RuleKube(granted(printed()))
            require_rights(kube, uses_of_plan(plan, scenario.disruption, Subject(role, system)))
            assert kube.asked

    def test_the_read_only_roles_are_enough_for_one_that_only_measures(self):
        kube = RuleKube(granted(printed(disruptive=False)))
        require_rights(kube, uses_of_plan((), NONE, Subject("basket", described(EVERYTHING))))
        with pytest.raises(NotAllowed, match="leases"):
            require_rights(
                kube, uses_of_plan(steps(traffic("look")), NONE, Subject("basket", described(EVERYTHING)))
            )

    def test_what_lacks_is_named_with_verb_resource_who_needs_it_and_the_command(self):
        kube = RuleKube(granted(printed(disruptive=False)))
        subject = Subject("basket", described(EVERYTHING))
        with pytest.raises(NotAllowed) as caught:
            require_rights(kube, uses_of_plan(SCENARIOS.get("delete-pod").plan(subject), VOLUNTARY, subject))
        assert (
            "get, delete pods in namespace shop (needed by rest before a scenario, delete-pod)"
            in caught.value.what
        )
        assert "not allowed to create leases.coordination.k8s.io" in caught.value.what
        assert "nothing was touched" in caught.value.where
        assert "`seatrial rights --disruptive`" in caught.value.next_step
        assert '{apiGroups: [""], resources: ["pods"], verbs: ["get", "delete"]}' in caught.value.next_step

    @pytest.mark.parametrize("name", list(FAULTS))
    def test_every_fault_says_what_it_needs(self, name):
        assert FAULTS.get(name).rights


class TestCommand:
    def test_a_namespace_is_enough_and_then_all_is_printed(self, types):
        code, out, err = types("rights", "--namespace", "shop")
        assert (code, err) == (0, "")
        assert out == printed(None, disruptive=False)

    def test_the_namespace_stands_in_the_system_file(self, types, tmp_path):
        (tmp_path / "s.yaml").write_text(EVERYTHING)
        code, out, _ = types("rights", "--disruptive", "--system", str(tmp_path / "s.yaml"))
        assert code == 0
        assert out == printed()
        _, other, _ = types("rights", "--system", str(tmp_path / "s.yaml"), "--namespace", "shop-2")
        assert "namespace: shop-2}" in other
        assert "namespace: shop}" not in other

    def test_they_are_bound_to_whom_one_names(self, types):
        names = (
            "--service-account",
            "ci",
            "--service-account",
            "tools/ci",
            "--user",
            "me: you",
            "--group",
            "qa",
        )
        code, out, _ = types("rights", "--namespace", "shop", *names)
        assert code == 0
        documents = [each for each in yaml.safe_load_all(out) if each]
        assert "ServiceAccount" not in [each["kind"] for each in documents]
        api = "rbac.authorization.k8s.io"
        for each in documents:
            assert each.get("subjects", "none") in (
                "none",
                [
                    {"kind": "ServiceAccount", "name": "ci", "namespace": "shop"},
                    {"kind": "ServiceAccount", "name": "ci", "namespace": "tools"},
                    {"kind": "User", "apiGroup": api, "name": "me: you"},
                    {"kind": "Group", "apiGroup": api, "name": "qa"},
                ],
            )

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (("--namespace", "Shop"), "a namespace cannot be called 'Shop'"),
            (("--namespace", "a}, b: {c"), "a namespace cannot be called"),
            (("--namespace", "shop", "--service-account", "a b"), "a ServiceAccount cannot be called 'a b'"),
            (("--namespace", "shop", "--service-account", "x/"), "a ServiceAccount cannot be called ''"),
            (("--namespace", "shop", "--user", " "), "the user has no name"),
            (("--namespace", "shop", "--group", ""), "the group has no name"),
            (("--system", "nowhere.yaml"), "no such system file"),
            ((), "no such system file"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_said_and_nothing_is_printed(self, types, options, words):
        code, out, err = types("rights", *options)
        assert (code, out) == (2, "")
        assert words in err
        assert "Traceback" not in err

    def test_without_anybody_named_a_service_account_is_among_the_documents(self):
        assert grantees_of("shop", (), (), ()) == []
        (account,) = [
            each for each in yaml.safe_load_all(printed()) if each and each["kind"] == "ServiceAccount"
        ]
        assert account["metadata"] == {"name": "seatrial", "namespace": "shop"}
        assert account["automountServiceAccountToken"] is False
