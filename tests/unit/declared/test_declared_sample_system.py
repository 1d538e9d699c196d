"""The sample system is clean, and each of its flawed variants is caught by the rule that names the flaw."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from declared_examples import TODAY, graph_of

from seatrial.declared.catalogue import choose, every_rule
from seatrial.declared.engine import examine
from seatrial.declared.rule import Severity
from seatrial.lint.reading import read_whole as read

SAMPLE = Path(__file__).parents[3] / "sample-system"
VARIANTS = sorted(path.parent.name for path in (SAMPLE / "variants").glob("*/kustomization.yaml"))

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl renders the kustomizations")


def open_findings(folder: Path) -> set[tuple[str, str, str]]:
    """Rule, object and what was seen, for everything that counts."""
    report = examine(graph_of(folder), choose(), today=TODAY)
    assert not report.faults
    return {
        (finding.rule.id, finding.resource.title, finding.seen)
        for finding in report.open_findings
        if finding.rule.severity is not Severity.NOTE
    }


def test_the_sample_system_is_clean() -> None:
    assert not open_findings(SAMPLE / "manifests")


def rules_for(variant: str) -> set[str]:
    """Rules that name a flaw which the variant is named after; a variant may combine several."""
    padded = f"-{variant}-"
    return {rule.id for rule in every_rule() for flaw in rule.variants if f"-{flaw}-" in padded}


@pytest.mark.parametrize("variant", [name for name in VARIANTS if rules_for(name)])
def test_a_flaw_in_the_manifests_is_caught_by_the_rule_named_after_it(variant: str) -> None:
    new = open_findings(SAMPLE / "variants" / variant) - open_findings(SAMPLE / "manifests")
    assert {rule_id for rule_id, _, _ in new} & rules_for(variant)


def objects_of(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Every object by kind and name; of a generated name the hash is left out."""
    found = {}
    for data, _ in read([str(folder)]).objects:
        name = str(data["metadata"]["name"])
        found[data["kind"], "gateway-config" if name.startswith("gateway-config-") else name] = data
    return found


def test_idle_replicas_ties_the_gateway_to_single_pods_and_changes_nothing_else() -> None:
    sound, flawed = objects_of(SAMPLE / "manifests"), objects_of(SAMPLE / "variants" / "idle-replicas")
    tied = flawed["Service", "orders-tied"]["spec"]
    assert flawed.keys() - sound.keys() == {("Service", "orders-tied")}, "its own ConfigMap is not deployed"
    assert (tied["sessionAffinity"], tied.get("clusterIP", "")) == ("ClientIP", "")
    assert tied["selector"] == sound["Service", "orders"]["spec"]["selector"]
    config = [
        each["ConfigMap", "gateway-config"]["data"]["envoy.yaml"].splitlines() for each in (sound, flawed)
    ]
    ((before, after),) = [pair for pair in zip(*config, strict=True) if pair[0] != pair[1]]
    assert after == before.replace("orders.chandlery", "orders-tied.chandlery")
    assert "address: orders." in before


def test_the_variant_without_a_drain_of_orders_repeats_no_read() -> None:
    """The line that its replacement names by number must be the number of repetitions of reads."""
    sound, flawed = objects_of(SAMPLE / "manifests"), objects_of(SAMPLE / "variants" / "orders-no-drain")
    assert flawed.keys() == sound.keys(), "its own ConfigMap is not deployed"
    config = [
        each["ConfigMap", "gateway-config"]["data"]["envoy.yaml"].splitlines() for each in (sound, flawed)
    ]
    ((before, after),) = [pair for pair in zip(*config, strict=True) if pair[0] != pair[1]]
    assert (before.strip(), after) == ("num_retries: 2", before.replace("2", "0"))
    assert "retry_policy: &retry" in "".join(config[0][config[0].index(before) - 3 : config[0].index(before)])


def rewriters() -> list[tuple[str, str]]:
    """The variants that rewrite the gateway's configuration in an init container, each with its program."""
    found = []
    for variant in VARIANTS:
        patches = yaml.safe_load((SAMPLE / "variants" / variant / "kustomization.yaml").read_text())
        for patch in patches.get("patches", []):
            for change in yaml.safe_load(patch.get("patch", "")) or []:
                value = change.get("value") if isinstance(change, dict) else None
                if isinstance(value, list) and "/to/envoy.yaml" in str(value):
                    found.append((variant, value[0]["args"][0]))
    return found


