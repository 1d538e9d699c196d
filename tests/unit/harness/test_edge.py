"""Scenarios at the edge: 90 % of the capacity that an earlier run has measured."""

import json
from dataclasses import replace

import pytest
from dry_session import Dry, dry_system

from seatrial.cluster.progress import PlainProgress
from seatrial.errors import BadInput
from seatrial.harness.edge import capacities_of, edge_of
from seatrial.harness.suite import Suite
from seatrial.judge.admissible import judge_all
from seatrial.model.capacity import CapacityRun, SearchPlan, Trial
from seatrial.model.check import CORE, Check
from seatrial.model.edge import Edge, Measured, at_edge, edge_at_rest, takes_edge
from seatrial.model.plan import LoadSize
from seatrial.model.scenario import SCENARIOS, Subject
from seatrial.model.step import Traffic, inject, repeat, steps, traffic
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record.observations import read_observation
from seatrial.record.reader import read_run
from seatrial.record.writer import RunWriter
from seatrial.report.beside import OWN, recoveries
from seatrial.report.html import build_report
from seatrial.report.view import view_of

EDGE = Edge(100.0, {"look": 3.0, "buy": 1.0}, "measured")
PLAN = steps(traffic("look", per_second=20, bystanders=5), repeat(2, inject("delete-pod", "basket")))
PASSED = Verdict(Outcome.PASSED, "held", "held")


def searched(count: int) -> dict:
    trial = Trial(10.0, 5.0, 50, 0, 0, replicas={"basket": count})
    return json.loads(json.dumps(CapacityRun(SearchPlan(), (trial,), role="basket").to_data()))


def measured(reports, name, low, subject="shop", series=None):
    writer = RunWriter(reports / name, "locust")
    (writer.directory / "load").mkdir()
    writer.tool_started(argv=[], versions={}, seed=1)
    numbers, data = {"capacity_low_per_second": low}, {}
    if series is not None:
        numbers = {f"{count}_replicas_capacity_low_per_second": each for count, each in series.items()}
        data = {"series": {str(count): searched(count) for count in series}}
    elif low is not None:
        data = {"capacity": searched(2)}
    (writer.directory / "load" / "capacity.json").write_text(json.dumps(data))
    verdict = replace(PASSED, numbers=numbers)
    writer.check_finished(CheckResult("load.capacity", subject, "It MUST.", verdict, "locust", 0.0, 1.0))
    writer.close()


def test_the_journeys_of_the_load_share_ninety_percent() -> None:
    assert EDGE.per_second == {"look": pytest.approx(67.5), "buy": pytest.approx(22.5)}
    first, second = at_edge(PLAN, EDGE)
    assert isinstance(first, Traffic)
    assert (first.per_second, first.beside) == (pytest.approx(67.5), {"buy": pytest.approx(22.5)})
    assert second is PLAN[1]


def test_a_journey_that_is_no_load_keeps_its_rate() -> None:
    (first, *_) = at_edge(steps(traffic("pay", per_second=20)), EDGE)
    assert isinstance(first, Traffic)
    assert first.per_second == 20
    assert sum(first.beside.values()) == pytest.approx(90)


@pytest.mark.parametrize(
    "plan",
    [
        steps(traffic("look")),
        steps(inject("delete-pod", "basket")),
        steps(traffic("look", schedule="ramp:1:9:5"), inject("delete-pod", "basket")),
        steps(traffic("look"), traffic("look", name="load"), inject("delete-pod", "basket")),
        steps(traffic("look", only_reading=True, bystanders=5), inject("delete-pod", "basket")),
        steps(traffic("look", behaviour="storm"), inject("delete-pod", "basket")),
    ],
    ids=["no-fault", "no-traffic", "a-schedule", "a-load-of-its-own", "reads-only", "a-storm"],
)
def test_what_has_a_load_of_its_own_is_not_carried_out_at_the_edge(plan) -> None:
    assert takes_edge(PLAN)
    assert not takes_edge(plan)


class TestWhereItLies:
    def test_the_newest_run_that_measured_this_system_counts(self, tmp_path) -> None:
        measured(tmp_path, "2026-11-24-060000-0001", 50.0)
        measured(tmp_path, "2026-11-25-060000-0002", 80.0)
        measured(tmp_path, "2026-11-26-060000-0003", 900.0, subject="another")
        measured(tmp_path, "2026-11-26-070000-0004", None)
        newest, before = capacities_of(dry_system(), tmp_path)
        assert newest == Measured(80.0, "2026-11-25-060000-0002", "basket", 2)
        assert before.per_second == 50.0

    def test_each_number_of_replicas_of_a_search_is_known(self, tmp_path) -> None:
        measured(tmp_path, "2026-11-24-060000-0001", None, series={1: 40.0, 2: 80.0, 3: None})
        found = {each.replicas: each.per_second for each in capacities_of(dry_system(), tmp_path)}
        assert found == {1: 40.0, 2: 80.0}

    def test_without_the_record_of_a_search_its_replicas_are_unknown(self, tmp_path) -> None:
        measured(tmp_path, "2026-11-24-060000-0001", 50.0)
        (tmp_path / "2026-11-24-060000-0001" / "load" / "capacity.json").write_text("{")
        (found,) = capacities_of(dry_system(), tmp_path)
        assert (found.per_second, found.replicas) == (50.0, None)

    def test_with_none_it_says_how_to_measure_it(self, tmp_path) -> None:
        with pytest.raises(BadInput, match="no run has measured") as caught:
            capacities_of(dry_system(), tmp_path)
        assert "capacity.py" in caught.value.next_step


