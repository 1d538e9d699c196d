"""Who answered: whether the requests of an observation reached the workload that was disturbed.

First the header that the system file names, then the Service to which the entry is shown to lead. What shows
that somebody else answered makes an observation void; what shows nothing makes it thin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from seatrial.judge.known import Known, subjects
from seatrial.judge.store_reached import activity_of, failed_without_it
from seatrial.judge.wording import percent, plural
from seatrial.model.entry import Entry
from seatrial.model.exchange import Exchange
from seatrial.model.fault import Disruption
from seatrial.model.measurement import ENTRY_SERVICE
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change
from seatrial.model.verdict import Outcome, Verdict

MAJORITY = 0.5
"""With less of the answers than this coming from the subject, the traffic was mostly somebody else's."""


@dataclass(frozen=True)
class Answers:
    """The answers of the subject's journey, by who gave them.

    Attributes:
        given: how many answers came as they should.
        mine: those in which the subject took part.
        others: how many came from others, by name.
        unnamed: those that name nobody, or nobody who is known.
        strange: a name that is no pod and no workload, for the text; empty without.
    """

    given: int
    mine: int
    others: Mapping[str, int]
    unnamed: int
    strange: str = ""


def answers_of(observation: Observation) -> Answers:
    """Count who gave the answers of the subject's journey, from the moment on when traffic was steady."""
    wanted, known = subjects(observation), Known.of(observation)
    others: Counter[str] = Counter()
    given = mine = unnamed = 0
    strange = ""
    for exchange in _answered(observation):
        given += 1
        found = known.answered(exchange)
        if found & wanted:
            mine += 1
        elif found:
            others.update(found)
        else:
            unnamed += 1
            strange = strange or exchange.backend
    return Answers(given, mine, others, unnamed, strange)


def _answered(observation: Observation) -> Iterable[Exchange]:
    journey = observation.journey
    return (e for e in observation.exchanges if e.ok and journey in ("", e.journey))


def void(observation: Observation) -> Verdict | None:
    """ERROR when the victim is shown to have served none of the traffic: then nothing may be judged."""
    if not _asked(observation):
        return None
    return next((found for look in _VOID if (found := look(observation)) is not None), None)


def thin(observation: Observation) -> Verdict | None:
    """INCONCLUSIVE when nothing shows that the victim served the traffic: forbids a pass, never a failure."""
    if not _asked(observation):
        return None
    findings = [look(observation) for look in _SHOWN]
    if "" in findings:
        return None
    words = "; ".join(dict.fromkeys(word for word in findings if word))
    names = _names(subjects(observation))
    seen, expected = f"nothing shows who answered: {words}", f"answers that {names} served"
    if _keeps_data(observation):
        text = f"Name the store in {names} under `capabilities`, so that it can be asked what it did."
        return Verdict(Outcome.INCONCLUSIVE, seen, expected, text)
    return Verdict(
        Outcome.INCONCLUSIVE, seen, expected,
        "Name in the system file the response header that says which pod answered (`entry.served_by`), or "
        "the Service to which the cluster's objects show that the entry leads (`entry.service`).",
    )  # fmt: skip


def _asked(observation: Observation) -> bool:
    """Whether there was traffic at a subject that must have served it."""
    if observation.disruption is Disruption.NONE or not subjects(observation):
        return False
    return any(True for _ in _answered(observation))


def _others_answered(observation: Observation) -> Verdict | None:
    """All answers say that they come from other workloads."""
    answers = answers_of(observation)
    if answers.mine or answers.unnamed or not answers.others or not _service_gap(observation):
        return None
    if _keeps_data(observation) or _behind(observation, answers.others):
        return None  # others are meant to give the answers
    names = _names(subjects(observation))
    who = ", ".join(f"{name} {count}" for name, count in sorted(answers.others.items())[:3])
    return Verdict(
        Outcome.ERROR,
        f"{names} served none of the traffic: all {plural(answers.given, 'answer')} came from others ({who})",
        f"traffic that {names} serves",
        f"Give {names} a `journey` that it answers in the system file. If it works behind another workload, "
        "let the header of `served_by` name both, separated by a comma.",
    )  # fmt: skip


