"""Whether the trace of a request is named by each workload that it passes. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.judge.wording import plural
from seatrial.model.observation import Observation
from seatrial.model.system import System
from seatrial.model.traced import TAKES, TRACES, HopSeen, Traced, hops_of
from seatrial.model.verdict import Outcome, Verdict

LEAST_ANSWERED = 3
"""Of each journey; one or two may all have met the same pod."""
EXPECTED = "each trace that a client begins is named in the log of every workload on its way"
PASS_ON = "Pass `traceparent` on with each call, and log its trace id with each request that is sampled."
KEEP = (
    "Keep `traceparent` with the message (its headers, and the outbox row if there is one); whoever takes it "
    "goes on with that trace and logs its id."
)
ANEW = "Go on with the trace that comes with a request or a message instead of beginning one."
SOME = "Log each sampled request, also where logs are thinned out; see whether all replicas run one version."


def trace_context_survives(observation: Observation) -> Verdict:
    """Whether the traces that were sent are named along the way of each journey, behind queues, too.

    Where no log names any trace nothing can be seen of them. Some of a workload's traces only, too few
    answers, or logs that could not be followed, forbid a pass.
    """
    system, looks = observation.system, observation.trouble.measured(TRACES)
    assert system is not None
    traced = {look.name: Traced.of(look) for look in looks if look.answered}
    if not traced:
        return Verdict(Outcome.INCONCLUSIVE, "no traced request was sent", EXPECTED)
    hops = [(name, role, hop) for name, one in traced.items() for role, hop in one.hops.items()]
    notes = sorted({note for one in traced.values() for note in one.notes})
    numbers = {
        "traces_sent": sum(one.sent for one in traced.values()),
        "traces_answered": sum(one.answered for one in traced.values()),
        "hops": len(hops),
        "hops_without": sum(not hop.found for _, _, hop in hops),
    }
    if not any(hop.found or hop.traced for _, _, hop in hops):
        text = f"no line of {plural(sum(hop.lines for _, _, hop in hops), 'line')} names a trace"
        help_ = "Write logs to standard output, with the trace id of its request in each line."
        return Verdict(Outcome.UNSUPPORTED, text, EXPECTED, help_, numbers, tuple(notes))
    few = [name for name, one in traced.items() if one.answered < LEAST_ANSWERED]
    judged = [(name, role, hop) for name, role, hop in hops if name not in few]
    broken = [each for each in judged if not each[2].found]
    partly = [
        (name, role, hop) for name, role, hop in judged if 0 < hop.found < traced[name].answered
    ]  # fmt: skip
    reasons = [_line(system, traced, *each) for each in (*broken, *partly)]
    if broken and not notes:
        name, role, hop = broken[0]
        seen = f"{_names(broken)}: {_line(system, traced, name, role, hop)}"
        return Verdict(Outcome.FAILED, seen, EXPECTED, _help(system, broken), numbers, tuple(reasons))
    doubts = [_line(system, traced, *each) for each in (*broken, *partly)]
    doubts += [f"too few requests of {name} were answered ({traced[name].answered})" for name in few]
    doubts += notes if broken else []
    way = (
        f"{numbers['traces_answered']} traces of {plural(len(traced), 'journey')}, {plural(len(hops), 'hop')}"
    )
    if doubts:
        text = f"{way}; {'; '.join(doubts)}"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, SOME, numbers, tuple(reasons))
    return Verdict(Outcome.PASSED, f"{way}: each named each", EXPECTED, "", numbers)


def _names(broken: list[tuple[str, str, HopSeen]]) -> str:
    roles = list(dict.fromkeys(role for _, role, _ in broken))
    return f"the trace is lost at {', '.join(roles)}"


def _line(system: System, traced: Mapping[str, Traced], journey: str, role: str, hop: HopSeen) -> str:
    """One hop in words, e.g. `till takes its messages: none of 6 traces of buy in 12 lines`."""
    number = traced[journey].answered
    count = "none" if not hop.found else str(hop.found)
    other = f", and {hop.traced} name others" if hop.traced and not hop.found else ""
    does = hops_of(system, journey)[role]
    return f"{role} {does}: {count} of {number} traces of {journey} in {plural(hop.lines, 'line')}{other}"


def _help(system: System, broken: list[tuple[str, str, HopSeen]]) -> str:
    journey, role, hop = broken[0]
    if hop.traced:
        return ANEW
    return KEEP if hops_of(system, journey)[role] == TAKES else PASS_ON
