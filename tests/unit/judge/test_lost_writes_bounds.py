"""The lost-writes judge on its lines, and the counter-examples that it shows."""

import dataclasses

from observations import crash_fault, dropped, exchange, failed, unknown

from seatrial.judge.consistency import lost_writes
from seatrial.judge.consistency.writes import tally
from seatrial.model.exchange import Exchange
from seatrial.model.measurement import ReadBack
from seatrial.model.verdict import Outcome

FAULTS = [crash_fault(100.0, 103.0)]


def write(number: int, at: float) -> Exchange:
    return exchange(at, key=f"k{number}", answer_id=f"id{number}", sequence=number, latency=0.25)


def back(*copies: int | None, at: float = 110.0) -> list[ReadBack]:
    return [ReadBack(f"id{number}", at, count) for number, count in enumerate(copies)]


def judged(attempts: list[Exchange], reads: list[ReadBack], **more: int):  # type: ignore[no-untyped-def]
    return lost_writes(attempts, reads, FAULTS, **{"minimum_acknowledged": 1, "minimum_in_flight": 0, **more})


def test_exactly_the_least_evidence_is_enough() -> None:
    writes = [write(0, 101.0), write(1, 101.0), write(2, 90.0)]
    assert (
        judged(writes, back(1, 1, 1), minimum_acknowledged=3, minimum_in_flight=2).outcome is Outcome.PASSED
    )
    few = judged(writes, back(1, 1, 1), minimum_acknowledged=4, minimum_in_flight=3)
    assert few.outcome is Outcome.INCONCLUSIVE
    assert few.observed.endswith(
        "too little evidence: 3 of 4 acknowledged writes, 2 of 3 writes at work in the crash"
    )


def test_a_write_is_at_work_from_its_sending_to_its_answer() -> None:
    def at_work(*attempts: Exchange) -> int:
        count = judged(list(attempts), []).numbers["writes_at_work_in_crash"]
        assert isinstance(count, int)
        return count

    assert at_work(write(0, 99.75)) == 1  # answered as the window begins
    assert at_work(write(0, 99.5)) == 0
    assert at_work(write(0, 103.0)) == 1
    assert at_work(write(0, 103.1)) == 0
    assert at_work(unknown(50.0, latency=None, key="u")) == 1
    assert at_work(dropped(101.0)) == 0
    assert at_work(dropped(100.5), write(0, 101.0), write(1, 102.0)) == 2


def test_all_figures_are_told() -> None:
    attempts = [
        *(write(number, 101.0) for number in range(4)),
        unknown(101.0, key="u1"),
        unknown(101.0, key="u2"),
        failed(101.0, key="f1"),
        failed(101.0, key="f2"),
    ]
    reads = [*back(1, 0, 2), ReadBack("u1", 110.0, 1), ReadBack("f2", 110.0, 1)]
    verdict = judged(attempts, reads)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "1 acknowledged write lost of 4; 1 unexpected, 1 duplicated, 1 of 2 unknown recovered; "
        "8 at work in the crash"
    )
    assert verdict.numbers == {
        "writes_acknowledged": 4,
        "writes_unknown": 2,
        "writes_refused": 1,
        "writes_lost": 1,
        "writes_recovered": 1,
        "writes_duplicated": 1,
        "writes_unexpected": 1,
        "writes_never_read": 1,
        "writes_at_work_in_crash": 8,
    }


def test_of_several_looks_the_last_that_answered_counts() -> None:
    one = [write(0, 101.0)]
    for reads, lost in (
        ([(110, 0), (111, 1)], 0),
        ([(111, 1), (110, 0)], 0),
        ([(110, 1), (110, 0)], 1),
        ([(110, 0), (111, None)], 1),
    ):
        found = tally(one, [ReadBack("id0", float(at), copies) for at, copies in reads])
        assert len(found.lost) == lost


def test_a_write_found_by_its_id_and_its_key_counts_the_most() -> None:
    found = tally([write(0, 101.0)], [ReadBack("id0", 110.0, 1), ReadBack("k0", 110.0, 2)])
    assert len(found.duplicated) == 1
    assert found.unexpected == []


