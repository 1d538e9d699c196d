"""Which image a container runs, and what stands in its command and environment."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.objects import Container
from seatrial.declared.rule import EVERY_CONTAINER, Found, Level, Severity, rule
from seatrial.declared.values import Pattern, brief, maps, text, whole

_FROZEN = (
    "k8s.gcr.io/",
    "gcr.io/google_containers/",
    "gcr.io/google-containers/",
    "docker.io/bitnamilegacy/",
)
_SUDO = Pattern(r"(?:^|[\s;&|(/])sudo(?=\s|$)")
_SSHD = Pattern(r"(?:^|[\s;&|(/])sshd(?=\s|$)")


_MOVING_TEXT = (
    "latest main master trunk head edge nightly canary dev develop development snapshot unstable testing"
)
_MOVING = frozenset(_MOVING_TEXT.split())
"""Tags that are pushed again and again by what they say."""


def is_moving(tag: str) -> bool:
    """Whether a tag says that it moves: `main`, `latest`, and variants of that such as `latest-alpine`."""
    return tag.lower() in _MOVING or tag.startswith("latest-") or tag.endswith("-latest")


def tag_of(image: str) -> str:
    """The tag of an image reference, without its digest; empty when there is none."""
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2]


def has_image(container: Container) -> bool:
    """Whether it names an image at all; without one, `delivery.field-types` speaks."""
    return bool(container.image)


@rule(
    "container.image-tag",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="An image MUST be named by a fixed tag or a digest, not by `latest`.",
    why="A moving tag lets two replicas run different code, and leaves a rollback nothing to go back to.",
    fix="Name the released version, e.g. `shop:1.4.2`, or its digest.",
    source="concepts/containers/images/#image-names",
    when=has_image,
    anchors="IMG-01",
    variants=("latest-tag",),
)
def image_tag(container: Container) -> Iterator[Found]:
    tag = tag_of(container.image)
    if "@" in container.image:
        return
    if not tag:
        yield container.at("image"), f"{brief(container.image)} has no tag, which means `latest`"
    elif is_moving(tag):
        yield container.at("image"), f"{brief(container.image)} is a moving tag"


@rule(
    "container.image-digest",
    EVERY_CONTAINER,
    Level.OPTIONAL,
    Severity.NOTE,
    must="An image SHOULD be pinned by its digest.",
    why="A tag can be pushed again. Optional, because a registry that forbids that gives the same certainty.",
    fix="Append the digest: `shop:1.4.2@sha256:...`.",
    source="concepts/containers/images/#image-names",
    when=has_image,
    anchors="IMG-02",
)
def image_digest(container: Container) -> Iterator[Found]:
    if "@sha256:" not in container.image:
        yield container.at("image"), f"{brief(container.image)} has no digest"


@rule(
    "container.pull-policy",
    EVERY_CONTAINER,
    Level.EXTENDED,
    Severity.WARNING,
    must="The pull policy SHOULD fit the tag: a moving tag is pulled always, and nothing relies on `Never`.",
    why="Tools contradict each other here (always, if not present, only for latest). Side taken: with a "
    "fixed tag IfNotPresent gives the same code and starts without the registry; with a moving tag it "
    "gives each node whatever it pulled last; `Never` starts only where someone loaded the image by "
    "hand.",
    fix="Fix the tag and leave the policy at IfNotPresent.",
    source="concepts/containers/images/#image-pull-policy",
    when=has_image,
    anchors="IMG-03",
)
def pull_policy(container: Container) -> Iterator[Found]:
    policy = text(container.data.get("imagePullPolicy"))
    tag = tag_of(container.image)
    moving = "@" not in container.image and (not tag or is_moving(tag))
    if policy == "Never":
        yield container.at("imagePullPolicy"), "`Never`: a node without the image cannot start it"
    elif policy == "IfNotPresent" and moving:
        yield (
            container.at("imagePullPolicy"),
            f"`IfNotPresent` with the moving tag of {brief(container.image)}",
        )


@rule(
    "container.image-registry",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="An image MUST NOT come from a registry that its owners have frozen.",
    why="A frozen registry gets no security updates, and its images can vanish under a running system.",
    fix="Use registry.k8s.io, or the project's present home.",
    source="https://kubernetes.io/blog/2023/03/10/image-registry-redirect/",
    when=has_image,
    anchors="IMG-04",
)
def image_registry(container: Container) -> Iterator[Found]:
    for registry in _FROZEN:
        if container.image.startswith(registry):
            yield (
                container.at("image"),
                f"{brief(container.image)} comes from the frozen {registry.rstrip('/')}",
            )


@rule(
    "container.no-ssh",
    EVERY_CONTAINER,
    Level.EXTENDED,
    Severity.WARNING,
    must="A container SHOULD NOT run an SSH server.",
    why="It is a second way in, with its own keys and no audit; `kubectl exec` and debug containers do the "
    "same.",
    fix="Remove the server and port 22.",
    source="concepts/security/security-checklist/",
    anchors="IMG-14",
)
def no_ssh(container: Container) -> Iterator[Found]:
    for index, port in container.ports:
        if whole(port.get("containerPort")) == 22:
            yield container.at("ports", index, "containerPort"), "port 22 is declared"
    if "sshd" in container.command and _SSHD.compiled.search(container.command):
        yield container.at("command"), "its command starts sshd"


@rule(
    "container.no-sudo",
    EVERY_CONTAINER,
    Level.EXTENDED,
    Severity.WARNING,
    must="A container's command SHOULD NOT use sudo.",
    why="It needs a setuid binary and privilege escalation, which the hardened profile forbids.",
    fix="Run as the user that the command needs, set by runAsUser.",
    source="concepts/security/pod-security-standards/#restricted",
    anchors="IMG-15",
)
def no_sudo(container: Container) -> Iterator[Found]:
    if "sudo" in container.command and _SUDO.compiled.search(container.command):
        yield container.at("command"), f"{brief(container.command)} uses sudo"


@rule(
    "container.duplicate-environment",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="An environment variable MUST be set once.",
    why="The last one wins silently, and strategic merges may keep either.",
    fix="Remove all but one.",
    source="tasks/inject-data-application/define-environment-variable-container/",
    anchors="CFG-08",
)
def duplicate_environment(container: Container) -> Iterator[Found]:
    first: dict[str, int] = {}
    for index, entry in maps(container.data.get("env")):
        name = text(entry.get("name"))
        if name and name in first:
            yield container.at("env", index, "name"), f"{brief(name)} is already set by env[{first[name]}]"
        first.setdefault(name, index)
