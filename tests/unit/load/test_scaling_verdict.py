"""A load step that Locust has offered is judged by every check that judges the scenario `load-step`."""

from dataclasses import replace

from load_steps import BEFORE, DOWN, UP, observed

from seatrial.load.scaling_conclusion import SCENARIO, judge_step
from seatrial.model.check import CHECKS
from seatrial.model.timeline import AutoscalerSeen
from seatrial.model.verdict import Outcome, Verdict

WHOLE = observed([*BEFORE, *UP, *DOWN])


def test_each_of_these_checks_has_its_word():
    """Nobody wrote anything of requests and pods here, so what could not be seen is told by name."""
    asked = {check.id for check in CHECKS.all().values() if check.scenario == SCENARIO}
    assert {"scaling.follows-load", "scaling.obeys-the-algorithm", "scaling.does-not-oscillate"} < asked
    told = judge_step(replace(WHOLE, failure=None)).observed
    alone = {name: CHECKS.get(name).judge(WHOLE).outcome for name in asked}
    worst = max(alone.values(), key=lambda outcome: outcome.severity)
    named = {name for name in asked if f"{name}: " in told}
    assert named == {name for name in asked if alone[name] is worst}


def test_a_workload_that_does_not_grow_fails_by_the_name_of_the_check():
    """Planted: the autoscaler sees the load, and the workload keeps its two replicas."""
    stuck = [state for state in UP if isinstance(state, AutoscalerSeen)]
    verdict = judge_step(observed([*BEFORE, *stuck]))
    assert verdict.outcome is Outcome.FAILED
    assert "scaling.follows-load: 2 ready at the load step, 2 at most in 200.0 s of load" in verdict.observed
    assert verdict.numbers["replicas_most"] == 2


def test_a_replica_that_is_lost_and_comes_again_fails_by_the_name_of_the_check():
    """Planted: the replicas go up, down, and up again under one load step."""
    swinging = [*BEFORE, *UP, *DOWN, *(replace(state, at=state.at + 320) for state in UP)]
    verdict = judge_step(observed(swinging))
    assert verdict.outcome is Outcome.FAILED
    assert "scaling.does-not-oscillate: " in verdict.observed


def test_a_step_that_could_not_be_carried_out_is_judged_by_why():
    why = Verdict(Outcome.ERROR, "no cluster", "a load step")
    assert judge_step(replace(WHOLE, failure=why)) == why
