"""The system under test, as its file describes it (`fixtures/systems/*.yaml`).

pydantic holds the shape; `seatrial.model.system_file` turns text into these models and finds the lines.
Every field's description names its unit; the JSON Schema for editors is exported from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from seatrial.model.configuration import Configuration
from seatrial.model.consent import Consent, Images
from seatrial.model.consumes import Consumes
from seatrial.model.dependency import Dependency, require_known
from seatrial.model.entry import Entry, HeaderName
from seatrial.model.invariant import Capability, Invariant
from seatrial.model.load import Load, LoadStep
from seatrial.model.lookup import Lookup
from seatrial.model.objectives import JourneyObjectives, Objectives
from seatrial.model.part import Alerted, Name
from seatrial.model.part import Part as _Part
from seatrial.model.prices import Prices
from seatrial.model.request import Acknowledged, Counted, Expect, Message, Request

HELPER_IMAGE = "seatrial/helper"
"""Logical name of the image of our own whose program stands in where a fault needs one."""
MOST_BYSTANDERS = 20
"""Journeys that are sent beside a subject's: with each at 5 a second, no more load than the subject's own."""
NOT_DECLARED = "neither progressive delivery nor outlier ejection is declared in the system file"


class Metadata(_Part):
    name: Name = Field(description="The system's name; stands in reports.")
    owner: str = Field("", description="Whom to ask; stands in reports.")


class KindTarget(_Part):
    config: str = Field(description="kind cluster configuration, relative to the system file.")


class TargetCluster(_Part):
    """Where the system runs: an own kind cluster, or a context of the user's kubeconfig."""

    kind: KindTarget | None = Field(None, description="A kind cluster that Seatrial makes and adopts.")
    context: str | None = Field(None, description="Name of a context in the user's kubeconfig.")
    namespace: Name = Field(description="The only namespace that is read or touched.")

    @model_validator(mode="after")
    def _one_of(self) -> TargetCluster:
        if (self.kind is None) == (self.context is None):
            raise ValueError("exactly one of `kind` and `context` is needed")
        return self


class Deploy(_Part):
    kustomize: str = Field(description="Folder with a kustomization, relative to the system file.")


class Workload(_Part):
    kind: Literal["Deployment", "StatefulSet"] = Field(description="Kind of the workload.")
    name: Name = Field(description="Name of the object.")
    stateless: bool = Field(False, description="Any of its pods may be replaced at any time.")
    stateful: bool = Field(False, description="It keeps data that must survive its pods.")
    single_writer: bool = Field(False, description="Two pods of it must never run at once.")
    autoscaled: Name | None = Field(None, description="Name of the HorizontalPodAutoscaler that scales it.")
    load_step: LoadStep | None = Field(None, description="The load for the check scaling.follows-load.")
    journey: str | None = Field(None, description="The journey that exercises it (default: the first one).")
    configuration: Configuration | None = Field(None, description="A value that may be changed for a while.")
    consumes: Consumes | None = Field(None, description="The messages that it takes (role metrics).")
    alerts: dict[Alerted, str] = Field({}, description="Alerts that must fire, by fault.")
    contained_by: Literal["progressive-delivery", "outlier-ejection"] | None = Field(
        None, description="What keeps clients from a new version of it that is Ready and answers wrongly."
    )


class Journey(_Part):
    protocol: str = Field("http1", description="What carries it: http1, websocket, sse or an extension's.")
    request: Request
    expect: Expect = Expect()
    acknowledged: Acknowledged | None = None
    through: tuple[Name, ...] = Field(
        (), description="Workloads, by role, that a request passes; only they can be why it failed."
    )
    counted: Counted | None = Field(None, description="How the system counts its requests (role metrics).")
    idempotent: bool = Field(False, description="Sent again with its key, it has one effect and one answer.")
    conserves: Name | None = Field(None, description="The invariant whose answer is the total it moves.")
    timeout_seconds: float = Field(5.0, gt=0, le=120, description="Deadline of one request, seconds.")
    messages: tuple[Message, ...] = Field((), description="What a WebSocket journey says, in this order.")
    lifetime_seconds: float = Field(
        0.0, ge=0, le=3600,
        description="How long a WebSocket connection (0 for any time) or a stream of events lasts, seconds.",
    )  # fmt: skip
    long: bool = Field(
        False,
        description="Its requests last (streams, long polls): sent only where what had begun is judged.",
    )
    served_by: HeaderName | None = Field(None, description="As `entry.served_by`, for this journey.")
    objectives: JourneyObjectives = JourneyObjectives()

    @model_validator(mode="after")
    def _messages_need_a_connection(self) -> Journey:
        if self.protocol == "http1" and (self.messages or self.lifetime_seconds):
            raise ValueError("`messages` need `protocol: websocket`, `lifetime_seconds` that or `sse`")
        if self.protocol == "sse" and not self.lifetime_seconds:
            raise ValueError("`protocol: sse` needs `lifetime_seconds`")
        return self


