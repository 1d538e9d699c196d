"""Schedules from a recorded trace, and schedules that ask for too much."""

import pytest

from seatrial.errors import BadInput
from seatrial.traffic.schedule import parse
from seatrial.traffic.trace import require_room, with_trace


def replayed(tmp_path, text: str) -> list[float]:
    path = tmp_path / "trace.csv"
    path.write_text(text)
    return list(parse(with_trace(f"replay:@{path}")).planned())


def test_a_trace_begins_with_its_first_time(tmp_path):
    text = "time,path\n# night\n1700000000.5,/a\n1700000000.5,/b\n\n1700000002,/c\n"
    assert replayed(tmp_path, text) == [0.0, 0.0, 1.5]


def test_other_schedules_stay_as_they_are():
    assert with_trace("constant:60") == "constant:60"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("1\n3\n2\n", "runs backwards: 2 after 3"),
        ("", "holds no time"),
        ("time\n# nothing\n", "holds no time"),
        ("1\ntwo\n", "`two` is no time"),
        ("1\nnan\n", "nan"),
    ],
)
def test_a_trace_that_cannot_be_replayed_is_refused(tmp_path, text, named):
    with pytest.raises(BadInput, match=named):
        replayed(tmp_path, text)


def test_a_trace_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        with_trace(f"replay:@{tmp_path / 'none.csv'}")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="cannot be read"):
        with_trace(f"replay:@{tmp_path / 'binary'}")


def test_a_spike_is_calm_before_and_after():
    times = list(parse("spike:1:10:30").planned())
    assert [sum(at // 10 == third for at in times) for third in range(3)] == [10, 100, 10]
    with pytest.raises(BadInput):
        parse("spike:1:10")


def test_more_open_requests_than_a_generator_may_have_are_refused():
    require_room(parse("constant:2000"), 0.3)
    with pytest.raises(BadInput, match=r"more than 2000 arrivals are planned within 0\.3 s"):
        require_room(parse("ramp:10:20000:60"), 0.3)
    require_room(parse("constant:10000"), 0.3, workers=2)
    with pytest.raises(BadInput):
        require_room(parse("bursts:2001:1"), 0.3)