def _header_shows(observation: Observation) -> str | None:
    """Why the header does not show that the subject served; empty when it does."""
    answers, names = answers_of(observation), _names(subjects(observation))
    if not answers.mine:
        if _keeps_data(observation):
            return None  # stores answer services, not clients
        if answers.strange:
            return f"`{answers.strange}` in the answers is no pod and no workload of the namespace"
        return "the answers name others" if answers.others else "the answers name nobody"
    share = answers.mine / answers.given
    return "" if share >= MAJORITY else f"only {percent(share)} of the answers came from {names}"


def _service_shows(observation: Observation) -> str | None:
    """Why the Service behind the entry does not show it; empty when it does."""
    if _keeps_data(observation):
        return None if _service_gap(observation) else ""
    return _service_gap(observation)


def _service_gap(observation: Observation) -> str:
    """Why it is not known that the entry leads to pods of the subject only; empty when it is."""
    system, timeline = observation.system, observation.timeline
    entry = "" if system is None else system.entry.service_name
    if system is None or not entry:
        return "no Service is named behind the entry"
    if timeline is None:
        return f"the endpoints of Service {entry} were not watched"
    pods = {
        endpoint.pod
        for state in timeline.endpoint_states(entry)
        if state.change is not Change.DELETED
        for endpoint in state.endpoints
    }
    roles = {state.name: state.workload for states in timeline.pods.values() for state in states}
    if not pods:
        return f"Service {entry} had no endpoints"
    if not all(roles.get(pod) in subjects(observation) for pod in pods):
        return f"Service {entry} selects not only pods of {_names(subjects(observation))}"
    # Without an address requests are sent to the Service itself.
    return _claim_gap(observation, system.entry) if system.entry.claims_service else ""


def _claim_gap(observation: Observation, entry: Entry) -> str:
    """Why it was not shown that the address leads to the Service that the file names; empty when it was."""
    looks = observation.trouble.measured(ENTRY_SERVICE)
    if not looks:
        return f"whether {entry.address} leads to Service {entry.service_name} was not recorded"
    return next((look.reason for look in looks if not look.answered), "")


def _store_did_nothing(observation: Observation) -> Verdict | None:
    """The store did no more with the traffic than without."""
    if not _keeps_data(observation):
        return None
    names, activity = _names(subjects(observation)), activity_of(observation)
    if isinstance(activity, str) or activity.reached:
        return None
    return Verdict(
        Outcome.ERROR, f"{names} served none of the traffic: {activity}", f"traffic that {names} serves",
        f"Give {names} a `journey` whose requests it stores, or name the workload that stores them.",
    )  # fmt: skip


def _store_shows(observation: Observation) -> str | None:
    """Why what the store did does not show it; None when the subject is no store."""
    if not _keeps_data(observation):
        return None
    activity = activity_of(observation)
    if isinstance(activity, str):
        return "" if failed_without_it(observation) else activity
    return "" if activity.reached else str(activity)


def _behind(observation: Observation, others: Iterable[str]) -> bool:
    """Whether the system file says that the journey passes the subject and these others (`through`)."""
    system = observation.system
    spec = None if system is None else system.journeys.get(observation.journey)
    passed = set() if spec is None else {*spec.through}
    return bool(subjects(observation) & passed) and {*others} <= passed


def _keeps_data(observation: Observation) -> bool:
    system = observation.system
    return system is not None and any(
        role in system.workloads and system.workloads[role].stateful for role in subjects(observation)
    )


def _names(roles: Iterable[str]) -> str:
    return ", ".join(sorted(roles))


_VOID: tuple[Callable[[Observation], Verdict | None], ...] = (_others_answered, _store_did_nothing)
_SHOWN: tuple[Callable[[Observation], str | None], ...] = (_header_shows, _service_shows, _store_shows)
"""Further evidence, such as logs of pods, is one more function here: empty when it shows the subject."""