SERIES = [Measured(low, "b", "basket", count) for count, low in ((1, 40.0), (2, 80.0), (4, 110.0))]


@pytest.mark.parametrize(
    ("known", "rest", "low", "said"),
    [
        (SERIES, 2, 80.0, "measured with 2 replicas of basket, as it has at rest"),
        (SERIES, 3, 80.0, "measured with 2 replicas of basket, but it has 3 at rest"),
        (SERIES[1:], 1, 80.0, "measured with 2 replicas of basket, but it has 1 at rest"),
        (SERIES, None, 40.0, "measured with 1 replica of basket; how many it has at rest is not known"),
        ([Measured(9.0, "c"), *SERIES], 9, 9.0, "measured with an unknown number of replicas"),
        ([Measured(9.0, "c", "basket", 1), *SERIES], 2, 80.0, "as it has at rest"),
    ],
    ids=["as-at-rest", "fewer", "only-more", "rest-unknown", "replicas-unknown", "an-older-run"],
)
def test_the_capacity_with_as_many_replicas_as_at_rest_counts(known, rest, low, said) -> None:
    edge = edge_at_rest(known, {"look": 1.0}, {} if rest is None else {"basket": rest})
    assert edge.capacity_per_second == low
    assert said in str(edge)


def test_at_rest_is_what_the_autoscaler_keeps_at_least_else_what_is_declared(dry: Dry) -> None:
    deployment = {"kind": "Deployment", "metadata": {"name": "basket"}, "spec": {"replicas": 4}}
    target = {"kind": "Deployment", "name": "basket"}
    scaler = {
        "kind": "HorizontalPodAutoscaler", "metadata": {"name": "more"},
        "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 9},
    }  # fmt: skip
    dry.world.objects += [deployment]
    assert "but it has 4 at rest" in str(edge_of(SERIES[:1], dry_system(), dry.session().kube))
    dry.world.objects += [scaler]
    assert "2 replicas of basket, as" in str(edge_of(SERIES, dry_system(), dry.session().kube))


class TestCarriedOut:
    @pytest.fixture
    def suite(self, dry: Dry, tmp_path) -> Suite:
        measured(tmp_path, "2026-11-24-060000-0001", 100.0)
        settings = replace(dry.settings, load=LoadSize.EDGE, reports_directory=tmp_path)
        return Suite(settings, dry_system(), PlainProgress(), dry.run)

    def check(self, judged) -> Check:
        return Check("orchestration.made", CORE, "delete-pod", frozenset(), (), "MUST", "Do.", (), "", judged)

    def test_a_check_judges_both_and_the_worse_wins(self, dry: Dry, suite: Suite) -> None:
        def judged(observation):
            return replace(PASSED, outcome=Outcome.FAILED) if observation.load else PASSED

        check = self.check(judged)
        verdict, ids = suite.verdict(check, "basket")
        assert ids == ("delete-pod.basket", "delete-pod.basket.edge")
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed == (
            "delete-pod on basket at 90% of 100 requests/s, measured with 2 replicas of basket, but it has 1 "
            "at rest: held"
        )
        read = [read_observation(dry.run.directory / "observations" / name).observation for name in ids]
        assert judge_all(check, read) == verdict

    def test_the_page_shows_recovery_under_both(self, dry: Dry, suite: Suite) -> None:
        check = self.check(lambda _: PASSED)
        verdict, ids = suite.verdict(check, "basket")
        dry.run.check_finished(
            CheckResult(check.id, "basket", "It MUST.", verdict, "pytest", 0.0, 1.0, observations=ids)
        )
        (section,) = view_of(read_run(dry.run.directory)).checks
        head, *rows = recoveries(section)
        assert head[:2] == ["", OWN]
        assert head[2].startswith("90% of 100 requests/s, measured with 2 replicas")
        assert {"requests failed", "available again"} <= {row[0] for row in rows}
        assert "Recovery under each load" in build_report(dry.run.directory).read_text("utf-8")

    def test_a_scenario_with_a_load_of_its_own_is_carried_out_once(self, suite: Suite) -> None:
        subject = Subject("basket", dry_system())
        assert suite._loads(SCENARIOS.get("name-outage"), subject)[1:]
        assert suite._loads(SCENARIOS.get("store-crash"), subject) == [None]
