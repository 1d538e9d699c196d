"""What may be judged at all, and that nothing inadmissible hides a red."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observations import observation, stream, three_faults, timeline, workload

from seatrial.judge.admissible import judge, judge_every, judge_repeated, missing_records
from seatrial.model.check import CORE, Check
from seatrial.model.failure import NotPassed, require
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import (
    EXCHANGES,
    INVARIANTS,
    READ_BACK,
    TIMELINE,
    TROUBLE,
    Observation,
    Record,
)
from seatrial.model.verdict import Outcome, Verdict

RED = (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE)


def says(outcome: Outcome) -> Verdict:
    return Verdict(outcome, f"it {outcome}", "well")


def a_check(gives: object, *records: Record) -> Check:
    def judged(seen: Observation) -> object:
        if isinstance(gives, BaseException):
            raise gives
        return gives

    return Check("data.made", CORE, "x", frozenset(records), (), "MUST", "Do.", (), "", judged)


WHOLE = replace(
    observation(stream(90, 130), three_faults(), timeline=timeline(workload(1.0))),
    scenario="s",
    target="orders",
)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_verdict_is_the_judges(outcome: Outcome) -> None:
    assert judge(a_check(says(outcome), EXCHANGES, TIMELINE), WHOLE) == says(outcome)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_observation_that_could_not_be_made_is_judged_by_its_failure(outcome: Outcome) -> None:
    broken = replace(WHOLE, failure=says(Outcome.ERROR))
    assert judge(a_check(says(outcome)), broken) == says(Outcome.ERROR)


@pytest.mark.parametrize("gives", [None, True, "passed", Outcome.PASSED, ValueError("oh"), AssertionError()])
def test_anything_but_a_verdict_is_an_error(gives: object) -> None:
    assert judge(a_check(gives), WHOLE).outcome is Outcome.ERROR


def test_a_verdict_that_was_raised_counts() -> None:
    with pytest.raises(NotPassed) as raised:
        require(says(Outcome.FAILED))
    assert judge(a_check(raised.value), WHOLE).outcome is Outcome.FAILED


@settings(deadline=None)
@given(
    st.sampled_from(list(Outcome)),
    st.sets(st.sampled_from(list(Record))),
    st.dictionaries(st.sampled_from(list(Record)), st.just("lost")),
)
def test_a_missing_record_forbids_a_pass_and_changes_nothing_else(
    outcome: Outcome, needed: set[Record], missing: dict[Record, str]
) -> None:
    verdict = judge(a_check(says(outcome), *needed), replace(WHOLE, missing=missing))
    lacking = needed & ({READ_BACK, INVARIANTS} | set(missing))
    if outcome is Outcome.PASSED and lacking:
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert all(str(name) in verdict.observed for name in lacking)
    else:
        assert verdict == says(outcome)


@pytest.mark.parametrize(("record", "kind"), [(READ_BACK, "read-back"), (INVARIANTS, "invariant")])
def test_a_measurement_of_its_kind_is_the_record(record: Record, kind: str) -> None:
    found = Measurement(kind, "x", 1.0, 2.0, MeasurementOutcome.COULD_NOT_TRY)
    measured = replace(WHOLE, arms={TROUBLE: replace(WHOLE.trouble, measurements=(found,))})
    item = a_check(says(Outcome.PASSED), record)
    assert missing_records(item, measured) == []
    assert len(missing_records(item, WHOLE)) == 1


@pytest.mark.parametrize(("record", "lost"), [(EXCHANGES, {"exchanges": ()}), (TIMELINE, {"timeline": None})])
def test_what_is_not_there_is_missing_though_nobody_said_so(record: Record, lost: dict[str, object]) -> None:
    without = replace(WHOLE, arms={TROUBLE: replace(WHOLE.trouble, **lost)})  # type: ignore[arg-type]
    assert judge(a_check(says(Outcome.PASSED), record), without).outcome is Outcome.INCONCLUSIVE


class TestEvery:
    def judged(self, *outcomes: Outcome) -> Verdict:
        seen = [replace(WHOLE, scenario=f"s{n}", failure=says(o)) for n, o in enumerate(outcomes)]
        verdict, worst = judge_every(a_check(says(Outcome.PASSED)), seen)
        assert worst is not None
        assert worst.failure is not None
        assert worst.failure.outcome is verdict.outcome
        return verdict

    @settings(deadline=None)
    @given(st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=6))
    def test_the_worst_of_those_that_say_something_wins(self, outcomes: list[Outcome]) -> None:
        telling = [o for o in outcomes if o not in (Outcome.SKIPPED, Outcome.UNSUPPORTED)]
        verdict = self.judged(*outcomes)
        assert verdict.outcome is Outcome.worst(telling or outcomes)
        if any(outcome in RED for outcome in outcomes):
            assert verdict.outcome in RED

    def test_it_names_its_own(self) -> None:
        verdict = self.judged(Outcome.PASSED, Outcome.FAILED, Outcome.PASSED)
        assert verdict.observed == "s1 on orders: it failed"

    def test_no_observation_at_all_is_no_pass(self) -> None:
        verdict, worst = judge_every(a_check(says(Outcome.PASSED)), [])
        assert (verdict.outcome, worst) == (Outcome.UNSUPPORTED, None)


class TestRepeated:
    """A scenario that was carried out again because its evidence had been too weak."""

    def judged(self, *outcomes: Outcome) -> Verdict:
        seen = [replace(WHOLE, failure=says(outcome)) for outcome in outcomes]
        return judge_repeated(a_check(says(Outcome.PASSED)), seen)

    @given(st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=5))
    def test_a_red_of_any_stands_and_weak_evidence_never_passes(self, outcomes: list[Outcome]) -> None:
        outcome = self.judged(*outcomes).outcome
        if Outcome.FAILED in outcomes:
            assert outcome is Outcome.FAILED
        elif Outcome.ERROR in outcomes:
            assert outcome is Outcome.ERROR
        else:
            assert outcome is next((o for o in outcomes if o is not Outcome.INCONCLUSIVE), outcomes[-1])

    def test_a_pass_says_why_it_is_not_the_first(self) -> None:
        verdict = self.judged(Outcome.INCONCLUSIVE, Outcome.PASSED)
        assert verdict.passed
        assert verdict.reasons == ("carried out again, for one was inconclusive: it inconclusive",)

    def test_one_alone_is_told_as_it_is(self) -> None:
        assert self.judged(Outcome.INCONCLUSIVE) == says(Outcome.INCONCLUSIVE)

    def test_judges_of_every_scenario_take_both_for_one(self) -> None:
        seen = [replace(WHOLE, failure=says(Outcome.INCONCLUSIVE)), WHOLE]
        assert judge_every(a_check(says(Outcome.PASSED)), seen)[0].passed
        other = replace(seen[0], target="catalogue")
        assert judge_every(a_check(says(Outcome.PASSED)), [*seen, other])[0].outcome is Outcome.INCONCLUSIVE
