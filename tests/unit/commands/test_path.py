"""What is shipped is found by its name, and the published schema is that of the code."""

import json
from pathlib import Path

import pytest

from seatrial.commands.path import shipped
from seatrial.model.scenario import SCENARIOS
from seatrial.model.system import System

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("experiments/delete-pod.yaml", "experiments/delete-pod.yaml"),
        ("loadtests/journeys.py", "loadtests/journeys.py"),
        ("cluster/three-nodes.yaml", "fixtures/cluster/three-nodes.yaml"),
        ("docs/your-system.md", "docs/your-system.md"),
        ("system.schema.json", "src/seatrial/model/system.schema.json"),
        ("run.schema.json", "src/seatrial/report/run.schema.json"),
    ],
)
def test_a_name_gives_one_path(types, name, file):
    assert types("path", name) == (0, f"{ROOT / file}\n", "")


def test_every_scenario_has_its_experiment():
    assert {f"experiments/{name}.yaml" for name in SCENARIOS} == {
        name for name in shipped() if name.startswith("experiments/")
    }


def test_without_a_name_all_are_listed(types):
    code, out, _ = types("path")
    assert (code, out.split()) == (0, list(shipped()))


@pytest.mark.parametrize("name", ["experiments/nope.yaml", "experiments", "../pyproject.toml", "__init__.py"])
def test_another_name_lists_what_there_is(types, name):
    code, out, err = types("path", name)
    assert (code, out) == (2, "")
    assert name in err
    assert "loadtests/capacity.py, loadtests/journeys.py" in err


def test_the_published_schema_is_the_codes():
    """After a change of the model: `seatrial schema > src/seatrial/model/system.schema.json`."""
    published = shipped()["system.schema.json"].read_text(encoding="utf-8")
    assert json.loads(published) == System.model_json_schema(by_alias=True)
