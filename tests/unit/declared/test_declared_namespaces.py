"""A namespace that is not written may be any one of the input, until --namespace says which."""

from __future__ import annotations

import pytest
from declared_manifests import BAD_TAG, SOUND, Files, Run

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 80}]}
"""
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
"""
PLACED = ("discovery.service-selects", "orchestration.disruption-budget", "orchestration.budget-selects")


def placed(text: str, namespace: str) -> str:
    return text.replace("metadata: {name: web", f"metadata: {{namespace: {namespace}, name: web", 1)


def found_in(
    files: Files, report: Run, *texts: str, rules: tuple[str, ...] = PLACED, **options: str
) -> list[str]:
    (name,) = files(a_dot_yaml="---\n".join(texts))
    more = [word for key, value in options.items() for word in (f"--{key}", value)]
    return [each["rule"] for each in report(name, "--select", ",".join(rules), *more)[1]["findings"]]


@pytest.mark.parametrize("written", [0, 1, 2], ids=["workload", "service", "budget"])
def test_one_namespace_may_be_written_anywhere(files: Files, report: Run, written: int) -> None:
    texts = [SOUND, SERVICE, BUDGET]
    texts[written] = placed(texts[written], "shop")
    assert found_in(files, report, *texts) == []


def test_two_written_namespaces_are_two(files: Files, report: Run) -> None:
    texts = placed(SOUND, "shop"), placed(SERVICE, "pay"), placed(BUDGET, "pay")
    assert sorted(found_in(files, report, *texts)) == sorted(PLACED)


def test_the_option_decides(files: Files, report: Run) -> None:
    texts = placed(SOUND, "shop"), SERVICE, BUDGET
    assert found_in(files, report, *texts, namespace="shop") == []
    assert sorted(found_in(files, report, *texts, namespace="pay")) == sorted(PLACED)
    assert found_in(files, report, SOUND, SERVICE, BUDGET, namespace="pay") == []


def test_budgets_of_two_namespaces_do_not_meet_over_one_workload(files: Files, report: Run) -> None:
    """It lies in one of them, whichever that is; two budgets of the same one do meet."""
    rules = ("orchestration.one-budget",)
    pay, shop = placed(BUDGET, "pay"), placed(BUDGET, "shop")
    assert found_in(files, report, SOUND, pay, shop, rules=rules) == []
    second = shop.replace("name: web", "name: web-2", 1)
    assert found_in(files, report, SOUND, shop, second, rules=rules) == ["orchestration.one-budget"]


def test_an_object_without_a_namespace_is_no_second_copy(files: Files, report: Run) -> None:
    rules = ("delivery.unique-object",)
    assert found_in(files, report, SOUND, placed(SOUND, "shop"), rules=rules) == []
    assert found_in(files, report, SOUND, BAD_TAG, rules=rules) == [*rules]
    assert found_in(files, report, SOUND, placed(SOUND, "shop"), rules=rules, namespace="shop") == [*rules]


def test_an_unwritten_object_means_its_like_before_others(files: Files, report: Run) -> None:
    """A Service selects in one namespace only: first among pods of which none is written either."""
    rules = ("discovery.target-port",)
    service = SERVICE.replace("targetPort: 80", "targetPort: http")
    ports = SOUND.replace("image:", "ports: [{name: http, containerPort: 80}], image:")
    assert found_in(files, report, ports, placed(SOUND, "shop"), service, rules=rules) == []
    assert found_in(files, report, placed(SOUND, "shop"), service, rules=rules) == ["discovery.target-port"]
    pay = placed(ports, "pay")
    assert found_in(files, report, pay, placed(SOUND, "shop"), service, rules=rules) == []
