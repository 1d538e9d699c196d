"""What Seatrial does not try, by name: each is unsupported, and nothing that passes says anything of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Untried:
    """Something that may break a system and that no check looks at.

    Attributes:
        name: as `seatrial explain` knows it.
        what: what would be tried.
        why: what forbids it, or is not there.
        instead: what comes nearest.
    """

    name: str
    what: str
    why: str
    instead: str


UNTRIED = (
    Untried(
        "clock-skew",
        "The clock of a node, or of one pod, is set ahead or back, and tokens are not yet or no more valid.",
        "the nodes of a kind cluster have the clock of the machine that they run on, so it would be yours "
        "that is moved; on any other cluster it is everybody's.",
        "Run one process under libfaketime in a test of your own, and look which claim (iat, nbf, exp) is "
        "refused. gateway.authentication-is-required shows that a token that has expired is refused.",
    ),
    Untried(
        "disk-pressure",
        "The disk of a node fills up, and the kubelet evicts pods, whatever budgets say.",
        "the nodes of a kind cluster share one disk, which is yours.",
        "An emptyDir with a sizeLimit has only its own pod evicted. To clients such an eviction is a crash: "
        "crash-pod and node-loss show whether they are served; orchestration.pods-are-well names pods that "
        "the kubelet has evicted.",
    ),
    Untried(
        "external-balancer",
        "A load balancer outside the cluster sends to pods that are not ready, or no more there.",
        "its targets and their health are no objects of the cluster.",
        "A readiness gate makes pods wait for it: orchestration.pods-are-well names one that nobody sets.",
    ),
    Untried(
        "isolated-primary",
        "The primary of a store is cut off from its replicas and goes on taking writes.",
        "it takes clients on both sides of the cut, and Seatrial's are on one side.",
        "Try it with the tests of the store's operator. data.acknowledged-writes-survive shows what a crash "
        "of the store loses, through the Service that clients use.",
    ),
    Untried(
        "job-runs",
        "A CronJob runs twice, or its runs pile up, though its concurrencyPolicy forbids that.",
        "no traffic leads to a run, and the number of Jobs says nothing of their effects.",
        "Let runs write their id, and name an invariant in the system file that counts effects by it: "
        "data.invariants-hold asks it around every disruption.",
    ),
    Untried(
        "dns-replicas",
        "One replica of the cluster's DNS keeps that a name is absent, or answers with a stale address.",
        "no pod of Seatrial's asks each replica; names show only in what clients get.",
        "discovery.name-outage-tolerated tells for how long requests failed by name once names were back; "
        "discovery.endpoints-follow-pods when new pods are found.",
    ),
)


def untried_named(name: str) -> Untried | None:
    """What is not tried and is called so; None where it is not in the list."""
    return next((one for one in UNTRIED if one.name == name), None)
