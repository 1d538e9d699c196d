"""Scenarios at the edge: 90 % of the capacity that an earlier run has measured."""

from dataclasses import replace

import pytest
from dry_session import Dry, dry_system

from seatrial.cluster.progress import PlainProgress
from seatrial.errors import BadInput
from seatrial.harness.edge import edge_of
from seatrial.harness.suite import Suite
from seatrial.judge.admissible import judge_all
from seatrial.model.check import CORE, Check
from seatrial.model.edge import Edge, at_edge, takes_edge
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


def measured(reports, name, low, subject="shop"):
    writer = RunWriter(reports / name, "locust")
    (writer.directory / "load").mkdir()
    writer.tool_started(argv=[], versions={}, seed=1)
    verdict = replace(PASSED, numbers={"capacity_low_per_second": low})
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
        found = edge_of(dry_system(), tmp_path)
        assert (found.capacity_per_second, found.run) == (80.0, "2026-11-25-060000-0002")
        assert str(found) == "90% of 80 requests/s"

    def test_with_none_it_says_how_to_measure_it(self, tmp_path) -> None:
        with pytest.raises(BadInput, match="no run has measured") as caught:
            edge_of(dry_system(), tmp_path)
        assert "capacity.py" in caught.value.next_step


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
        assert verdict.observed == "delete-pod on basket at 90% of 100 requests/s: held"
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
        assert head == ["", OWN, "90% of 100 requests/s"]
        assert {"requests failed", "available again"} <= {row[0] for row in rows}
        assert "Recovery under each load" in build_report(dry.run.directory).read_text("utf-8")

    def test_a_scenario_with_a_load_of_its_own_is_carried_out_once(self, suite: Suite) -> None:
        subject = Subject("basket", dry_system())
        assert suite._loads(SCENARIOS.get("name-outage"), subject)[1:]
        assert suite._loads(SCENARIOS.get("store-crash"), subject) == [None]
