"""What a control group tells of its container, read."""

from __future__ import annotations

import pytest

from seatrial.kube.cgroup import Counted, read_counted

CPU = """\
usage_usec 24310000
user_usec 20000000
system_usec 4310000
nr_periods 411
nr_throttled 12
throttled_usec 230000
"""
MEMORY = "anon 41943040\nfile 90177536\nkernel 3145728\n"
EVENTS = "low 0\nhigh 0\nmax 5\noom 1\noom_kill 1\noom_group_kill 0\n"


def test_the_counters_of_a_container() -> None:
    assert read_counted(CPU + MEMORY + EVENTS) == Counted(24310000, 411, 12, 41943040, 1)


def test_the_files_of_version_1_say_the_same() -> None:
    old = (
        "nr_periods 411\nnr_throttled 12\nthrottled_time 230000000\n24310000123\n"
        "cache 90177536\nrss 41000000\ntotal_cache 90177536\ntotal_rss 41943040\n"
        "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"
    )
    assert read_counted(old) == Counted(24310000, 411, 12, 41943040, 1)


def test_without_a_limit_nothing_is_portioned_out() -> None:
    unlimited = "".join(line for line in CPU.splitlines(keepends=True) if not line.startswith("nr_"))
    found = read_counted(unlimited + MEMORY + EVENTS)
    assert (found.periods, found.throttled) == (0, 0)


@pytest.mark.parametrize("text", ["", CPU, CPU + MEMORY, MEMORY + EVENTS, "cat: not found"])
def test_half_an_answer_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="nothing is said of"):
        read_counted(text)
