"""The lint beside kubeconform on the random objects of test_server.py; needs kubeconform and Go, no cluster.

kubeconform reads types and required fields. What it refuses, the lint refuses, but for what the OpenAPI
document asks and the server does not: entries of `managedFields`, and fields with a value of their own where
none is written (`value` of a PriorityClass, `spec` of a Lease).
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
import shapes
from kubeconform import ask, find_kubeconform
from server_cases import Maker

from seatrial.declared.server.walk import server_of

CASES = int(os.environ.get("SEATRIAL_SERVER_CASES", "5000"))
SEED = int(os.environ.get("SEATRIAL_SERVER_SEED", "1"))
LEAST_SHARE = 0.99


def test_what_kubeconform_refuses_the_lint_refuses(tmp_path: Path) -> None:
    program = find_kubeconform()
    if program is None or shutil.which("go") is None:
        pytest.skip("kubeconform and go are needed")
    source = shapes.source_of(shapes.VERSIONS[-1]) / shapes.DOCUMENT
    server = server_of()
    maker = Maker(random.Random(SEED), server.kubernetes)
    cases = [maker.case() for _ in range(CASES)]
    answers = ask(program, [case.data for case in cases], source, tmp_path)
    both = [
        (case, taken, not server.misfits(case.data))
        for case, taken in zip(cases, answers, strict=True)
        if taken is not None
    ]
    refused = sum(not taken for _, taken, _ in both)
    differing = [case for case, taken, ours in both if ours and not taken]
    more = sum(taken and not ours for _, taken, ours in both)
    lines = [f"{len(both)} cases: kubeconform refuses {refused}, of them the lint takes {len(differing)};"]
    lines += [f"the lint refuses {more} more", *(f"  {case.data['kind']}: {case.done}" for case in differing)]
    print("\n".join(lines))  # noqa: T201
    assert refused > CASES / 20
    assert len(differing) <= (1 - LEAST_SHARE) * refused
