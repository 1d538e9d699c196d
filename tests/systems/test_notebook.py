"""A StatefulSet that keeps its data on a volume, without any Deployment, asked from inside the cluster."""

from __future__ import annotations

from stranger import Stranger

from seatrial.model.verdict import Mode, Outcome

SYSTEM = "notebook"
WELL, NO_TRACE = "orchestration.pods-are-well", "orchestration.leaves-no-trace"
HARDENED = "security.hardening-is-live"
LIMITS, REQUESTS = "container.limits-fit-load", "cost.requests-fit-usage"
SURVIVE, ONE_EFFECT = "data.acknowledged-writes-survive", "data.retries-have-one-effect"


def test_doctor_says_what_can_be_judged_and_what_not(stranger: Stranger) -> None:
    typed = stranger.types("seatrial", "doctor")
    assert typed.code == 0, typed.text
    assert f"{SURVIVE} can judge pages" in typed.text
    assert "orchestration.pod-replacement is unsupported: it needs a stateless workload" in typed.text
    assert "requests are sent by pod/seatrial-generator-" in typed.text
    assert "journey write-down was not sent: it may change something" in typed.text


def test_pytest_deploys_it_and_kills_it_and_finds_every_write(stranger: Stranger) -> None:
    """The whole suites: what does not apply to it is named, and is no pass."""
    typed = stranger.suites("--profile", "full")
    assert typed.code == 0, typed.text
    proven = stranger.proven()
    passed = {name for name, outcome in proven.items() if outcome is Outcome.PASSED}
    of_pages = (SURVIVE, ONE_EFFECT, WELL, HARDENED, LIMITS, REQUESTS)
    assert passed == {f"{NO_TRACE} [system]", *(f"{name} [pages]" for name in of_pages)}
    assert {*proven.values()} == {Outcome.PASSED, Outcome.UNSUPPORTED}
    declared = [each.verdict.outcome for each in stranger.latest().results if each.mode is Mode.DECLARED]
    assert declared.count(Outcome.PASSED) > 100
    assert declared.count(Outcome.SKIPPED) == 2, "the waivers of its system file"


def test_locust_writes_and_looks(stranger: Stranger) -> None:
    typed = stranger.load(30)  # of which its Job takes a few to start
    assert typed.code == 0, typed.text
    assert stranger.proven() == {"load.journeys [notebook]": Outcome.PASSED}


def test_an_experiment_that_does_not_apply_is_no_pass(stranger: Stranger) -> None:
    typed = stranger.experiment("delete-pod")
    assert typed.code == 1, typed.text
    assert stranger.proven() == {"experiment.delete-pod [system]": Outcome.UNSUPPORTED}