class Waiver(_Part):
    """A finding of a declared rule that is tolerated, for a reason and until a day."""

    rule: str = Field(description="Id of a declared rule; `seatrial checks` lists them.")
    object: str = Field(pattern=r"^([^/]+/)?[^/]+/[^/]+$", description="Kind/name, or namespace/Kind/name.")
    reason: str = Field(min_length=1, description="Why it is tolerated.")
    until: date = Field(description="Last day, e.g. 2027-01-31; afterwards the finding counts again.")


class System(_Part):
    api_version: Literal["seatrial/v1"] = Field(alias="apiVersion", description="seatrial/v1")
    kind: Literal["System"] = Field(description="System")
    metadata: Metadata
    target: TargetCluster
    deploy: Deploy | None = None
    entry: Entry
    workloads: dict[str, Workload] = Field(min_length=1, description="Workloads by role.")
    journeys: dict[str, Journey] = Field(min_length=1, description="User actions by name.")
    dependencies: dict[str, Dependency] = Field({}, description="Workloads, by role, that others need.")
    capabilities: dict[Name, Capability] = Field(
        default_factory=dict, description="The products behind roles, by role or by a name of your own."
    )
    invariants: tuple[Invariant, ...] = Field((), description="What must hold while the system is at rest.")
    objectives: Objectives = Objectives()
    load: Load = Load()
    prices: Prices | None = None
    images: Images = Images()
    consent: Consent = Consent()
    waivers: list[Waiver] = Field(default=[], description="Findings of declared rules that are tolerated.")

    @model_validator(mode="after")
    def _who_answers(self) -> System:
        header = self.entry.served_by
        if header is not None:
            for name, spec in self.journeys.items():
                if spec.served_by is None:
                    self.journeys[name] = spec.model_copy(update={"served_by": header})
        return self

    @model_validator(mode="after")
    def _references(self) -> System:
        for role, workload in self.workloads.items():
            step = workload.load_step.journey if workload.load_step else None
            taken = workload.consumes.journey if workload.consumes else None
            named = (("journey", workload.journey), ("load_step.journey", step), ("consumes.journey", taken))
            for key, name in named:
                if name is not None and name not in self.journeys:
                    raise ValueError(f"workloads.{role}.{key} names no journey: {name}")
            seen = workload.configuration.seen if workload.configuration else None
            if seen is not None and seen.path is not None and self.entry.served_by is None:
                raise ValueError(f"workloads.{role}.configuration.seen.path needs `entry.served_by`")
        for name in self.load.journeys:
            if name not in self.journeys:
                raise ValueError(f"load.journeys.{name} names no journey")
        asked = self.entry.authentication
        protected = asked.protected if asked is not None else ()
        for key, routes in (("authentication.protected", protected), ("rate_limits", self.entry.rate_limits)):
            for number, route in enumerate(routes):
                spec = self.journeys.get(route.journey or "")
                if route.journey is not None and (spec is None or spec.protocol != "http1"):
                    place = f"entry.{key}.{number}.journey"
                    raise ValueError(f"{place} names no journey by http1: {route.journey}")
        for number, limit in enumerate(self.entry.rate_limits):
            if limit.by is not None and limit.by not in self.workloads:
                raise ValueError(f"entry.rate_limits.{number}.by names no workload: {limit.by}")
        return self

    @model_validator(mode="after")
    def _paths(self) -> System:
        for name, journey in self.journeys.items():
            for role in journey.through:
                if role not in self.workloads:
                    raise ValueError(f"journeys.{name}.through names no workload: {role}")
        require_known(self.dependencies, self.workloads, self.journeys)
        return self

    @model_validator(mode="after")
    def _invariants(self) -> System:
        names = set[str]()
        for number, invariant in enumerate(self.invariants):
            if invariant.name in names:
                raise ValueError(f"two invariants are called {invariant.name}")
            names.add(invariant.name)
            for store in invariant.stores:
                if store not in self.capabilities:
                    raise ValueError(f"invariants.{number}.store names no capability: {store}")
        for role, workload in self.workloads.items():
            for name in workload.consumes.invariants if workload.consumes else ():
                if name not in names:
                    raise ValueError(f"workloads.{role}.consumes.invariants names no invariant: {name}")
        totals = {one.name for one in self.invariants if one.answers_a_number}
        for journey, spec in self.journeys.items():
            if spec.conserves not in (None, *names):
                raise ValueError(f"journeys.{journey}.conserves names no invariant: {spec.conserves}")
            if spec.conserves not in (None, *totals):
                raise ValueError(
                    f"journeys.{journey}.conserves needs an invariant that equals a number: {spec.conserves}"
                )
        return self

    @cached_property
    def lookup(self) -> Lookup:
        """What is asked of it again and again."""
        return Lookup(self.workloads, self.journeys)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, which finds its own `lookup`."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("lookup", None)
        return copied

    @property
    def metrics(self) -> str:
        """Name of the first capability that collects metrics; empty when there is none."""
        return next((name for name, it in self.capabilities.items() if (it.role or name) == "metrics"), "")

    @property
    def conserving(self) -> str:
        """Name of the first journey that moves what an invariant counts; empty when there is none."""
        return next(iter(self.lookup.conserving), "")

    def idempotent_through(self, role: str) -> str:
        """Name of the first journey that passes a workload and may be sent again; empty for none."""
        return next((name for name in self.lookup.repeatable if role in self.path_of(name)), "")

    def journey_of(self, role: str) -> str:
        """Name of the journey that exercises the workload `role`: its own, else the first one.

        The first one, too, for a role that is no workload: the system as a whole.
        """
        own = self.workloads[role].journey if role in self.workloads else None
        return own or next(iter(self.journeys))

    def objectives_of(self, journey: str) -> Objectives:
        """The objectives of a journey: its own where it has some, else the system's."""
        spec = self.journeys.get(journey)
        own = {} if spec is None else spec.objectives.model_dump(exclude_none=True)
        return self.objectives.model_copy(update=own)

    def bystanders_of(self, journey: str, *, only_reading: bool = False) -> list[str]:
        """The other user actions, in order; none is what only makes load for an autoscaler, or is long.

        Of more than `MOST_BYSTANDERS` those that come next in the file, so that each has its turn.
        """
        following = self.lookup.following(journey)
        fit = (n for n in following if not only_reading or self.journeys[n].request.method in ("GET", "HEAD"))
        return sorted(islice(fit, MOST_BYSTANDERS), key=self.lookup.place.__getitem__)

    @property
    def load_shares(self) -> dict[str, float]:
        """The journeys of its load with their shares: all alike where `load` names none."""
        return dict(self.load.journeys) or {n: 1.0 for n, spec in self.journeys.items() if not spec.long}

    def path_of(self, journey: str) -> frozenset[str]:
        """Roles of the workloads that a journey passes: what it says, else those that it exercises.

        Empty when neither is known: then any workload may be on the path.
        """
        spec = self.journeys.get(journey)
        if spec is not None and spec.through:
            return frozenset(spec.through)
        return frozenset(self.lookup.exercised.get(journey, ()))

    def consent_gap(self, context: str, namespace: str) -> str:
        """Why this system may not be disturbed in `context` and `namespace`; empty when it may.

        Consent counts only for exactly the context and namespace that it names (DESIGN, promise 5).
        """
        if not self.consent.disruptive:
            return "the system file does not consent to disruption (`consent.disruptive` is not true)"
        if self.consent.context != context:
            return f"consent is given for context {self.consent.context!r}, this one is {context!r}"
        if self.consent.namespace != namespace:
            return f"consent is given for namespace {self.consent.namespace!r}, this one is {namespace!r}"
        return ""

    def helper_gap(self) -> str:
        """Why the helper image cannot be had on this system's cluster; empty when it can."""
        if self.target.kind is not None or self.images.helper is not None:
            return ""
        return "the cluster is not our own and `images.helper` of the system file names no helper image"

    def wrong_answers_gap(self, role: str) -> str:
        """Why a version of the workload that is Ready and answers 500 is not rolled out; empty when it is."""
        return NOT_DECLARED if self.workloads[role].contained_by is None else self.helper_gap()
