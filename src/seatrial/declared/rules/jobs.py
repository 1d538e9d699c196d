"""Work that ends: Jobs and CronJobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.objects import Workload
from seatrial.declared.rule import WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.values import Path, dig, mapping, text, whole


def is_job(workload: Workload) -> bool:
    return workload.type in ("Job", "CronJob")


def is_cron_job(workload: Workload) -> bool:
    return workload.type == "CronJob"


def is_own_job(workload: Workload) -> bool:
    """A Job that no CronJob cleans up, and no Helm hook policy."""
    return workload.type == "Job" and "helm.sh/hook-delete-policy" not in workload.annotations


def job_spec(workload: Workload) -> tuple[dict[str, Any], Path]:
    """The spec of the Job, or of the Job that a CronJob makes, and where it stands."""
    if workload.type == "CronJob":
        return mapping(dig(workload.spec, "jobTemplate", "spec")), ("spec", "jobTemplate", "spec")
    return workload.spec, ("spec",)


@rule(
    "orchestration.job-deadline",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="A Job SHOULD have a deadline.",
    why="backoffLimit bounds failures, not time: a job that hangs holds its resources, and its CronJob, for "
    "ever.",
    fix="Set activeDeadlineSeconds to a few times its usual duration.",
    source="concepts/workloads/controllers/job/#job-termination-and-cleanup",
    when=is_job,
    anchors="CFG-18",
)
def job_deadline(workload: Workload) -> Iterator[Found]:
    spec, path = job_spec(workload)
    pod_deadline = workload.pod.get("activeDeadlineSeconds")
    if whole(spec.get("activeDeadlineSeconds")) is None and whole(pod_deadline) is None:
        yield path, "it has no activeDeadlineSeconds"


@rule(
    "orchestration.job-cleanup",
    WORKLOAD,
    Level.EXTENDED,
    Severity.NOTE,
    must="A finished Job SHOULD be removed by itself.",
    why="Finished jobs and their pods stay until someone deletes them, and slow the API server down.",
    fix="Set ttlSecondsAfterFinished.",
    source="concepts/workloads/controllers/ttlafterfinished/",
    when=is_own_job,
    anchors="CFG-18",
)
def job_cleanup(workload: Workload) -> Iterator[Found]:
    if whole(workload.spec.get("ttlSecondsAfterFinished")) is None:
        yield ("spec",), "it has no ttlSecondsAfterFinished"


@rule(
    "orchestration.cron-job-start",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="A CronJob SHOULD say how late it may start.",
    why="Without startingDeadlineSeconds a CronJob that missed 100 runs (a pause, a long outage) is never "
    "started again.",
    fix="Set startingDeadlineSeconds, less than the period and at least 10.",
    source="concepts/workloads/controllers/cron-jobs/#starting-deadline",
    when=is_cron_job,
    anchors="CFG-18",
)
def cron_job_start(workload: Workload) -> Iterator[Found]:
    seconds = whole(workload.spec.get("startingDeadlineSeconds"))
    if seconds is None:
        yield ("spec",), "it has no startingDeadlineSeconds"
    elif seconds < 10:
        yield ("spec", "startingDeadlineSeconds"), f"{seconds} s is below the controller's own 10 s round"


@rule(
    "orchestration.cron-job-overlap",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="A CronJob SHOULD say that its runs do not overlap.",
    why="The default lets a slow run be joined by the next one and the one after: twice the load, twice the "
    "effect.",
    fix="Set concurrencyPolicy to Forbid or Replace.",
    source="concepts/workloads/controllers/cron-jobs/#concurrency-policy",
    when=is_cron_job,
    anchors="CFG-18",
)
def cron_job_overlap(workload: Workload) -> Iterator[Found]:
    if text(workload.spec.get("concurrencyPolicy")) not in ("Forbid", "Replace"):
        yield ("spec", "concurrencyPolicy"), "runs may overlap (concurrencyPolicy is Allow, or not written)"


def replaces_pods(workload: Workload) -> bool:
    """A Job, or one of a CronJob, that may start another pod in the place of one that failed."""
    return is_job(workload) and whole(job_spec(workload)[0].get("backoffLimit")) != 0


@rule(
    "orchestration.job-replacement",
    WORKLOAD,
    Level.EXTENDED,
    Severity.NOTE,
    must="A Job SHOULD start a replacement only when the pod before it has ended.",
    why="By default it starts when the old pod begins to end: for a grace period both work on the same, and "
    "both hold resources.",
    fix="Set podReplacementPolicy: Failed.",
    source="concepts/workloads/controllers/job/#delayed-creation-of-replacement-pods",
    when=replaces_pods,
)
def job_replacement(workload: Workload) -> Iterator[Found]:
    spec, path = job_spec(workload)
    if spec.get("podReplacementPolicy") != "Failed" and not mapping(spec.get("podFailurePolicy")):
        seen = "written" if "podReplacementPolicy" in spec else "the default"
        yield (
            (*path, "podReplacementPolicy"),
            f"a pod is replaced while it is ending (TerminatingOrFailed, {seen})",
        )
