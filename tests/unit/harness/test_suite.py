"""Each scenario is carried out once per target, and judged by every check that names it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from dry_session import SYSTEM, Dry, dry_system

from seatrial.cluster.progress import PlainProgress
from seatrial.errors import SeatrialError
from seatrial.harness.suite import Suite
from seatrial.judge.disruption import voluntary
from seatrial.model.check import CHECKS, CORE, Check, check, every
from seatrial.model.fault import VOLUNTARY
from seatrial.model.observation import EXCHANGES, INVARIANTS, READ_BACK, TIMELINE, Observation
from seatrial.model.scenario import SCENARIOS, need, scenario
from seatrial.model.step import inject, repeat, steps, traffic
from seatrial.model.verdict import Outcome, Verdict

TWO = SYSTEM.replace("journeys:", "  till: {kind: Deployment, name: till, stateless: true}\njourneys:")


@pytest.fixture(autouse=True)
def only_these(dry: Dry) -> None:
    """The scenarios and checks of these tests and no others."""
    SCENARIOS._items.clear()
    CHECKS._items.clear()

    @scenario("deleted", disruption=VOLUNTARY)
    def deleted(subject):
        """Deletes three pods."""
        return steps(traffic("look"), repeat(3, inject("delete-pod", subject.role)))

    @scenario("drained", disruption=VOLUNTARY, repetitions=1)
    def drained(subject):
        """Drains a node."""
        return steps(traffic("look"), inject("drain-node", subject.role))


def made(judge=voluntary, name="orchestration.made", scenario="deleted", **more) -> Check:
    check(name, level=CORE, scenario=scenario, requirement="It MUST hold.", remediation="Mend it.", **more)(
        judge
    )
    return CHECKS.get(name)


def suite(dry: Dry, text: str = SYSTEM) -> Suite:
    return Suite(dry.settings, dry_system(text), PlainProgress(), dry.run)


def passes(observation):
    return Verdict(Outcome.PASSED, "all is well", "well")


def fails(observation):
    return Verdict(Outcome.FAILED, "3 of 4 failed", "none", "Look.")


class TestOnce:
    def test_two_checks_judge_one_observation(self, dry: Dry) -> None:
        bench = suite(dry)
        good, bad = made(passes, "data.good"), made(fails, "data.bad")
        verdicts = [bench.verdict(item, "basket") for item in (good, bad, good)]
        assert [verdict.outcome for verdict, _ in verdicts] == [
            Outcome.PASSED,
            Outcome.FAILED,
            Outcome.PASSED,
        ]
        assert {ids for _, ids in verdicts} == {("deleted.basket",)}
        assert dry.world.done.count("traffic subject began") == 1
        assert len(dry.world.sessions) == 1

    def test_each_target_is_its_own(self, dry: Dry) -> None:
        bench, item = suite(dry, TWO), made()
        assert [bench.verdict(item, role)[1] for role in ("basket", "till")] == [
            ("deleted.basket",), ("deleted.till",),
        ]  # fmt: skip
        assert "injected delete-pod on till" in dry.world.done

    def test_the_system_is_not_brought_up_for_a_check_that_does_not_apply(self, dry: Dry) -> None:
        @need("golden")
        def golden(subject):
            """a golden workload"""
            return False

        verdict, ids = suite(dry).verdict(made(needs={golden}), "")
        assert verdict.outcome is Outcome.UNSUPPORTED
        assert "golden" in verdict.observed
        assert "a golden workload" in verdict.expected
        assert ids == ()
        assert dry.world.sessions == []

    def test_a_session_that_cannot_be_had_is_raised_with_what_to_do(self, dry: Dry, monkeypatch) -> None:
        def refuse(*_):
            raise SeatrialError("the namespace does not exist", next_step="Make it.")

        monkeypatch.setattr("seatrial.harness.suite.open_session", refuse)
        with pytest.raises(SeatrialError, match="namespace"):
            suite(dry).verdict(made(), "basket")

    def test_a_system_that_did_not_answer_is_not_waited_for_again(self, dry: Dry, monkeypatch) -> None:
        waited = []

        def no_answer(_):
            waited.append(1)
            raise SeatrialError("journey look is not answered")

        monkeypatch.setattr("dry_session.DrySession.require_answer", no_answer)
        bench, item = suite(dry, TWO), made()
        for role in ("basket", "till"):
            with pytest.raises(SeatrialError, match="journey look is not answered"):
                bench.verdict(item, role)
        assert (len(waited), len(dry.world.sessions)) == (1, 1)

    def test_without_consent_it_is_skipped_and_names_no_observation(self, dry: Dry) -> None:
        verdict, ids = suite(dry, SYSTEM.replace("disruptive: true", "disruptive: false")).verdict(
            made(), "basket"
        )
        assert verdict.outcome is Outcome.SKIPPED
        assert ids == ()
        assert dry.world.done == []

    def test_an_observation_that_failed_early_is_named_all_the_same(self, dry: Dry) -> None:
        dry.world.recorder_error = SeatrialError("the API server does not answer")
        verdict, ids = suite(dry).verdict(made(passes), "basket")
        assert verdict.outcome is Outcome.ERROR
        assert ids == ("deleted.basket",)
        assert (dry.run.directory / "observations" / ids[0]).is_dir()

    def test_what_differs_afterwards_is_kept(self, dry: Dry) -> None:
        dry.world.changed.append("deployment/basket: replicas 2 -> 0")
        bench = suite(dry)
        bench.verdict(made(), "basket")
        bench.close()
        assert "replicas 2 -> 0" in dry.run.path.read_text()


class TestAgain:
    """A scenario is carried out again where its evidence was too weak, as often as the settings say."""

    def weak_at_first(self, weak: int, then: Callable[[Observation], Verdict]) -> Check:
        asked = []

        def judged(observation: Observation) -> Verdict:
            asked.append(observation.id)
            first = sorted(set(asked))[:weak]
            return (
                Verdict(Outcome.INCONCLUSIVE, "few", "many") if observation.id in first else then(observation)
            )

        return made(judged)

    def verdict(self, dry: Dry, weak: int, repeats: int, then=passes) -> Any:
        bench = Suite(replace(dry.settings, repeats=repeats), dry_system(SYSTEM), PlainProgress(), dry.run)
        verdict, ids = bench.verdict(self.weak_at_first(weak, then), "basket")
        assert dry.world.done.count("traffic subject began") == len(ids)
        return verdict.outcome, ids, bench

    def test_the_second_counts(self, dry: Dry) -> None:
        outcome, ids, _ = self.verdict(dry, weak=1, repeats=1)
        assert outcome is Outcome.PASSED
        assert ids == ("deleted.basket", "deleted.basket-2")

    def test_not_without_being_told_to(self, dry: Dry) -> None:
        assert self.verdict(dry, weak=1, repeats=0)[:2] == (Outcome.INCONCLUSIVE, ("deleted.basket",))

    def test_not_for_ever(self, dry: Dry) -> None:
        outcome, ids, _ = self.verdict(dry, weak=9, repeats=2)
        assert outcome is Outcome.INCONCLUSIVE
        assert len(ids) == 3

    @pytest.mark.parametrize("then", [passes, fails])
    def test_what_could_be_judged_is_not_repeated(self, dry: Dry, then) -> None:
        assert len(self.verdict(dry, weak=0, repeats=3, then=then)[1]) == 1

    def test_a_check_that_comes_after_judges_both(self, dry: Dry) -> None:
        *_, bench = self.verdict(dry, weak=1, repeats=1)

        def first_fails(observation):
            return fails(observation) if observation.id == "deleted.basket" else passes(observation)

        verdict, ids = bench.verdict(made(first_fails, "data.after"), "basket")
        assert verdict.outcome is Outcome.FAILED
        assert len(ids) == 2


class TestEvery:
    def test_the_worst_of_all_observations_wins_and_names_its_own(self, dry: Dry) -> None:
        def by_scenario(observation):
            return fails(observation) if observation.scenario == "drained" else passes(observation)

        verdict, ids = suite(dry).verdict(made(by_scenario, scenario=every(VOLUNTARY)), "system")
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed == "drained on basket: 3 of 4 failed"
        assert ids == ("deleted.basket", "drained.basket")

    def test_it_takes_what_others_have_made(self, dry: Dry) -> None:
        bench = suite(dry)
        bench.verdict(made(passes, "data.first"), "basket")
        bench.verdict(made(passes, scenario=every(VOLUNTARY)), "system")
        assert dry.world.done.count("traffic subject began") == 2

    def test_observations_that_were_skipped_do_not_hide_a_red_one(self, dry: Dry) -> None:
        bench, item = suite(dry), made(fails, scenario=every(VOLUNTARY))
        bench.verdict(made(passes, "data.first"), "basket")
        (key,) = bench._made
        bench._made[key][0] = replace(
            bench._made[key][0], failure=Verdict(Outcome.SKIPPED, "not today", "today")
        )
        assert bench.verdict(item, "system")[0].outcome is Outcome.FAILED

    def test_no_consent_for_any_is_skipped(self, dry: Dry) -> None:
        bench = suite(dry, SYSTEM.replace("disruptive: true", "disruptive: false"))
        assert bench.verdict(made(passes, scenario=every()), "system")[0].outcome is Outcome.SKIPPED


class TestRecords:
    @pytest.mark.parametrize("record", [EXCHANGES, TIMELINE, READ_BACK, INVARIANTS])
    def test_one_that_was_not_kept_forbids_a_pass_and_hides_no_red(self, dry: Dry, record) -> None:
        bench = suite(dry)
        bench.verdict(made(passes, "data.first"), "basket")
        (key,) = bench._made
        bench._made[key][0] = replace(bench._made[key][0], missing={record: "the disk was full"})
        verdict, _ = bench.verdict(made(passes, "data.good", records={record}), "basket")
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert f"{record}: the disk was full" in verdict.observed
        assert bench.verdict(made(passes, "data.other"), "basket")[0].outcome is Outcome.PASSED
        assert bench.verdict(made(fails, "data.bad", records={record}), "basket")[0].outcome is Outcome.FAILED

    @pytest.mark.parametrize("record", [READ_BACK, INVARIANTS])
    def test_one_that_was_never_made_forbids_a_pass_too(self, dry: Dry, record) -> None:
        verdict, _ = suite(dry).verdict(made(passes, records={record}), "basket")
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert str(record) in verdict.observed

    def test_watches_that_delivered_nothing_forbid_a_pass(self, dry: Dry) -> None:
        dry.world.seen.clear()
        verdict, _ = suite(dry).verdict(made(voluntary, records={EXCHANGES, TIMELINE}), "basket")
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "timeline" in verdict.observed
