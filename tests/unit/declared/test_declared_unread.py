"""What may not be read changes no verdict: a rule that needed it is unsupported, by name."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from declared_examples import DATA, TODAY

from seatrial.declared.catalogue import every_rule
from seatrial.declared.engine import Report, examine
from seatrial.declared.graph import Graph
from seatrial.declared.kinds import KINDS
from seatrial.errors import NotAllowed
from seatrial.kube.errors import Call, Forbidden, refused
from seatrial.lint.decoding import parse
from seatrial.lint.live import Unlined, _is_owned, read_live
from seatrial.lint.reading import read_whole as read
from seatrial.lint.suite import Judged, _subjects
from seatrial.model.verdict import Outcome

ROOT = Path(__file__).parents[3]
INPUTS = [ROOT / "sample-system" / "manifests", *sorted(DATA.rglob("*.yaml"))]
WHY = "not allowed to list things; bind a Role"


def judged(objects: list[tuple[dict[str, Any], Any]], unread: Collection[str] = ()) -> Report:
    # What a controller has made is never read of a namespace: what it declares stands in its owner.
    kept = [each for each in objects if each[0].get("kind") not in unread and not _is_owned(each[0])]
    graph = Graph(kept, parse, dict.fromkeys(unread, WHY))
    return examine(graph, every_rule(), today=TODAY)


def found(report: Report) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """By rule and object: where and what."""
    by_object: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for each in report.findings:
        key = (each.rule.id, each.resource.title)
        by_object.setdefault(key, set()).add((str(each.path), each.seen))
    return by_object


def not_judged(report: Report) -> set[tuple[str, str]]:
    assert all(each.unread == WHY for each in report.faults), [each.reason for each in report.faults]
    return {(each.rule.id, each.resource.title) for each in report.faults}


def test_a_rule_says_the_same_or_that_it_cannot_know() -> None:
    told = 0
    for path in INPUTS:
        objects = list(read([str(path)]).objects)
        whole = found(judged(objects))
        there = {str(data.get("kind")) for data, _ in objects}
        for unread in [set(KINDS) - there, *({kind} for kind in KINDS if kind in there)]:
            report = judged(objects, unread)
            partly, unknown = found(report), not_judged(report)
            told += len(unknown)
            for key in {*whole, *partly}:
                if key[1].split("/")[-2] in unread:
                    continue
                if key in unknown:
                    assert partly.get(key, set()) <= whole.get(key, set()), (path, unread, key)
                else:
                    assert partly.get(key, set()) == whole.get(key, set()), (path, unread, key)
    assert told > 1000


KEY = {"name": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
POD = {"containers": [{"name": "app", "image": "example/web:1", "env": [KEY]}]}
WEB = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": POD},
    },
}  # fmt: skip


class Forbidding:
    """A namespace of one Deployment, in which some kinds may not be listed."""

    namespace = "shop"

    def __init__(self, *kinds: str) -> None:
        self._kinds = kinds

    def objects(self, kind: str) -> list[dict[str, Any]]:
        if kind in self._kinds:
            call = Call("list", "", f"{kind.lower()}s", "", "shop", "https://nowhere", "nowhere")
            error = refused(call, 403, b"{}")
            assert isinstance(error, Forbidden)
            raise error
        return [WEB] if kind == "Deployment" else []


def verdicts(rule_id: str, *kinds: str) -> list[tuple[str, Outcome, str, str]]:
    namespace: Any = Forbidding(*kinds)
    report = examine(read_live(namespace, judged=True), every_rule(), today=TODAY)
    subjects = list(_subjects(rule_id, Judged(report, "namespace shop", {})))
    return [
        (each.name, each.verdict.outcome, each.verdict.observed, each.verdict.next_step) for each in subjects
    ]


@pytest.mark.parametrize(
    ("rule", "kind", "otherwise"),
    [
        ("delivery.secret-exists", "Secret", Outcome.PASSED),  # advice
        ("delivery.config-key", "Secret", Outcome.PASSED),
        ("orchestration.disruption-budget", "PodDisruptionBudget", Outcome.FAILED),
    ],
)
def test_the_verdict_names_what_may_not_be_listed_and_the_rule_that_lacks(
    rule: str, kind: str, otherwise: Outcome
) -> None:
    ((_, outcome, _, _),) = verdicts(rule)
    assert outcome is otherwise
    ((name, outcome, observed, next_step),) = verdicts(rule, kind)
    assert (name, outcome) == ("web", Outcome.UNSUPPORTED)
    assert observed == f"not allowed to list {kind.lower()}s in namespace shop"
    assert "`seatrial rights" in next_step


def test_where_nothing_may_be_read_that_is_said() -> None:
    namespace: Any = Forbidding(*KINDS)
    with pytest.raises(NotAllowed, match="nothing in the namespace may be read") as caught:
        read_live(namespace, judged=False)
    assert "`seatrial rights`" in caught.value.next_step


def test_who_only_proposes_a_system_file_goes_on_with_what_there_is() -> None:
    namespace: Any = Forbidding("PodDisruptionBudget")
    (workload,) = read_live(namespace, judged=False).workloads
    assert workload.budgets == []


def test_a_rule_that_breaks_is_an_error_and_no_pass() -> None:
    graph = Graph([(WEB, Unlined("here"))], parse)
    report = examine(graph, every_rule(), today=TODAY)
    rule = next(each for each in report.rules if each.id == "orchestration.disruption-budget")

    def broken(_: object) -> Any:
        raise KeyError("x")

    report = examine(graph, [rule._replace(check=broken)], today=TODAY)
    (subject,) = _subjects(rule.id, Judged(report, "here", {}))
    assert subject.verdict.outcome is Outcome.ERROR
    assert "KeyError" in subject.verdict.observed
