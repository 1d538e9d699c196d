"""The node image of kind, built from packages: what kind's own build pulls is made here.

Steps: a Debian root with systemd; kind's node files from its Go module; our Go binaries; one image per
Kubernetes component, imported into the node's own containerd; the manifests kind applies.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from seatrial.cluster.build import node_components
from seatrial.cluster.build import programs
from seatrial.cluster.build.debian import DebianRoot, make_root
from seatrial.cluster.docker import build_image, docker, save_images
from seatrial.cluster.build.gobuild import build
from seatrial.cluster.paths import cache_folder, fixtures_root, half_made
from seatrial.cluster.shell import run

# The image kind 0.33.0 names as its default, with the digest from its module (pkg/apis/config/defaults).
PULL_REFERENCE = (
    "kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5"
)

# bookworm: its systemd 252 is the last of Debian's that starts on cgroup v1.
ROOT = DebianRoot(
    "bookworm",
    (
        "systemd",
        "systemd-sysv",
        "dbus",
        "conntrack",
        "iptables",
        "nftables",
        "iproute2",
        "ethtool",
        "util-linux",
        "mount",
        "kmod",
        "libseccomp2",
        "pigz",
        "e2fsprogs",
        "ca-certificates",
        "curl",
        "jq",
        "procps",
        "ipset",
        "socat",
        "runc",
    ),
)
_HOST_PROGRAMS = (*programs.CONTAINERD, programs.CRICTL)
_RECIPE = "recipe 2"  # raise it when the steps below change what comes out
_BUILDER = "seatrial-node-builder"


def _folder() -> Path:
    return fixtures_root() / "cluster" / "node-image"


def pins() -> tuple[str, ...]:
    """What the node image depends on beside its files and the images it carries."""
    own = (programs.KUBERNETES, *_HOST_PROGRAMS, *programs.NETWORK_PLUGINS, programs.KIND)
    return (_RECIPE, ROOT.key(), *(program.key() for program in own), *node_components.pins())


def inputs() -> tuple[Path, ...]:
    """The files the node image depends on."""
    return (_folder(),)


def make(tag: str, carried: Sequence[str], say: Callable[[str], None]) -> None:
    """Build the node image as `tag`.

    Args:
        tag: the full tag to make.
        carried: further images of the engine's store that every node shall have from the start.
        say: is told what is being done.

    Raises:
        SeatrialError: a package, module or step failed.
    """
    with half_made(cache_folder("work"), "node-parts") as work:
        needed = (programs.KUBERNETES, *_HOST_PROGRAMS, *programs.NETWORK_PLUGINS, *node_components.PROGRAMS)
        of = len(needed) + 4  # the root before them; the node, its components and the import after them
        say(f"part 1 of {of}: making a Debian {ROOT.suite} root")
        root = make_root(ROOT)
        for number, program in enumerate(needed, 2):
            if not program.path().exists():
                say(f"part {number} of {of}: building {program.name} {program.version} with Go")
            build(program)
        say(f"part {of - 2} of {of}: putting the node together")
        base = f"seatrial/node-base:{tag.rpartition(':')[2]}"
        _base_image(work / "base", root, base)
        say(f"part {of - 1} of {of}: making the component images")
        components = node_components.make(work / "components", base)
        archive = work / "components.tar"
        save_images([*components, *carried], archive)
        say(f"part {of} of {of}: importing the component images (usually about a minute)")
        _import_and_commit(base, archive, tag)
        docker("image", "rm", *components, base, doing="removing the parts")


def _kind_files() -> Path:
    """The folder of kind's node files in the Go module cache; downloads kind's module when it is missing."""
    module = f"{programs.KIND.package}@{programs.KIND_VERSION}"
    told = run(
        ["go", "mod", "download", "-json", module], doing="fetching kind's sources", within_seconds=300
    )
    return Path(json.loads(told)["Dir"]) / "images" / "base" / "files"


def _base_image(context: Path, root: Path, tag: str) -> None:
    """The node without component images: Debian, kind's files, the container runtime, Kubernetes."""
    binaries = context / "bin"
    plugins = context / "cni"
    binaries.mkdir(parents=True)
    plugins.mkdir()
    shutil.copyfile(root, context / "rootfs.tar")
    shutil.copytree(_kind_files(), context / "files", copy_function=shutil.copyfile)
    shutil.copyfile(_folder() / "Dockerfile", context / "Dockerfile")
    shutil.copytree(_folder() / "manifests", context / "manifests")
    for program in _HOST_PROGRAMS:
        shutil.copy2(build(program), binaries / program.name)
    for program in programs.NETWORK_PLUGINS:
        shutil.copy2(build(program), plugins / program.name)
    node_components.kubernetes(context / "kubernetes")
    (context / "version").write_text(programs.KUBERNETES_VERSION)
    build_image(context, tag)


def _import_and_commit(base: str, archive: Path, tag: str) -> None:
    """Import the component images into the containerd of a running `base`, and keep the result as `tag`."""
    run(["docker", "rm", "--force", _BUILDER], doing="removing an old builder", within_seconds=60)
    docker(
        "run",
        "--detach",
        "--name",
        _BUILDER,
        "--privileged",
        "--network",
        "none",
        "--volume",
        f"{archive.parent}:/import:ro",
        "--entrypoint",
        "sleep",
        base,
        "infinity",
        doing="starting the node to be filled",
    )
    try:
        docker(
            "exec",
            "--env",
            f"ARCHIVE=/import/{archive.name}",
            "--interactive",
            _BUILDER,
            "bash",
            "-s",
            doing="importing the component images",
            within_seconds=600,
            stdin=(_folder() / "import.sh").read_text(),
        )
        docker(
            "commit",
            "--change",
            'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]',
            _BUILDER,
            tag,
            doing="keeping the node image",
            within_seconds=600,
        )
    finally:
        docker("rm", "--force", _BUILDER, doing="removing the builder")
