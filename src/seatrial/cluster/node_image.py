"""The node image of kind, built from packages: what kind's own build pulls is made here.

Steps: a Debian root with systemd; kind's node files from its Go module; our Go binaries; one image per
Kubernetes component, imported into the node's own containerd; the manifests kind applies.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from seatrial.cluster import programs
from seatrial.cluster.debian import DebianRoot, make_root
from seatrial.cluster.docker import build_image, docker, save_images
from seatrial.cluster.gobuild import GoProgram, build
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
_COMPONENTS = (programs.ETCD, programs.COREDNS, programs.KUBE_ROUTER, programs.LOCAL_PATH)
_RECIPE = "recipe 1"  # raise it when the steps below change what comes out
_BUILDER = "seatrial-node-builder"
_PAUSE = "registry.k8s.io/pause:3.10"  # what kind's containerd configuration names


def _folder() -> Path:
    return fixtures_root() / "cluster" / "node-image"


def pins() -> tuple[str, ...]:
    """What the node image depends on beside its files."""
    all_programs = (
        programs.KUBERNETES,
        *_COMPONENTS,
        *_HOST_PROGRAMS,
        *programs.NETWORK_PLUGINS,
        programs.KIND,
    )
    return (_RECIPE, ROOT.key(), *(program.key() for program in all_programs))


def inputs() -> tuple[Path, ...]:
    """The files the node image depends on."""
    return (_folder(),)


def make(tag: str, say: Callable[[str], None]) -> None:
    """Build the node image as `tag`.

    Raises:
        SeatrialError: a package, module or step failed.
    """
    with half_made(cache_folder("work"), "node-parts") as work:
        say(f"making a Debian {ROOT.suite} root")
        root = make_root(ROOT)
        for program in (programs.KUBERNETES, *_COMPONENTS, *_HOST_PROGRAMS, *programs.NETWORK_PLUGINS):
            if not program.path().exists():
                say(f"building {program.name} {program.version} with Go")
            build(program)
        say("putting the node together")
        base = f"seatrial/node-base:{tag.rpartition(':')[2]}"
        _base_image(work / "base", root, base)
        components = _component_images(work / "components", root, base)
        archive = work / "components.tar"
        save_images(components, archive)
        say("importing the component images")
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
    _kubernetes(context / "kubernetes")
    (context / "version").write_text(programs.KUBERNETES_VERSION)
    build_image(context, tag)


def _kubernetes(folder: Path) -> None:
    """The one Kubernetes binary and its names."""
    folder.mkdir(parents=True)
    shutil.copy2(build(programs.KUBERNETES), folder / "kubernetes")
    for name in programs.KUBERNETES_NAMES:
        (folder / name).symlink_to("kubernetes")


def _component_images(context: Path, root: Path, base: str) -> list[str]:
    """One image for each name kubeadm asks for, and for network and storage; returns the names."""
    listed = docker(
        "run",
        "--rm",
        "--network",
        "none",
        "--entrypoint",
        "kubeadm",
        base,
        "config",
        "images",
        "list",
        "--kubernetes-version",
        programs.KUBERNETES_VERSION,
        doing="asking kubeadm which images it wants",
    ).split()
    tools = "seatrial/node-tools:building"
    context.mkdir()
    _image_from(context / "tools", "FROM scratch\nADD rootfs.tar /\n", tools, [("rootfs.tar", root)])
    made = [name for name in listed if "/pause:" not in name]
    kubernetes = [name for name in made if "/etcd:" not in name and "/coredns" not in name]
    folder = context / "kubernetes"
    _kubernetes(folder / "bin")
    _image_from(folder, f"FROM {tools}\nCOPY bin/ /usr/local/bin/\n", kubernetes[0], [])
    for name in kubernetes[1:]:
        docker("tag", kubernetes[0], name, doing="naming a component image")
    own = {
        next(name for name in made if "/etcd:" in name): programs.ETCD,
        next(name for name in made if "/coredns" in name): programs.COREDNS,
        f"seatrial/kube-router:{programs.KUBE_ROUTER.version}": programs.KUBE_ROUTER,
        f"seatrial/local-path-provisioner:{programs.LOCAL_PATH.version}": programs.LOCAL_PATH,
    }
    for name, program in own.items():
        _image_from(
            context / program.name,
            f"FROM {tools}\nCOPY {program.name} /usr/local/bin/\n"
            f'ENTRYPOINT ["/usr/local/bin/{program.name}"]\n',
            name,
            [(program.name, build(program))],
        )
    _pause_image(context / "pause")
    docker("image", "rm", tools, doing="removing a name")
    return [*kubernetes, *own, _PAUSE]


def _image_from(context: Path, dockerfile: str, tag: str, files: list[tuple[str, Path]]) -> None:
    context.mkdir(exist_ok=True)
    (context / "Dockerfile").write_text(dockerfile)
    for name, source in files:
        shutil.copy2(source, context / name)
    build_image(context, tag)


def _pause_image(context: Path) -> None:
    """The process that holds a pod's namespaces: it waits for signals and reaps children."""
    context.mkdir()
    pause = build(GoProgram("pause", source=_folder() / "pause"))
    dockerfile = 'FROM scratch\nCOPY pause /pause\nUSER 65535:65535\nENTRYPOINT ["/pause"]\n'
    _image_from(context, dockerfile, _PAUSE, [("pause", pause)])


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
