"""How many attempts reached a dependency for the requests that need it, as its proxy counted them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from seatrial.judge.known import Known, whose
from seatrial.judge.troubled import LONGER_HELP, MINIMUM_REQUESTS, Case, Spell
from seatrial.judge.wording import percent, plural
from seatrial.model.dependency import (
    CARRIED,
    COUNTED,
    DOWN,
    INTERPOSE,
    NONE,
    PHASES,
    PROXIED,
    SLOW,
    WRONG,
    WRONG_ANSWERS,
    Carried,
    Phase,
)
from seatrial.model.fault import FaultRecord
from seatrial.model.measurement import Measurement
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict


@dataclass(frozen=True)
class Usual:
    """What came to it before the trouble.

    Attributes:
        requests: of clients that need it, begun in that time.
        carried: what the proxy counted from before the first of them to after the last.
    """

    requests: int
    carried: Carried

    @property
    def by_requests(self) -> bool:
        """Whether attempts are HTTP requests; else they can be told by their connections only."""
        return self.carried.requests > 0

    @property
    def attempts(self) -> int:
        """What is an attempt of its own for sure."""
        return max(self.carried.requests, self.carried.accepted)

    @property
    def each(self) -> float:
        """Attempts for each request; 1 where there were fewer, for the first one is no retry."""
        return max(1.0, self.attempts / self.requests)

    @property
    def at_most(self) -> float:
        """The same if whatever was asked over a connection would be an attempt of its own in trouble."""
        asked = 0 if self.by_requests else self.carried.asked
        return max(self.each, asked / self.requests)


@dataclass(frozen=True)
class Part:
    """What came to it in one trouble, or while it gave one of the wrong answers.

    Attributes:
        key: for the numbers of a verdict.
        words: what it did, to stand behind its name.
        requests: that need it and were under way in that time: all that can have made the attempts.
        callers: the attempts by who made them, as far as is known.
    """

    key: str
    words: str
    attempts: int
    requests: int
    callers: Mapping[str, int]

    @property
    def each(self) -> float:
        return self.attempts / self.requests if self.requests else 0.0

    @property
    def blamed(self) -> str:
        """Who made most of them; empty where nobody is known."""
        most = sorted(self.callers.items(), key=lambda one: (-one[1], one[0]))[:3]
        return ", ".join(f"{percent(count / self.attempts)} of them by {name}" for name, count in most)


@dataclass(frozen=True)
class Counted:
    """Attempts before the trouble and in each of them; the first part of a trouble is the whole of it."""

    usual: Usual
    troubles: tuple[tuple[Spell, tuple[Part, ...]], ...]


def counted(observation: Observation, case: Case, expected: str) -> Counted | Verdict:
    """The attempts; ERROR where the proxy cannot have seen them, INCONCLUSIVE where nothing was recorded."""
    looks = observation.trouble.measured(PROXIED)
    before = [one for one in looks if one.answered and one.ended_at <= case.spells[0].begin]
    after = [one for one in looks if PHASES in one.value and one.began_at >= case.spells[-1].end]
    placed = [one for one in observation.faults if one.fault == INTERPOSE and CARRIED in one.details]
    if not (before and after and placed):
        why = "".join(f" ({one.reason})" for one in looks if one.reason)
        when = "after" if before and placed else "before"
        lacking = f"what had come to the proxy {when} the trouble was not counted{why}"
        return Verdict(Outcome.INCONCLUSIVE, lacking, expected, "Run it again.")
    usual = _usual(case, placed[0], before[-1])
    troubles = [phases for phases in Phase.all_of(after[-1].value) if phases[0].trouble != NONE]
    taken = [
        Carried.of(placed[0].details[CARRIED]), Carried.of(before[-1].value),
        *(Carried.of(spell.fault.details[COUNTED]) for spell in case.spells), Carried.of(after[-1].value),
    ]  # fmt: skip
    if doubt := _void(case, usual, troubles, taken):
        return Verdict(
            Outcome.ERROR, doubt, expected, "Run it again: the proxy's counts go when its pod goes."
        )
    if usual.requests < MINIMUM_REQUESTS:
        few = f"only {plural(usual.requests, 'request')} that need it were begun before the trouble"
        return Verdict(Outcome.INCONCLUSIVE, few, expected, LONGER_HELP)
    known = Known.of(observation)
    return Counted(
        usual,
        tuple(
            (spell, tuple(_parts(case, spell, phases, known)))
            for spell, phases in zip(case.spells, troubles, strict=True)
            if spell.kind != SLOW or usual.by_requests  # over open connections retries look like the rest
        ),
    )


def _usual(case: Case, placed: FaultRecord, before: Measurement) -> Usual:
    since = placed.injected_at if placed.verified_at is None else placed.verified_at
    begun = [one for one in case.sent if one.journey in case.needing]
    requests = sum(since <= one.planned_at < before.began_at for one in begun)
    return Usual(requests, Carried.of(before.value) - Carried.of(placed.details[CARRIED]))


def _void(case: Case, usual: Usual, troubles: Sequence[Sequence[Phase]], taken: Sequence[Carried]) -> str:
    """Why the counts are not those of the attempts; empty where they are."""
    if any(later.less_than(earlier) for earlier, later in pairwise(taken)):
        return "the proxy had counted more before: it was started anew"
    if not usual.carried.asked:
        return f"nobody asked {case.target} by way of the proxy before the trouble"
    seen = ", ".join(phases[0].trouble for phases in troubles)
    made = ", ".join(spell.kind for spell in case.spells)
    if seen != made:
        return f"the proxy counted in these troubles: {seen or 'none'}; it was told to make these: {made}"
    if not any(phase.attempts or phase.connections for phases in troubles for phase in phases):
        return f"the proxy counted no attempt at {case.target} in any trouble"
    return ""


def _parts(case: Case, spell: Spell, phases: Sequence[Phase], known: Known) -> Iterator[Part]:
    """The whole trouble; then each wrong answer while enough requests were under way."""
    for key, words, mine, spans in _divided(spell, phases):
        callers = Counter[str]()
        for address, attempts in (each for phase in mine for each in phase.callers.items()):
            pod = known.at(address, spell.begin)
            callers[address if pod is None else whose(pod)] += attempts
        part = Part(key, words, sum(phase.attempts for phase in mine), _under_way(case, spans), callers)
        if key == spell.kind or part.requests >= MINIMUM_REQUESTS:
            yield part


Span = tuple[float, float]


def _divided(spell: Spell, phases: Sequence[Phase]) -> Iterator[tuple[str, str, Sequence[Phase], list[Span]]]:
    """Key, words, phases of a part, and the longest that they can have been.

    The trouble began after it was asked for, and so long as it lasted before it was known to be over.
    """
    yield spell.kind, str(spell).removeprefix(f"{spell.name} "), phases, [(spell.begin, spell.end)]
    latest = spell.end - sum(phase.lasted_seconds for phase in phases)
    for turn in sorted({phase.turn for phase in phases}) if spell.kind == WRONG else ():
        mine = [phase for phase in phases if phase.turn == turn]
        begins = [(phase.after_seconds, phase.after_seconds + phase.lasted_seconds) for phase in mine]
        spans = [(spell.begin + begin, latest + end) for begin, end in begins]
        answer = WRONG_ANSWERS[turn]
        yield f"{spell.kind}_{answer.partition(' ')[0]}", f"answered {answer}", mine, spans


def _under_way(case: Case, spans: Sequence[Span]) -> int:
    """Requests that need it and can have asked it meanwhile."""
    return sum(
        any(
            one.planned_at < until and (one.completed_at is None or one.completed_at >= since)
            for since, until in spans
        )
        for one in case.sent
        if one.journey in case.needing
    )


def answered_all_the_same(case: Case, spell: Spell) -> int:
    """Requests that need it and were begun and answered while nothing could come from it."""
    since = spell.begin if spell.fault.verified_at is None else spell.fault.verified_at
    begun = [one for name in case.needing for one in spell.begun(name) if spell.kind == DOWN]
    return sum(one.ok and one.planned_at >= since for one in begun)
