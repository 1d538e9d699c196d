"""The adapters against the products that they are for: the sample system's own, where it is deployed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tiny import ROOT, system_in

from seatrial.adapters import CouldNotTry, Refused
from seatrial.adapters.invariants import measure_invariants
from seatrial.adapters.metrics import metrics_of
from seatrial.adapters.store import store_of
from seatrial.judge.invariants import invariants_hold
from seatrial.kube.client import Kube
from seatrial.model.measurement import MeasurementOutcome
from seatrial.model.system import System
from seatrial.model.system_file import parse_system
from seatrial.model.verdict import Outcome
from seatrial.traffic.http import Http

UserMaker = Callable[[list[dict[str, Any]]], Kube]
FILE = ROOT / "fixtures" / "systems" / "chandlery.yaml"
READ_PODS = [
    {"apiGroups": ["apps"], "resources": ["statefulsets"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
]


@pytest.fixture(scope="module")
def chandlery(make_kube: Callable[[str], Kube]) -> Kube:
    kube = make_kube("chandlery")
    if kube.find("StatefulSet", "postgres") is None:
        pytest.skip(
            "the sample system is not deployed: `seatrial up --system fixtures/systems/chandlery.yaml`"
        )
    return kube


@pytest.fixture(scope="module")
def system() -> System:
    return parse_system(FILE.read_text(), source=str(FILE))


@pytest.fixture
def http(system: System) -> Iterator[Http]:
    with Http(system.entry.url) as http:
        yield http


def changed(system: System, **parts: Any) -> System:
    """The system with some parts of its file replaced."""
    content = system.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return System.model_validate(content | parts)


def with_capability(system: System, name: str, **arguments: Any) -> System:
    content = system.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return changed(system, capabilities=content["capabilities"] | {name: arguments})


def test_the_store_knows_its_primary_and_answers_rows(chandlery: Kube, system: System) -> None:
    store = store_of(system, chandlery)
    assert store.primary() == "postgres-0"
    assert store.replicas() == []
    (row,) = store.query("select current_database() as name, 2 ^ 60 > 1 as big", database="orders")
    assert row == {"name": "orders", "big": True}
    rows = store.query("select number from generate_series(1, 500) number", database="orders", at_most_rows=3)
    assert [row["number"] for row in rows] == [1, 2, 3]


def test_the_store_counts_what_was_written(chandlery: Kube, system: System) -> None:
    store = store_of(system, chandlery)
    try:
        store.write_witness("counted-0", database="orders")
        before = store.activity()
        for number in range(1, 4):
            store.write_witness(f"counted-{number}", database="orders")
        after = store.activity()
    finally:
        store.remove_witnesses(database="orders")
    assert after.rows - before.rows >= 3
    assert after.commits - before.commits >= 3


def test_a_large_answer_with_all_kinds_of_letters_arrives_as_it_is(chandlery: Kube, system: System) -> None:
    store = store_of(system, chandlery)
    (row,) = store.query("select repeat('Schäkel ⚓ ', 20000) as text", database="orders")
    assert row["text"] == "Schäkel ⚓ " * 20000


def test_a_witness_is_there_once_its_commit_is_acknowledged(chandlery: Kube, system: System) -> None:
    store = store_of(system, chandlery)
    try:
        store.write_witness("w-1", database="postgres")
        assert store.read_witness("w-1", database="postgres")
        assert not store.read_witness("w-2", database="postgres")
    finally:
        store.remove_witnesses(database="postgres")
    assert not store.read_witness("w-1", database="postgres")


@pytest.mark.parametrize(
    ("arguments", "database", "kind", "words"),
    [
        ({"workload": "database"}, "nowhere", Refused, 'database "nowhere" does not exist'),
        ({"workload": "database", "user": "nobody"}, "orders", Refused, 'role "nobody" does not exist'),
        ({"workload": "database", "port": 1}, "orders", Refused, "failed: No such file or directory"),
        ({"workload": "catalogue"}, "orders", CouldNotTry, "there is no psql in the container"),
        ({"workload": "database", "container": "x"}, "orders", CouldNotTry, "container x is not valid"),
        ({"workload": "database", "host": "127.0.0.1"}, "orders", Refused, "no password supplied"),
    ],
)
def test_what_keeps_the_store_from_answering_is_named(
    chandlery: Kube, system: System, arguments: dict[str, Any], database: str, kind: type, words: str
) -> None:
    broken = with_capability(system, "store", product="postgres", **arguments)
    with pytest.raises(kind, match=words):
        store_of(broken, chandlery).query("select 1", database=database)


def test_a_password_of_the_container_is_taken_there(chandlery: Kube, system: System) -> None:
    wrong = with_capability(
        system, "store", product="postgres", workload="database", host="127.0.0.1", password_variable="PGDATA"
    )
    with pytest.raises(Refused, match="password authentication failed"):
        store_of(wrong, chandlery).query("select 1", database="orders")


def test_the_invariants_of_the_sample_system_hold_at_rest(
    chandlery: Kube, system: System, http: Http
) -> None:
    before = measure_invariants(system, chandlery, http, within_seconds=0)
    after = measure_invariants(system, chandlery, http)
    verdict = invariants_hold(before, after)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.numbers["invariants_held"] == len(system.invariants)
    assert max(one.ended_at - one.began_at for one in after) < 5


def test_a_broken_invariant_is_asked_until_its_time_is_over(
    chandlery: Kube, system: System, http: Http
) -> None:
    sql = {"name": "wrong", "requirement": "Never.", "sql": "select 7 as seven", "database": "orders"}
    absent = {"name": "absent", "requirement": "Never.", "http": {"path": "/v1/catalogue/moon"}}
    invariants = [one | {"converge_seconds": 1} for one in (sql, absent)]
    # `transfer` and `payments` name invariants that are not asked here.
    journeys = {
        name: journey.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"conserves"})
        for name, journey in system.journeys.items()
    }
    workloads = {
        role: workload.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"consumes"})
        for role, workload in system.workloads.items()
    }
    asked = changed(system, invariants=invariants, journeys=journeys, workloads=workloads)
    began = time.monotonic()
    found = measure_invariants(asked, chandlery, http)
    assert [one.value["holds"] for one in found] == [False, False]
    assert found[0].value["rows"] == [{"seven": 7}]
    assert found[1].value["answer"] == {"status": 404}
    assert found[0].began_at - began >= 1


def test_prometheus_answers_queries_targets_and_rules(chandlery: Kube, system: System) -> None:
    metrics = metrics_of(system, chandlery)
    assert {series.labels["service"]: series.value for series in metrics.query('up{service="orders"}')} == {
        "orders": 1.0
    }
    assert metrics.query("1 + 1")[0].value == 2
    now = time.time()
    (series,) = metrics.query_range("vector(3)", begin=now - 20, end=now, step_seconds=10)
    assert [value for _, value in series.points] == [3, 3, 3]
    targets = metrics.targets()
    assert {"pods", "prometheus"} == {target.job for target in targets}
    assert all(target.up and not target.reason and target.interval_seconds == 5 for target in targets)
    rules = {rule.name: rule for rule in metrics.rules()}
    assert rules["PodDoesNotAnswer"].for_seconds == 30
    assert rules["PodDoesNotAnswer"].interval_seconds == 5
    assert rules["PodDoesNotAnswer"].healthy
    assert isinstance(metrics.alerts(), list)
    with pytest.raises(Refused, match="bad_data"):
        metrics.query("up{")


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"service": "nowhere"}, CouldNotTry, 'services "nowhere" not found'),
        ({"service": "prometheus", "port": 1}, CouldNotTry, "no service port 1 found"),
        ({"service": "prometheus", "prefix": "/there"}, Refused, "no answer of Prometheus"),
        ({"service": "prometheus", "scheme": "https"}, Refused, "error trying to reach service: tls"),
    ],
)
def test_what_keeps_prometheus_from_answering_is_named(
    chandlery: Kube, system: System, arguments: dict[str, Any], kind: type, words: str
) -> None:
    broken = with_capability(system, "metrics", product="prometheus", **arguments)
    with pytest.raises(kind, match=words):
        metrics_of(broken, chandlery).targets()


def test_a_missing_right_is_named_by_its_rule(as_user: UserMaker, deployed: Kube) -> None:
    tiny = system_in(
        deployed,
        capabilities={
            "store": {"product": "postgres", "workload": "store"},
            "metrics": {"product": "prometheus", "service": "web", "port": 80},
        },
        invariants=[{"name": "few", "requirement": "Few.", "sql": "select", "database": "d"}],
    )
    with pytest.raises(CouldNotTry, match="not allowed to get services/proxy") as caught:
        metrics_of(tiny, as_user([])).query("up")
    assert 'resources: ["services/proxy"], verbs: ["get"]' in caught.value.next_step
    with Http("http://127.0.0.1:9") as http:
        (nothing,) = measure_invariants(tiny, as_user([]), http, within_seconds=0)
        (no_exec,) = measure_invariants(tiny, as_user(READ_PODS), http, within_seconds=0)
        (no_psql,) = measure_invariants(tiny, deployed, http, within_seconds=0)
    assert {nothing.outcome, no_exec.outcome, no_psql.outcome} == {MeasurementOutcome.COULD_NOT_TRY}
    assert 'resources: ["statefulsets"], verbs: ["get"]' in nothing.reason
    assert 'resources: ["pods/exec"]' in no_exec.reason
    assert "there is no psql in the container" in no_psql.reason
    assert invariants_hold([no_exec], [no_exec]).outcome is Outcome.INCONCLUSIVE
