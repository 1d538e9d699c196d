"""Of many workers in the cluster one does badly: in the sum it can hardly be seen, and it is no pass."""

from __future__ import annotations

import pytest
from load_results import judged_in_cluster as judged
from load_results import there

from seatrial.model.verdict import Outcome


@pytest.mark.parametrize("others", [1, 3, 99])
@pytest.mark.parametrize(
    ("weak", "words"), [({"late": 300}, "15.0 %"), ({"dropped": 1}, "dropped 1 of 2001")]
)
def test_one_that_did_not_keep_its_rate_does_not_hide_among_many(
    others: int, weak: dict[str, int], words: str
) -> None:
    verdict = judged(there(0, **weak), *(there(place) for place in range(1, others + 1)))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "worker 0, pod/w-0 on node n0: the generator " in verdict.observed
    assert words in verdict.observed


def test_a_worker_that_was_lost_is_inconclusive_by_name_however_well_the_others_did() -> None:
    verdict = judged(there(0), workers=2, lost=("worker 1, pod/w-1 on node n1",))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "(lost: worker 1, pod/w-1 on node n1)" in verdict.observed
