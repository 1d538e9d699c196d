"""`seatrial explain` knows every check, outcome, scenario and declared rule, and else the nearest name."""

import re

import pytest

from seatrial.commands.checks import checks_text
from seatrial.commands.checks_page import checks_markdown
from seatrial.commands.explain import explanation
from seatrial.declared.catalogue import every_rule
from seatrial.errors import BadInput
from seatrial.faults.registry import FAULTS
from seatrial.harness.general import general_steps
from seatrial.model.check import CHECKS
from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import SCENARIOS, Scenario
from seatrial.model.step import steps, stop, traffic, unrolled
from seatrial.model.untried import UNTRIED
from seatrial.model.verdict import Outcome


def words(name: str) -> str:
    return " ".join(explanation(name).split())


@pytest.mark.parametrize("name", [*CHECKS, *SCENARIOS, *Outcome, *(rule.id for rule in every_rule())])
def test_everything_is_explained_on_lines_that_fit(name):
    text = explanation(name)
    assert text.startswith(f"{name}: a")
    assert max(map(len, text.splitlines())) <= 140  # one long address may stand alone


@pytest.mark.parametrize("item", CHECKS.all().values(), ids=str)
def test_a_check_says_what_must_hold_what_it_needs_and_what_to_do(item):
    text = words(item.id)
    for part in (item.requirement, item.remediation, item.text, *(need.text for need in item.all_needs())):
        assert " ".join(part.split()) in text


@pytest.mark.parametrize("item", SCENARIOS.all().values(), ids=str)
def test_a_scenario_names_its_steps_and_who_judges_it(item):
    text = words(item.id)
    assert item.text in text
    for number, step in enumerate(general_steps(item), 1):
        assert f"{number} {step.kind}: " in text
    for check in CHECKS.all().values():
        assert (item in check.scenarios()) == (check.id in text.partition("judged by")[2])


@pytest.mark.parametrize("item", list(Outcome))
def test_an_outcome_says_whether_the_exit_code_is_red(item):
    assert ("makes it non-zero" in words(item)) == item.makes_red
    assert item.meaning in words(item)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("delete-pods", "delete-pod"), ("orchestration.pod-replacment", "orchestration.pod-replacement"),
     ("inconclusiv", "inconclusive")],
)  # fmt: skip
def test_an_unknown_name_is_told_the_nearest(name, nearest):
    with pytest.raises(BadInput) as raised:
        explanation(name)
    assert nearest in raised.value.next_step


def test_the_command_prints_it(types):
    code, out, _ = types("explain", "FAILED")
    assert (code, out) == (0, explanation("failed") + "\n")
    assert types("explain", "zzz")[0] == 2


class TestGeneralSteps:
    def test_what_the_system_file_says_is_left_open(self):
        first = general_steps(SCENARIOS.get("load-step"))[2]
        assert (first.kind, first.label) == ("traffic", "load")
        assert set(first.open) == {"journey", "per_second"}
        assert first.given == {"name": "load", "steady": False}

    def test_no_name_of_the_systems_that_they_are_made_for_remains(self):
        for scenario in SCENARIOS.all().values():
            for step in general_steps(scenario):
                assert "one" not in str(step).split()
                assert "one-own" not in str(step)

    def test_each_step_of_a_plan_that_is_carried_out_has_one(self):
        subject_steps = general_steps(SCENARIOS.get("delete-pod"))
        assert [step.kind for step in subject_steps] == ["traffic", "inject", "inject", "inject"]

    def test_steps_that_depend_on_a_value_are_refused(self):
        def plan(subject):
            more = [stop("subject")] if subject.role == "one" else []
            return steps(traffic(subject.journey), *more)

        odd = Scenario("odd", VOLUNTARY, (), plan, "Odd.")
        assert list(unrolled(steps(traffic("x"))))
        with pytest.raises(Exception, match="depend on a value"):
            general_steps(odd)


@pytest.mark.parametrize("one", UNTRIED, ids=lambda one: one.name)
def test_what_is_not_tried_is_unsupported_by_name(one):
    """Reports 9, 11, 28, 32, 36, 37 and 44: never silently left out."""
    text = words(one.name)
    assert text.startswith(f"{one.name}: a kind of trouble that is not tried (unsupported)")
    for part in (one.what, one.why, one.instead):
        assert " ".join(part.split()) in text
    assert one.name in checks_text(as_json=False)
    assert f"**`{one.name}`**" in checks_markdown()
    named = re.findall(r"\b[a-z]+\.[a-z]+(?:-[a-z]+)+\b", one.instead)
    assert {*named} <= {*CHECKS}


def test_a_clock_is_never_moved():
    """Report 36: a privileged kind node has the host's clock, so that the developer's own would be moved."""
    text = words("clock-skew")
    assert "the clock of the machine that they run on, so it would be yours that is moved" in text
    assert "libfaketime" in text
    assert not any("clock" in name or "skew" in name for name in FAULTS)
