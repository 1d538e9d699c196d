"""The autoscaler's oracle against the controller of Kubernetes itself, on random cases: `make differential`.

Needs Go and the modules of `hpa/go.mod`; building takes minutes the first time. SEATRIAL_HPA_CASES sets the
number of cases, SEATRIAL_HPA_SEED their seed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hpa_cases import Case, decided, random_case

PROGRAM = Path(__file__).parent / "hpa"
CASES = int(os.environ.get("SEATRIAL_HPA_CASES", "10000"))
SEED = int(os.environ.get("SEATRIAL_HPA_SEED", "1"))
BUILD_SECONDS = 1800
RUN_SECONDS = 600


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built; or the one that SEATRIAL_HPA_PROGRAM names."""
    if built := os.environ.get("SEATRIAL_HPA_PROGRAM"):
        return Path(built)
    if shutil.which("go") is None:
        pytest.skip("go is not installed")
    path = tmp_path_factory.mktemp("hpa") / "hpa"
    environment = {**os.environ, "CGO_ENABLED": "0"}
    command = ["go", "build", "-trimpath", "-o", str(path), "."]
    subprocess.run(command, cwd=PROGRAM, env=environment, check=True, timeout=BUILD_SECONDS)
    return path


def answers(controller: Path, cases: list[Case]) -> list[dict[str, object]]:
    text = "".join(json.dumps(case) + "\n" for case in cases)
    result = subprocess.run(
        [str(controller)], input=text, capture_output=True, text=True, check=False, timeout=RUN_SECONDS
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_oracle_agrees_with_the_controller(controller: Path) -> None:
    chance = random.Random(SEED)
    cases = [random_case(chance) for _ in range(CASES)]
    found = answers(controller, cases)
    assert len(found) == len(cases)
    outcomes: Counter[str] = Counter()
    wrong = []
    for case, answer in zip(cases, found, strict=True):
        decision = decided(case)
        told = (decision.replicas, decision.limited)
        expected = (answer["Replicas"], answer["Limited"])
        if not decision.rescales and decision.able:
            told, expected = (*told, decision.able), (*expected, answer["Able"])  # type: ignore[assignment]
        if told != expected:
            wrong.append((case, answer, decision.why))
        outcomes[
            "grew" if decision.replicas > case["Spec"] else "shrank" if decision.rescales else "kept"
        ] += 1
    print(f"{CASES} cases, seed {SEED}: {dict(outcomes)}, {len(wrong)} disagreements")  # noqa: T201
    assert not wrong, json.dumps(wrong[0], indent=1)
    assert min(outcomes.values()) > CASES / 20
