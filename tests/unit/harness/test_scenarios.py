"""What the scenarios plan for a system, from its file alone."""

from pathlib import Path

from seatrial.harness.behaviours import BEHAVIOURS
from seatrial.harness.observe import more_than_reads
from seatrial.model.neighbours import neighbours_of
from seatrial.model.scenario import SCENARIOS, Subject
from seatrial.model.step import Inject, Measure, Release, Stop, Traffic, unrolled
from seatrial.model.system import System
from seatrial.model.system_file import parse_system
from seatrial.scenarios.needs.conserving import conserving

CHANDLERY = Path(__file__).parents[3] / "fixtures" / "systems" / "chandlery.yaml"


def subject_of(text: str) -> Subject:
    system: System = parse_system(text, source="chandlery.yaml")
    return Subject("database", system)


def test_a_store_crashes_while_money_is_moved() -> None:
    subject = subject_of(CHANDLERY.read_text())
    assert conserving.holds(subject)
    plan = list(SCENARIOS.get("store-crash").plan(subject))
    moving = next(step for step in plan if isinstance(step, Traffic) and step.name == "transfers")
    assert (moving.journey, moving.per_second, moving.steady) == ("transfer", 5, False)
    crash = next(step for step in plan if isinstance(step, Inject))
    assert plan.index(moving) < plan.index(crash) < plan.index(Stop("transfers"))


def test_without_such_a_journey_or_as_the_subjects_own_there_is_one_traffic() -> None:
    text = CHANDLERY.read_text()
    without = subject_of(text.replace("    conserves: money-is-constant\n", ""))
    assert not conserving.holds(without)
    own = subject_of(text.replace("    idempotent: true\n", "    conserves: money-is-constant\n"))
    assert own.system.conserving == own.journey == "place-order"
    for subject in (without, own):
        plan = SCENARIOS.get("store-crash").plan(subject)
        assert [step.name for step in plan if isinstance(step, Traffic)] == ["subject"]
        assert [step for step in plan if isinstance(step, Stop)] == [Stop("subject")]


def test_a_storm_of_retries_is_of_writes_that_pass_a_workload_whose_pods_may_go() -> None:
    system = parse_system(CHANDLERY.read_text(), source="chandlery.yaml")
    storm = SCENARIOS.get("retry-storm")
    assert [subject.role for subject in storm.subjects(system)] == ["orders"]
    sent = next(step for step in storm.plan(Subject("orders", system)) if isinstance(step, Traffic))
    assert (sent.journey, sent.steady) == ("place-order", False)
    assert [*BEHAVIOURS[sent.behaviour]["copies"]] == [0.0, 0.0, 0.0, 0.4, 1.5]
    without = parse_system(
        CHANDLERY.read_text().replace("    idempotent: true\n", ""), source="chandlery.yaml"
    )
    assert storm.subjects(without) == []


def test_consumers_are_killed_with_messages_in_hand_and_scaled_in() -> None:
    system = parse_system(CHANDLERY.read_text(), source="chandlery.yaml")
    crash = SCENARIOS.get("consumer-crash")
    assert [subject.role for subject in crash.subjects(system)] == ["payments", "ingest"]
    plan = [step for _, step in unrolled(crash.plan(Subject("payments", system)))]
    assert next(step.journey for step in plan if isinstance(step, Traffic)) == "place-order"
    assert [step.fault for step in plan if isinstance(step, Inject)] == ["crash-pod"] * 2 + ["hold-replicas"]
    without = CHANDLERY.read_text().replace(
        "  metrics: {product: prometheus, service: prometheus, port: 9090}\n", ""
    )
    assert crash.subjects(parse_system(without, source="chandlery.yaml")) == []


def test_a_look_that_sends_what_may_change_something_is_no_mere_reading() -> None:
    system = parse_system(CHANDLERY.read_text(), source="chandlery.yaml")
    traced = SCENARIOS.get("trace-context")
    (subject,) = traced.subjects(system)
    assert more_than_reads(traced.plan(subject))
    assert not more_than_reads(SCENARIOS.get("certificates").plan(subject))


def test_the_alert_for_a_hang_is_read_where_the_workload_names_one() -> None:
    system = parse_system(CHANDLERY.read_text(), source="chandlery.yaml")
    plans = {
        role: SCENARIOS.get("freeze-process").plan(Subject(role, system)) for role in ("catalogue", "orders")
    }
    read = {role: [step for step in plan if isinstance(step, Measure)] for role, plan in plans.items()}
    assert [step.arguments for step in read["catalogue"]] == [{"name": "PodDoesNotAnswer"}]
    assert read["orders"] == []


def test_a_workload_whose_alert_tells_of_its_absence_is_taken_away_until_it_fires() -> None:
    system = parse_system(CHANDLERY.read_text(), source="chandlery.yaml")
    [subject] = SCENARIOS.get("absence").subjects(system)
    taken, fires, back, quiet = SCENARIOS.get("absence").plan(subject)
    assert isinstance(taken, Inject)
    assert (taken.fault, taken.role, taken.held) == ("scale-to-zero", "ingest", True)
    assert isinstance(fires, Measure)
    assert isinstance(quiet, Measure)
    assert fires.arguments == {"name": "NobodyTakesReadings", "fires": True}
    assert isinstance(back, Release)
    assert quiet.arguments == {"name": "NobodyTakesReadings"}


def test_a_single_writer_is_deleted_and_rolled_out_and_nothing_is_sent() -> None:
    system = parse_system(CHANDLERY.read_text(), source="chandlery.yaml")
    replaced = SCENARIOS.get("replace-writer")
    [subject] = replaced.subjects(system)
    assert subject.workload.name == "prometheus"
    plan = replaced.plan(subject)
    assert not any(isinstance(step, Traffic) for step in plan)
    assert [(step.label, getattr(step, "role", "")) for step in plan] == [
        ("delete-pod", subject.role), ("at-rest", ""), ("rollout-restart", subject.role),
    ]  # fmt: skip
    text = CHANDLERY.read_text().replace(", single_writer: true", "")
    assert replaced.subjects(parse_system(text, source="chandlery.yaml")) == []


def test_neighbours_are_the_journeys_that_pass_the_scaled_workload_by() -> None:
    system = parse_system(CHANDLERY.read_text(), source="chandlery.yaml")
    assert neighbours_of(system, "orders") == ["browse", "transfer", "send-reading"]
