"""What a person may choose of a search for capacity."""

from argparse import ArgumentParser

import pytest

from seatrial.errors import BadInput
from seatrial.load.choices import add_options, counts_from, plan_from, role_of
from seatrial.model.capacity import SearchPlan
from seatrial.model.system import System


def options(*arguments: str):
    parser = ArgumentParser()
    parser.add_argument = without_variable(parser.add_argument)  # Locust's parser knows `env_var`
    add_options(parser)
    return parser.parse_args(arguments)


def without_variable(add):
    def added(*names: str, **more):
        more.pop("env_var")
        return add(*names, **more)

    return added


def system(**autoscaled: str | None) -> System:
    return System.model_validate(
        {
            "apiVersion": "seatrial/v1",
            "kind": "System",
            "metadata": {"name": "tiny"},
            "target": {"context": "none", "namespace": "none"},
            "entry": {"url": "http://127.0.0.1:1"},
            "workloads": {
                role: {"kind": "Deployment", "name": role, "autoscaled": by}
                for role, by in autoscaled.items()
            },
            "journeys": {"look": {"request": {"path": "/"}}},
        }
    )


def test_nothing_chosen_is_the_usual_plan():
    assert plan_from(options()) == SearchPlan()


def test_what_is_chosen_is_in_the_plan():
    plan = plan_from(options("--first", "5", "--trial-seconds", "30", "--trials", "60"))
    assert (plan.first, plan.seconds, plan.fewest, plan.most) == (5, 30, 60, 60)


@pytest.mark.parametrize("wrong", [("--first", "0"), ("--errors-bound", "2")])
def test_what_cannot_be_used_is_refused(wrong):
    with pytest.raises(BadInput, match=wrong[0].strip("-").replace("-", "_")):
        plan_from(options(*wrong))


def test_replicas_are_a_number_or_several_one_after_the_other():
    assert [counts_from(text) for text in ("", "0", "3", "1-3", "2-2")] == [[0], [0], [3], [1, 2, 3], [2]]


@pytest.mark.parametrize("wrong", ["-1", "0-3", "3-1", "many", "1-x", "1-21", "-"])
def test_replicas_that_cannot_be_held_are_refused(wrong):
    with pytest.raises(BadInput, match="--replicas"):
        counts_from(wrong)


def test_the_answer_is_about_the_workload_that_is_named_or_autoscaled_or_the_first():
    assert role_of(system(front=None, api="api"), "front") == "front"
    assert role_of(system(front=None, api="api"), "") == "api"
    assert role_of(system(front=None, api=None), "") == "front"
    with pytest.raises(BadInput, match="no workload 'shop'"):
        role_of(system(front=None), "shop")
