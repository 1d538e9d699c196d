"""Acknowledged writes must survive a crash: everything that was added is there, once, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from seatrial.judge.disruption import of_the_subject
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.windows import windows
from seatrial.judge.wording import plural
from seatrial.model.exchange import DROPPED, Exchange, ExchangeOutcome
from seatrial.model.fault import FaultRecord
from seatrial.model.measurement import READ_BACK, ReadBack
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

MINIMUM_ACKNOWLEDGED = 200
MINIMUM_IN_FLIGHT = 5


@dataclass
class Tally:
    """Every attempted write in exactly one class, and what was found beyond them."""

    present: list[Exchange] = field(default_factory=list)
    lost: list[Exchange] = field(default_factory=list)
    recovered: list[Exchange] = field(default_factory=list)
    vanished: list[Exchange] = field(default_factory=list)
    never_read: list[Exchange] = field(default_factory=list)
    refused: list[Exchange] = field(default_factory=list)
    duplicated: list[Exchange] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)


def tally(attempts: Iterable[Exchange], reads: Iterable[ReadBack]) -> Tally:
    """Sort writes by what was read back.

    The last read that gave an answer counts for each identity, for a replica may lag before it. What is
    present and matches no attempt may still be the effect of an unknown write that never learned its id: as
    many are counted as recovered, and only what is left over is unexpected.
    """
    last: dict[str, ReadBack] = {}
    for read in reads:
        if read.copies is not None and (read.identity not in last or read.at >= last[read.identity].at):
            last[read.identity] = read
    result = Tally()
    used: set[str] = set()
    for attempt in attempts:
        if attempt.error == DROPPED:
            continue
        found = [last[name] for name in (attempt.answer_id, attempt.key) if name in last]
        used.update(read.identity for read in found)
        _place(result, attempt, max((read.copies or 0 for read in found), default=None))
    strangers = sorted(name for name, read in last.items() if name not in used and read.copies)
    nameless = [attempt for attempt in result.vanished if not attempt.answer_id]
    claimed = nameless[: len(strangers)]
    result.recovered += claimed
    named = [attempt for attempt in result.vanished if attempt.answer_id]
    result.vanished = named + nameless[len(strangers) :]
    result.unexpected += strangers[len(claimed) :]
    return result


def _place(result: Tally, attempt: Exchange, copies: int | None) -> None:
    if copies is not None and copies > 1:
        result.duplicated.append(attempt)
    if attempt.outcome is ExchangeOutcome.OK:
        classes = result.never_read if copies is None else result.present if copies else result.lost
        classes.append(attempt)
    elif attempt.outcome is ExchangeOutcome.UNKNOWN:
        (result.recovered if copies else result.vanished).append(attempt)
    elif copies:
        result.unexpected.append(attempt.answer_id or attempt.key)
    else:
        result.refused.append(attempt)


def acknowledged_writes(observation: Observation) -> Verdict:
    """`lost_writes` on what an observation recorded of its subject's journey, warm-up included."""
    arm = of_the_subject(observation).trouble
    reads = [ReadBack.of(measurement) for measurement in arm.measured(READ_BACK)]
    return lost_writes(arm.warm_up + arm.exchanges, reads, arm.faults)


