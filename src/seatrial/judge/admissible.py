"""Whether an observation may be judged at all, and the verdict of a check on it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from seatrial.judge.evidence import FAULT_HELP, fault_weakness, gaps_in, unwatched
from seatrial.judge.foreign import foreign
from seatrial.judge.who_answered import thin, void
from seatrial.judge.windows import windows
from seatrial.judge.wording import plural
from seatrial.model.check import Check, Every
from seatrial.model.failure import taken, verdict_of
from seatrial.model.measurement import INVARIANT
from seatrial.model.measurement import READ_BACK as READ_BACK_KIND
from seatrial.model.observation import EXCHANGES, INVARIANTS, READ_BACK, TIMELINE, Observation, Record
from seatrial.model.verdict import Outcome, Verdict, merge


def judge(check: Check, observation: Observation) -> Verdict:
    """The verdict of a check on one observation; a judge that raises is an ERROR, never a pass.

    One that could not be made is judged by its failure; one that somebody else disturbed, or whose traffic
    passed the victim by, is not judged. What is thin (a record that the check needs and that was not kept,
    nothing that shows who answered) forbids PASSED, never FAILED.
    """
    disturbed = None if check.tells_others else foreign(observation)
    if (verdict := disturbed or observation.failure) is not None:
        return verdict
    lacking = [*missing_records(check, observation), *_blind(check, observation)]
    try:
        return _taken(observation, check.judge, lacking)
    except Exception as error:
        return verdict_of(error)


def admitted(
    observation: Observation, judged: Callable[[Observation], object], lacking: Sequence[Verdict] = ()
) -> Verdict:
    """What a judge says of an observation that may be judged; raises what the judge raises.

    Args:
        lacking: further reasons why it cannot pass.
    """
    return foreign(observation) or _taken(observation, judged, lacking)


def _taken(
    observation: Observation, judged: Callable[[Observation], object], lacking: Sequence[Verdict]
) -> Verdict:
    if (verdict := _unverified(observation) or void(observation)) is not None:
        return verdict
    verdict = taken(judged(observation))
    if not verdict.passed:
        return verdict
    doubts = [*lacking, *filter(None, [_too_rarely(observation), thin(observation)])]
    return merge([verdict, *doubts])


def _unverified(observation: Observation) -> Verdict | None:
    """ERROR where the effect of a fault was not seen, whatever a judge would say of it."""
    faults = [fault for fault in observation.faults if not fault.impossible]
    if all(fault.verified for fault in faults):
        return None
    return Verdict(Outcome.ERROR, fault_weakness(faults), "faults whose effect was seen", FAULT_HELP)


def _too_rarely(observation: Observation) -> Verdict | None:
    """INCONCLUSIVE where fewer faults were made than the scenario wants; a load step makes none."""
    made, wanted = len(observation.faults), observation.repetitions
    if not 0 < made < wanted:
        return None
    text = f"too little evidence: {made} of {plural(wanted, 'repetition')}"
    return Verdict(Outcome.INCONCLUSIVE, text, "as many faults as the scenario makes", "Run it again.")


def _blind(check: Check, observation: Observation) -> list[Verdict]:
    """One INCONCLUSIVE that names the gaps in a watch which the check needs, while faults were at work."""
    if TIMELINE not in check.records or observation.timeline is None:
        return []
    gaps = gaps_in(observation.timeline, windows(observation))
    seen = Verdict(Outcome.INCONCLUSIVE, "not all of it was seen", "a cluster that is watched throughout")
    return [unwatched(seen, gaps)] if gaps else []


def missing_records(check: Check, observation: Observation) -> list[Verdict]:
    """One verdict that names the records which the check needs and the observation did not keep; or none."""
    known = {**_never_made(observation), **observation.missing}
    missing = {name: why for name, why in known.items() if name in check.records}
    if not missing:
        return []
    words = "; ".join(f"{name}: {why}" for name, why in sorted(missing.items()))
    return [
        Verdict(Outcome.INCONCLUSIVE, f"records were not kept: {words}", "every record that the check needs")
    ]


def _never_made(observation: Observation) -> dict[Record, str]:
    """The records of which nothing is there, whatever the harness said of them."""
    arm, kinds = observation.trouble, {item.kind for item in observation.trouble.measurements}
    there = {
        EXCHANGES: bool(arm.exchanges or arm.warm_up),
        TIMELINE: arm.timeline is not None,
        READ_BACK: READ_BACK_KIND in kinds,
        INVARIANTS: INVARIANT in kinds,
    }
    return {name: "there is none" for name, found in there.items() if not found}


def judge_repeated(check: Check, observations: Sequence[Observation]) -> Verdict:
    """The verdict over a scenario that was carried out again because its evidence had been too weak.

    A red that was shown once stands; with none, the first that could be judged counts and says why it is not
    the first of all; with none of these, the last.
    """
    verdicts = [judge(check, observation) for observation in observations]
    red = [each for each in verdicts if each.outcome in (Outcome.FAILED, Outcome.ERROR)]
    told = [each for each in verdicts if each.outcome is not Outcome.INCONCLUSIVE]
    verdict = max(red, key=lambda each: each.outcome.severity) if red else [*told, verdicts[-1]][0]
    weak = [each for each in verdicts if each.outcome is Outcome.INCONCLUSIVE and each is not verdict]
    if not weak:
        return verdict
    words = "; ".join(f"carried out again, for one was inconclusive: {each.observed}" for each in weak)
    return replace(verdict, reasons=(*verdict.reasons, words))


def judge_every(check: Check, observations: Sequence[Observation]) -> tuple[Verdict, Observation | None]:
    """The worst verdict over several observations, and the observation that it is about.

    Observations that were skipped or unsupported say nothing; with no other the answer is theirs. Those of
    one scenario on one target under one load count as one (`judge_repeated`).
    """
    judged = [(judge_repeated(check, each), each[-1]) for each in _alike(observations)]
    if not judged:
        return Verdict(Outcome.UNSUPPORTED, "no scenario was carried out", "at least one"), None
    telling = [pair for pair in judged if pair[0].outcome not in (Outcome.SKIPPED, Outcome.UNSUPPORTED)]
    worst = max(telling or judged, key=lambda pair: pair[0].outcome.severity)
    return merge(_named(telling or judged)), worst[1]


def judge_all(check: Check, observations: Sequence[Observation]) -> Verdict:
    """The verdict of a check over all observations that it judges; at least one."""
    if isinstance(check.scenario, Every) or len({each.load for each in observations}) > 1:
        return judge_every(check, observations)[0]
    return judge_repeated(check, observations)


def _alike(observations: Sequence[Observation]) -> Iterable[list[Observation]]:
    """Those of one scenario on one target under one load, together."""
    found: dict[tuple[str, str, str], list[Observation]] = {}
    for each in observations:
        found.setdefault((each.scenario, each.target, each.load), []).append(each)
    return found.values()


def _named(judged: Iterable[tuple[Verdict, Observation]]) -> list[Verdict]:
    """The verdicts, each naming the scenario, target and load that it is about."""
    return [
        replace(verdict, observed=f"{_about(observation)}: {verdict.observed}")
        for verdict, observation in judged
    ]


def _about(observation: Observation) -> str:
    load = f" at {observation.load}" if observation.load else ""
    return f"{observation.scenario} on {observation.target}{load}"
