"""Jobs and cron jobs."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.registry import Wrong, on
from seatrial.declared.values import brief, dig, mapping, maps, sequence, text, whole


@on("batch.v1.JobSpec")
def restart(spec: dict[str, Any]) -> Wrong:
    """A Job's pods end: they restart on failure, or never."""
    policy = dig(spec, "template", "spec", "restartPolicy")
    if policy in (None, "", "Always"):
        yield ("template", "spec", "restartPolicy"), "a Job needs OnFailure or Never (Always unless written)"
    elif policy != "Never" and spec.get("podFailurePolicy") is not None:
        yield ("template", "spec", "restartPolicy"), "a Job with `podFailurePolicy` needs Never"
    if spec.get("podFailurePolicy") is not None and spec.get("podReplacementPolicy") == "TerminatingOrFailed":
        yield ("podReplacementPolicy",), "a Job with `podFailurePolicy` needs Failed"


@on("batch.v1.JobSpec")
def indexed(spec: dict[str, Any]) -> Wrong:
    """What only a Job with indexes may have, and what it must have."""
    completions, parallelism = whole(spec.get("completions")), whole(spec.get("parallelism")) or 0
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        yield ("maxFailedIndexes",), "needs `backoffLimitPerIndex`"
    if spec.get("completionMode") != "Indexed":
        for field in ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"):
            if spec.get(field) is not None:
                yield (field,), "needs `completionMode: Indexed`"
        return
    if completions is None and spec.get("parallelism") is not None:
        yield ("completions",), "`completionMode: Indexed` needs it"
    if parallelism > 100_000:
        yield ("parallelism",), f"{parallelism} is more than 100000"
    failed = whole(spec.get("maxFailedIndexes"))
    if failed is not None and completions is not None and failed > completions:
        yield ("maxFailedIndexes",), f"{failed} is more than the {completions} completions"


@on("batch.v1.JobSpec")
def selected(spec: dict[str, Any]) -> Wrong:
    """The server writes the selector of a Job itself, unless it is told not to."""
    if spec.get("selector") is None and spec.get("manualSelector") is True:
        yield ("selector",), "`manualSelector` needs it"
    if spec.get("selector") and spec.get("manualSelector") is not True:
        yield ("selector",), "the server writes it; leave it out, or set `manualSelector`"


@on("batch.v1.JobSpec")
def failure_rules(spec: dict[str, Any]) -> Wrong:
    """The rules of a failure policy."""
    pod = mapping(dig(spec, "template", "spec"))
    names = {
        item.get("name") for field in ("containers", "initContainers") for _, item in maps(pod.get(field))
    }
    for index, rule in maps(dig(spec, "podFailurePolicy", "rules")):
        path = ("podFailurePolicy", "rules", index)
        if rule.get("action") == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
            yield (*path, "action"), "FailIndex needs `backoffLimitPerIndex`"
        codes, conditions = rule.get("onExitCodes"), sequence(rule.get("onPodConditions"))
        if (codes is None) == (not conditions):
            yield path, "it needs `onExitCodes` or `onPodConditions`, and only one of them"
        if codes is not None:
            name = mapping(codes).get("containerName")
            if name is not None and name not in names:
                yield (*path, "onExitCodes", "containerName"), f"{brief(name)} is no container of the pod"


@on("batch.v1.PodFailurePolicyOnExitCodesRequirement")
def exit_codes(value: dict[str, Any]) -> Wrong:
    """Exit codes in order, each once; 0 is no failure."""
    codes = [code or 0 for code in sequence(value.get("values"))]  # null is 0
    if codes != sorted(set(codes)):
        yield ("values",), "they must be in order, each once"
    if value.get("operator") == "In" and 0 in codes:
        yield ("values",), "0 is no failure: `In` does not take it"


@on("batch.v1.JobSpec")
def success_rules(spec: dict[str, Any]) -> Wrong:
    """The rules of a success policy."""
    if spec.get("successPolicy") is None or spec.get("completionMode") != "Indexed":
        return
    completions = whole(spec.get("completions")) or 0
    for index, rule in maps(dig(spec, "successPolicy", "rules")):
        path = ("successPolicy", "rules", index)
        if rule.get("succeededCount") is None and rule.get("succeededIndexes") is None:
            yield path, "it needs `succeededCount` or `succeededIndexes`"
        indexes = text(rule.get("succeededIndexes"))
        if indexes and not _in_order(indexes, completions):
            seen = f"{brief(indexes)} is no list of indexes in order below {completions}"
            yield (*path, "succeededIndexes"), seen
        most = completions if rule.get("succeededIndexes") is None else _number_of(indexes)
        if (count := whole(rule.get("succeededCount"))) is not None and count > min(most, completions):
            yield (*path, "succeededCount"), f"{count} is more than the {min(most, completions)} that count"


def _number_of(indexes: str) -> int:
    """How many indexes a list such as `0-2,5` names."""
    spans = [[int(end) for end in span.split("-") if end.isdecimal()] for span in indexes.split(",")]
    return sum(span[-1] - span[0] + 1 for span in spans if span)


def _in_order(indexes: str, completions: int) -> bool:
    """Whether it is such as `0-2,5`: rising numbers below the completions."""
    last = -1
    for span in indexes.split(","):
        ends = span.split("-")
        if len(ends) > 2 or not all(end.isascii() and end.isdecimal() for end in ends):
            return False
        for number in map(int, ends):
            if not last < number < completions:
                return False
            last = number
    return True


@on("batch.v1.Job")
def index_in_name(job: dict[str, Any]) -> Wrong:
    """The name of an indexed Job and the last index are one label of its pods."""
    spec, name = mapping(job.get("spec")), text(mapping(job.get("metadata")).get("name"))
    completions = whole(spec.get("completions")) or 0
    if len(name) > 63:
        yield ("metadata", "name"), f"{len(name)} characters; it becomes a label of its pods, so at most 63"
    elif spec.get("completionMode") == "Indexed" and completions > 0:
        longest = f"{name}-{completions - 1}"
        if len(longest) > 63 or "." in longest:
            yield (
                ("metadata", "name"),
                f"the pod {brief(longest)} would have no legal name: 63 characters, no dots",
            )


@on("batch.v1.CronJob")
def indexed_later(job: dict[str, Any]) -> Wrong:
    """Of a Job that is made later, no number of completions is filled in."""
    spec = mapping(dig(job, "spec", "jobTemplate", "spec"))
    if spec.get("completionMode") == "Indexed" and not {"completions", "parallelism"} & spec.keys():
        path = ("spec", "jobTemplate", "spec", "completions")
        yield path, "`completionMode: Indexed` needs it"


@on("batch.v1.CronJob")
def name_leaves_room(job: dict[str, Any]) -> Wrong:
    """A cron job's name leaves room for the time that its Jobs carry in theirs."""
    name = text(mapping(job.get("metadata")).get("name"))
    if len(name) > 52:
        yield ("metadata", "name"), f"{len(name)} characters; 11 more are added to each Job, so at most 52"
