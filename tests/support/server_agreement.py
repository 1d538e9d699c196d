"""Whether the lint says of random objects what a real API server says of them."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any, NamedTuple

from server_cases import Case, Maker
from server_oracle import Answer, Oracle

from seatrial.declared.server.misfit import Misfit
from seatrial.declared.server.walk import server_of

_BY_OTHERS = (403, 404, 409, 429)
"""Answers about the cluster (admission, a namespace that is not there), not about the object."""
_OF_THIS_CLUSTER = ("this cluster", "not in the valid range", "range of valid")
"""What the server says where the way it was started decides: address families, ranges of ports."""


class Disagreement(NamedTuple):
    """A case on which the two differ."""

    case: Case
    answer: Answer
    misfits: list[Misfit]

    def __str__(self) -> str:
        ours = "; ".join(f"{'.'.join(map(str, misfit.path))}: {misfit.seen}" for misfit in self.misfits[:2])
        head = f"{self.case.data.get('kind')}: {self.case.done}"
        said = f"  server {self.answer.status} {self.answer.message}"
        return f"{head}\n{said}\n  lint {ours or 'takes it'}"


class Agreement(NamedTuple):
    """How many cases were compared, of which kinds, with which answers, and where the two differ.

    Attributes:
        asked: each object, and whether the server takes it.
    """

    compared: int
    kinds: set[str]
    answers: Counter[str]
    differing: list[Disagreement]
    asked: list[tuple[dict[str, Any], bool]]

    @property
    def share(self) -> float:
        return 1 - len(self.differing) / self.compared

    def __str__(self) -> str:
        answers = ", ".join(f"{number} {answer}" for answer, number in self.answers.most_common())
        lines = [f"{self.compared} cases of {len(self.kinds)} kinds ({answers}): {self.share:.2%} agree"]
        return "\n".join([*lines, *map(str, self.differing)])


def _is_unasked(answer: Answer, misfits: list[Misfit]) -> bool:
    """Whether only a real creation would tell: a dry run allocates no ports of nodes."""
    return answer.takes and bool(misfits) and all(misfit.path[-1:] == ("nodePort",) for misfit in misfits)


def compare(oracle: Oracle, number: int, seed: int) -> Agreement:
    """Makes cases, asks both, and counts."""
    server = server_of()
    maker = Maker(random.Random(seed), server.kubernetes)
    cases = [maker.case() for _ in range(number)]
    agreement = Agreement(0, set(), Counter(), [], [])
    compared = 0
    for case, answer in zip(cases, oracle.ask_all(case.data for case in cases), strict=True):
        misfits = server.misfits(case.data)
        elsewhere = any(part in answer.message for part in _OF_THIS_CLUSTER) or _is_unasked(answer, misfits)
        if answer.status == 0 or elsewhere or (answer.status in _BY_OTHERS and not misfits):
            agreement.answers["not about the object"] += 1
            continue
        compared += 1
        agreement.asked.append((case.data, answer.takes))
        agreement.kinds.add(str(case.data["kind"]))
        agreement.answers["taken" if answer.takes else "refused"] += 1
        if answer.takes == bool(misfits):
            agreement.differing.append(Disagreement(case, answer, misfits))
    return agreement._replace(compared=compared)