def lost_writes(
    attempts: Sequence[Exchange],
    reads: Sequence[ReadBack],
    faults: Sequence[FaultRecord],
    *,
    minimum_acknowledged: int = MINIMUM_ACKNOWLEDGED,
    minimum_in_flight: int = MINIMUM_IN_FLIGHT,
) -> Verdict:
    """Whether every acknowledged write is there after the crash, once, and nothing else is.

    OK surely happened, FAILED surely did not, UNKNOWN may have happened once. Lost (acknowledged and absent),
    duplicated and unexpected (present, never attempted or refused) are FAILED with a counter-example. A write
    that was never read back, too few acknowledged writes, or too few of them at work when the fault struck is
    INCONCLUSIVE: a crash between two writes proves little.

    Args:
        attempts: the writes of the stream.
        reads: what was found after the fault had settled; several looks for one write are fine.
        faults: the crashes; each must be proven.
        minimum_in_flight: writes begun in the windows or not yet answered when one began.
    """
    allowed = "every acknowledged write readable afterwards, exactly once, and nothing that was never written"
    if doubt := fault_weakness(faults):
        return Verdict(Outcome.ERROR, doubt, allowed, FAULT_HELP)
    found = tally(attempts, reads)
    acknowledged = len(found.present) + len(found.lost) + len(found.never_read)
    in_flight = at_work(attempts, faults)
    numbers = {
        "writes_acknowledged": acknowledged,
        "writes_unknown": len(found.recovered) + len(found.vanished),
        "writes_refused": len(found.refused),
        "writes_lost": len(found.lost),
        "writes_recovered": len(found.recovered),
        "writes_duplicated": len(found.duplicated),
        "writes_unexpected": len(found.unexpected),
        "writes_never_read": len(found.never_read),
        "writes_at_work_in_crash": in_flight,
    }
    seen = (
        f"{plural(len(found.lost), 'acknowledged write')} lost of {acknowledged}; {len(found.unexpected)} "
        f"unexpected, {len(found.duplicated)} duplicated, {len(found.recovered)} of "
        f"{numbers['writes_unknown']} unknown recovered; {in_flight} at work in the crash"
    )
    if found.lost or found.duplicated or found.unexpected:
        example = counter_example(found, reads, faults)
        return Verdict(Outcome.FAILED, seen, allowed, _remedy(found), numbers, example)
    lacking = _lacking(numbers, minimum_acknowledged, minimum_in_flight)
    if lacking:
        text = f"{seen}; too little evidence: {', '.join(lacking)}"
        remediation = "Write faster, for longer, and read all back."
        return Verdict(Outcome.INCONCLUSIVE, text, allowed, remediation, numbers)
    return Verdict(Outcome.PASSED, seen, allowed, numbers=numbers)


def _lacking(numbers: Mapping[str, int], minimum_acknowledged: int, minimum_in_flight: int) -> list[str]:
    """What the evidence lacks, in words."""
    acknowledged, in_flight = numbers["writes_acknowledged"], numbers["writes_at_work_in_crash"]
    lacking = []
    if numbers["writes_never_read"]:
        lacking.append(f"{plural(numbers['writes_never_read'], 'acknowledged write')} never read back")
    if acknowledged < minimum_acknowledged:
        lacking.append(f"{acknowledged} of {plural(minimum_acknowledged, 'acknowledged write')}")
    if in_flight < minimum_in_flight:
        lacking.append(f"{in_flight} of {plural(minimum_in_flight, 'write')} at work in the crash")
    return lacking


def at_work(attempts: Iterable[Exchange], faults: Sequence[FaultRecord]) -> int:
    """Writes sent that a window touches: begun in it, or not yet answered when it began."""
    spans = windows(faults)
    count = 0
    for attempt in attempts:
        if attempt.sent_at is None:
            continue
        completed = math.inf if attempt.completed_at is None else attempt.completed_at
        count += any(attempt.sent_at <= span.end and completed >= span.begin for span in spans)
    return count


def _remedy(found: Tally) -> str:
    if found.lost:
        return "Acknowledge only after the transaction has committed to a disk that survives the crash."
    if found.duplicated:
        return "Make the write idempotent: one key, one effect, kept in the same transaction."
    return "Something was written that no client was told of: look for a refusal after the commit."


def counter_example(
    found: Tally, reads: Iterable[ReadBack], faults: Sequence[FaultRecord]
) -> tuple[str, ...]:
    """Three or four lines that show the first wrong write; times count from the first crash."""
    origin = min(fault.injected_at for fault in faults)
    first = min(faults, key=lambda fault: fault.injected_at)
    lines = [f"{_clock(0.0)}  {first.fault} on {first.target} accepted"]
    wrong = sorted(found.lost or found.duplicated, key=lambda a: (a.completed_at or a.planned_at, a.sequence))
    if not wrong:
        identity = found.unexpected[0]
    else:
        attempt = wrong[0]
        identity = attempt.answer_id or attempt.key
        sent = attempt.begun_at
        lines.append(f"{_clock(sent - origin)}  write {attempt.key or attempt.sequence} sent")
        if attempt.completed_at is not None:
            answer = f"{attempt.status or ''} {attempt.error}".strip() or attempt.outcome.value
            lines.append(f"{_clock(attempt.completed_at - origin)}  answered {answer}, id {identity}")
    for read in reads:
        names = {identity} if not wrong else {wrong[0].answer_id, wrong[0].key}
        if read.identity in names and read.copies is not None:
            what = "absent" if read.copies == 0 else f"present {plural(read.copies, 'time')}"
            lines.append(f"{_clock(read.at - origin)}  read {read.identity}: {what}")
    return tuple(sorted(lines[:6], key=lambda line: float(line.split()[0])))


def _clock(moment: float) -> str:
    return f"{moment:+9.3f} s"