def test_what_nobody_knows_is_claimed_by_unknown_writes_without_a_name_first() -> None:
    nameless = [unknown(101.0, key=f"u{n}") for n in range(2)]
    named = dataclasses.replace(unknown(101.0, key="n"), answer_id="other")
    strangers = [ReadBack(name, 110.0, 1) for name in ("c", "a", "b")]
    found = tally([named, *nameless], [*strangers, ReadBack("absent", 110.0, 0)])
    assert found.recovered == nameless
    assert found.vanished == [named]
    assert found.unexpected == ["c"]
    fewer = tally([named, *nameless], strangers[:1])
    assert (fewer.recovered, fewer.vanished, fewer.unexpected) == (nameless[:1], [named, nameless[1]], [])


def test_the_remediation_fits_the_worst_that_was_found() -> None:
    assert "Acknowledge only after" in judged([write(0, 101.0), write(1, 101.0)], back(0, 2)).next_step
    assert "Make the write idempotent" in judged([write(0, 101.0), write(1, 101.0)], back(1, 2)).next_step
    stranger = judged([write(0, 101.0)], [*back(1), ReadBack("x", 110.0, 1)])
    assert "look for a refusal after the commit" in stranger.next_step
    assert stranger.reasons == (
        "   +0.000 s  kill-pod on pod/orders-old accepted",
        "  +10.000 s  read x: present 1 time",
    )


def test_the_example_is_the_write_that_was_answered_first() -> None:
    verdict = judged([write(0, 102.0), write(1, 101.0), write(2, 101.0)], back(0, 0, 0))
    assert verdict.reasons == (
        "   +0.000 s  kill-pod on pod/orders-old accepted",
        "   +1.000 s  write k1 sent",
        "   +1.250 s  answered 200, id id1",
        "  +10.000 s  read id1: absent",
    )


def test_a_duplicate_without_an_answer_is_shown_as_it_was_seen() -> None:
    silent = dataclasses.replace(
        unknown(101.0, latency=None, sequence=7), key="", answer_id="x", sent_at=None
    )
    looks = [ReadBack("x", 110.0 + n, 2) for n in range(9)]
    verdict = judged([write(0, 101.0), silent], [*back(1), ReadBack("x", 109.0, None), *looks])
    assert verdict.reasons == (
        "   +0.000 s  kill-pod on pod/orders-old accepted",
        "   +1.000 s  write 7 sent",
        *(f"  +{10 + n}.000 s  read x: present 2 times" for n in range(4)),
    )
    refused = dataclasses.replace(unknown(101.0, key="u", latency=0.5), status=503, error="status 503")
    answered = judged([write(0, 101.0), refused], [*back(1), ReadBack("u", 110.0, 2)])
    assert "   +1.500 s  answered 503 status 503, id u" in answered.reasons


def test_times_count_from_the_first_crash() -> None:
    crashes = [crash_fault(120.0, 121.0, name="second"), *FAULTS]
    verdict = lost_writes([write(0, 130.0)], back(0, at=140.0), crashes)
    assert verdict.reasons[0] == "   +0.000 s  kill-pod on pod/orders-old accepted"
    assert verdict.reasons[-1] == "  +40.000 s  read id0: absent"


def test_a_write_at_work_in_one_of_several_crashes_counts() -> None:
    crashes = [*FAULTS, crash_fault(120.0, 121.0, identity="second")]
    verdict = lost_writes([write(0, 101.0), write(1, 120.5), write(2, 110.0)], back(1, 1, 1), crashes)
    assert verdict.numbers["writes_at_work_in_crash"] == 2


def test_of_two_lost_writes_the_one_answered_first_is_shown() -> None:
    slow = dataclasses.replace(write(0, 101.0), completed_at=106.0)
    assert "   +1.500 s  write k1 sent" in judged([slow, write(1, 101.5)], back(0, 0)).reasons


def test_a_refused_write_that_is_there_is_shown_by_the_name_it_was_found_by() -> None:
    """Nothing answered it, so that it has no id but the key that was sent with it."""
    verdict = judged([write(0, 101.0), failed(101.0, key="f1")], [*back(1), ReadBack("f1", 110.0, 1)])
    assert verdict.outcome is Outcome.FAILED
    assert any(line.endswith("read f1: present 1 time") for line in verdict.reasons), verdict.reasons


def test_only_reads_of_the_write_itself_are_shown_beside_it() -> None:
    lost = [exchange(at, key=f"k{number}", sequence=number) for number, at in ((1, 101.0), (2, 102.0))]
    verdict = judged(lost, [ReadBack("k2", 110.0, 0), ReadBack("k1", 111.0, 0)])
    assert [line.split("  ")[-1] for line in verdict.reasons if "read" in line] == ["read k1: absent"]
