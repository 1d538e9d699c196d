"""Whether containers are, from inside, as hardened as their manifest declares. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seatrial.judge.wording import plural
from seatrial.model.hardening import HARDENING, Declared, Inside
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = (
    "from inside, every container has the user, capabilities, root file system, filter and token that its "
    "manifest declares"
)
ALL = "ALL"
NEXT = (
    "What the manifest declares is not in force. Look at the pod as it runs (`kubectl get pod -o yaml`): "
    "`privileged` overrides dropped capabilities and filters, a volume may carry a token, a binary with the "
    "setuid bit changes the user, and a node without seccomp filters nothing."
)


def hardening(observation: Observation) -> Verdict:
    """Whether all that is declared was seen; what could not be looked at forbids a pass."""
    looks = observation.trouble.measured(HARDENING)
    seen = [look for look in looks if look.answered]
    unseen = [look for look in looks if not look.answered]
    compared = [look for look in seen if Declared.of(look.value["declared"]).something]
    numbers = {
        "containers_looked_at": len(seen),
        "containers_compared": len(compared),
        "containers_not_looked_at": len(unseen),
    }
    reasons = tuple(dict.fromkeys(words for look in seen for words in _told(look)))
    if faults := [f"{look.name}: {words}" for look in compared for words in _faults(look)]:
        return Verdict(Outcome.FAILED, "; ".join(faults), EXPECTED, NEXT, numbers, reasons)
    words = f"{plural(len(compared), 'container')} of {observation.target} as declared"
    if unseen:
        lasting = all(look.outcome is MeasurementOutcome.REFUSED for look in unseen)
        outcome = Outcome.UNSUPPORTED if lasting else Outcome.INCONCLUSIVE
        why = "; ".join(dict.fromkeys(look.reason for look in unseen))
        help_ = "It needs the right to exec, and `cat` in the image." if lasting else "Run it again."
        return Verdict(outcome, f"{words}; not looked at: {why}", EXPECTED, help_, numbers, reasons)
    if not seen:
        text = f"no container of {observation.target} could be looked at: none of its pods is Ready"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "See why its pods are not Ready.", numbers)
    if not compared:
        text = f"the manifest of {observation.target} declares nothing of its containers' hardening"
        help_ = "Declare it: `seatrial lint` names each setting that lacks."
        return Verdict(Outcome.UNSUPPORTED, text, EXPECTED, help_, numbers, reasons)
    return Verdict(Outcome.PASSED, f"{words}: {_in_short(compared)}", EXPECTED, "", numbers, reasons)


def _faults(look: Measurement) -> Iterator[str]:
    declared, seen = Declared.of(look.value["declared"]), Inside.of(look.value["seen"])
    users = sorted(set(seen.users))
    if declared.user is not None and users != [declared.user]:
        yield f"runAsUser is {declared.user}, and its process runs as {_users(users)}"
    elif declared.non_root and 0 in users:
        yield f"runAsNonRoot is true, and its process runs as {_users(users)}"
    if kept := _kept(declared, seen):
        yield f"capabilities {', '.join(declared.dropped)} are dropped, and it has {_listed(kept)}"
    if declared.no_new_privileges and not seen.no_new_privileges:
        yield "allowPrivilegeEscalation is false, and its children can gain rights (NoNewPrivs 0)"
    if declared.seccomp and not seen.seccomp:
        yield "a seccomp profile is declared, and no filter looks at its system calls (Seccomp is not 2)"
    if declared.read_only and not seen.read_only:
        yield "readOnlyRootFilesystem is true, and / is mounted for writing"
    if declared.no_token and seen.token_at:
        yield (
            f"automountServiceAccountToken is false, and a token of its account is mounted at {seen.token_at}"
        )


def _kept(declared: Declared, seen: Inside) -> list[str]:
    """Capabilities that are declared to be dropped, not added again, and are there."""
    dropped = set(seen.capabilities) if ALL in declared.dropped else set(declared.dropped)
    given = set(seen.capabilities) if ALL in declared.added else set(declared.added)
    return [name for name in seen.capabilities if name in dropped - given]


def _listed(names: Sequence[str], at_most: int = 4) -> str:
    shown = ", ".join(names[:at_most])
    return shown if len(names) <= at_most else f"{shown} and {len(names) - at_most} more"


def _users(users: Sequence[int]) -> str:
    return f"uid {' and '.join(map(str, users))}"


def _told(look: Measurement) -> Iterator[str]:
    """What is no difference and yet worth a line."""
    declared, seen = Declared.of(look.value["declared"]), Inside.of(look.value["seen"])
    container = look.name.rpartition("/")[2]
    if not declared.in_manifest:
        yield f"container {container} is not in the manifest but was added to the pods"
    if 0 in seen.users and declared.user != 0:
        yield f"container {container} runs as root, and its manifest does not say that it must not"


def _in_short(looks: Sequence[Measurement]) -> str:
    """The states that were seen, each once."""
    return "; ".join(dict.fromkeys(_state(Inside.of(look.value["seen"])) for look in looks))


def _state(seen: Inside) -> str:
    parts = [
        _users(sorted(set(seen.users))),
        f"{len(seen.capabilities)} capabilities",
        f"/ {'read-only' if seen.read_only else 'writable'}",
        f"{'a' if seen.seccomp else 'no'} seccomp filter",
        f"{'a' if seen.token_at else 'no'} token",
    ]
    return ", ".join(parts)
