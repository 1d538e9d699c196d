"""Which failed requests are put down to a pod that ended."""

from observations import failed, pod, timeline

from seatrial.judge.cause import assigned
from seatrial.judge.pods import life

SEEN = timeline(
    pod(1.0, "orders-a", uid="a", ready=True),
    pod(100.0, "orders-a", uid="a", ready=True, deleting=True),
    pod(1.0, "orders-b", uid="b", ready=True),
)
ENDING = life(SEEN, "orders-a", "a")


def test_what_another_pod_answered_is_not_put_down_to_the_one_that_ended() -> None:
    by_b, by_a = failed(101.0, backend="orders-b"), failed(102.0, backend="orders-a")
    by_nobody = failed(103.0)
    ((ending, theirs),) = assigned([ENDING], [by_b, by_a, by_nobody], SEEN)
    assert (ending.pod, theirs) == ("orders-a", [by_a, by_nobody])
    assert assigned([ENDING], [by_b], SEEN) == []


def test_a_backend_that_is_no_pod_leaves_it_to_the_time() -> None:
    by_proxy = failed(101.0, backend="gateway")
    assert assigned([ENDING], [by_proxy], SEEN) == [(ENDING, [by_proxy])]