@pytest.mark.parametrize(("variant", "program"), rewriters(), ids=[name for name, _ in rewriters()])
def test_a_variant_finds_what_it_changes_in_the_gateways_configuration(
    variant: str, program: str, tmp_path: Path
) -> None:
    """A gateway whose init container fails never starts, and nothing would be shown."""
    sound = SAMPLE / "manifests" / "config" / "envoy.yaml"
    flawed = tmp_path / "envoy.yaml"
    program = program.replace("/from/envoy.yaml", str(sound)).replace("/to/envoy.yaml", str(flawed))
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    before, after = (yaml.safe_load(path.read_text()) for path in (sound, flawed))
    names = [[each["name"] for each in data["static_resources"]["clusters"]] for data in (before, after)]
    assert before != after
    assert names[0] == names[1]


def test_what_is_declared_as_a_single_writer_is_kept_so_and_one_variant_lets_it_roll() -> None:
    """A rollout waits by Recreate, a pod that is deleted by the place that it cannot have yet."""
    system = yaml.safe_load((SAMPLE.parent / "fixtures" / "systems" / "chandlery.yaml").read_text())
    sound, flawed = objects_of(SAMPLE / "manifests"), objects_of(SAMPLE / "variants" / "rolling-writer")
    for role in (role for role in system["workloads"].values() if role.get("single_writer")):
        kept, rolled = (each[role["kind"], role["name"]]["spec"] for each in (sound, flawed))
        assert (kept["replicas"], kept["strategy"]) == (1, {"type": "Recreate"})
        [apart] = kept["template"]["spec"]["affinity"]["podAntiAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]
        assert apart["labelSelector"] == kept["selector"]
        assert (apart["topologyKey"], apart["matchLabelKeys"]) == ("kubernetes.io/os", ["pod-template-hash"])
        assert rolled["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
        assert rolled["template"] == kept["template"]


def test_the_pool_of_the_variant_is_a_switch_and_no_limit_is_changed() -> None:
    sound, flawed = (
        objects_of(SAMPLE / "manifests"), objects_of(SAMPLE / "variants" / "connection-pool-too-large"),
    )  # fmt: skip
    changed = [key for key in sound if sound[key] != flawed[key]]
    assert sorted(changed) == [("Deployment", "orders"), ("Deployment", "payments")]


def test_every_manifest_variant_is_known() -> None:
    assert {"no-prestop-no-drain", "wrong-hpa-target"} <= set(VARIANTS)
    assert rules_for("no-prestop-no-drain") == {"orchestration.pre-stop"}
    assert rules_for("wrong-hpa-target") == {"scaling.autoscaler-target", "scaling.reachable-target"}


def test_only_the_autoscaler_of_orders_counts_the_pods_that_share_its_label() -> None:
    flawed = objects_of(SAMPLE / "variants" / "shared-labels")
    labels = {
        name: flawed["Deployment", name]["spec"]["template"]["metadata"]["labels"].items()
        for name in ("orders", "digest")
    }
    selected = flawed["Deployment", "orders"]["spec"]["selector"]["matchLabels"].items()
    assert selected <= labels["orders"]
    assert selected <= labels["digest"], "the autoscaler asks by this selector"
    listed = flawed["Service", "orders"]["spec"]["selector"].items()
    assert listed <= labels["orders"]
    assert not listed <= labels["digest"], "no request goes there"
    assert flawed.keys() - objects_of(SAMPLE / "manifests").keys() == {("Deployment", "digest")}


def test_a_limit_that_equals_the_request_is_the_only_change_and_lies_above_the_autoscalers_target() -> None:
    sound, flawed = (
        objects_of(SAMPLE / "manifests"), objects_of(SAMPLE / "variants" / "cpu-limit-equals-request"),
    )  # fmt: skip
    assert [key for key in sound if sound[key] != flawed[key]] == [("Deployment", "orders")]
    (container,) = flawed["Deployment", "orders"]["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["cpu"] == container["resources"]["requests"]["cpu"]
    (metric,) = flawed["HorizontalPodAutoscaler", "orders"]["spec"]["metrics"]
    assert metric["resource"]["target"]["averageUtilization"] < 100
