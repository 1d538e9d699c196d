"""The images that run Kubernetes itself; they share layers, because a node starts sooner with less to unpack.

Three contents: the one Kubernetes binary alone (API server, controllers, scheduler); on top of it a small
Debian with the network programs (kube-proxy, kube-router, storage); static binaries for the rest.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from seatrial.cluster.build import programs
from seatrial.cluster.build.debian import DebianRoot, make_root
from seatrial.cluster.docker import build_image, docker
from seatrial.cluster.build.gobuild import GoProgram, build
from seatrial.cluster.paths import fixtures_root

# What kube-proxy, kube-router and local-path-provisioner call.
_TOOLS = DebianRoot(
    "bookworm",
    ("dash", "coreutils", "base-files", "iptables", "ipset", "conntrack", "iproute2", "kmod"),
    only=True,
)
_ALTERNATIVES = [
    f"{name}{suffix}" for name in ("iptables", "ip6tables") for suffix in ("", "-save", "-restore")
]
_NETWORK_PROGRAMS = (programs.KUBE_ROUTER, programs.LOCAL_PATH)
_PAUSE = GoProgram("pause", source=fixtures_root() / "cluster" / "node-image" / "pause")
_PAUSE_NAME = "registry.k8s.io/pause:3.10"  # what kind's containerd configuration names
PROGRAMS = (programs.ETCD, programs.COREDNS, *_NETWORK_PROGRAMS, _PAUSE)


def pins() -> tuple[str, ...]:
    """What the component images depend on."""
    return (_TOOLS.key(), *(program.key() for program in PROGRAMS))


def kubernetes(folder: Path) -> None:
    """Put the one Kubernetes binary and its names into a folder."""
    folder.mkdir(parents=True)
    shutil.copy2(build(programs.KUBERNETES), folder / "kubernetes")
    for name in programs.KUBERNETES_NAMES:
        (folder / name).symlink_to("kubernetes")


def make(context: Path, base: str) -> list[str]:
    """One image for each name kubeadm asks for, and for network and storage; returns the names.

    Args:
        context: a folder to work in; must not exist.
        base: the node image without component images; its kubeadm is asked.

    Raises:
        SeatrialError: a step failed.
    """
    wanted = [name for name in _asked_for(base) if "/pause:" not in name]
    etcd = next(name for name in wanted if "/etcd:" in name)
    coredns = next(name for name in wanted if "/coredns" in name)
    proxy = next(name for name in wanted if "/kube-proxy:" in name)
    plain = [name for name in wanted if name not in (etcd, coredns, proxy)]
    kubernetes(context / "kubernetes" / "bin")
    _image(
        context / "kubernetes", plain[0], "FROM scratch\nCOPY bin/ /usr/local/bin/\nENV PATH=/usr/local/bin\n"
    )
    _network_image(context / "network", plain[0], proxy)
    own = [f"seatrial/{program.name}:{program.version}" for program in _NETWORK_PROGRAMS]
    for source, names in ((plain[0], plain[1:]), (proxy, own)):
        for name in names:
            docker("tag", source, name, doing="naming a component image")
    _single(context / "etcd", etcd, programs.ETCD)
    _single(context / "coredns", coredns, programs.COREDNS)
    _single(context / "pause", _PAUSE_NAME, _PAUSE)
    return [*wanted, *own, _PAUSE_NAME]


def _asked_for(base: str) -> list[str]:
    command = ["config", "images", "list", "--kubernetes-version", programs.KUBERNETES_VERSION]
    run_kubeadm = ["run", "--rm", "--network", "none", "--entrypoint", "kubeadm", base, *command]
    return docker(*run_kubeadm, doing="asking kubeadm which images it wants").split()


def _image(context: Path, tag: str, dockerfile: str) -> None:
    (context / "Dockerfile").write_text(dockerfile)
    build_image(context, tag)


def _network_image(context: Path, base: str, tag: str) -> None:
    """The Kubernetes binary, the network programs, and what they call."""
    (context / "bin").mkdir(parents=True)
    shutil.copyfile(make_root(_TOOLS), context / "rootfs.tar")
    for program in _NETWORK_PROGRAMS:
        shutil.copy2(build(program), context / "bin" / program.name)
    links = " && ".join(f"ln -sf xtables-nft-multi /usr/sbin/{name}" for name in _ALTERNATIVES)
    _image(
        context,
        tag,
        f"FROM {base}\nADD rootfs.tar /\nCOPY bin/ /usr/local/bin/\n"
        "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
        f"RUN {links}\n",
    )


def _single(context: Path, tag: str, program: GoProgram) -> None:
    """An image that is one static binary."""
    context.mkdir(parents=True)
    shutil.copy2(build(program), context / program.name)
    path = f"/usr/local/bin/{program.name}"
    _image(
        context,
        tag,
        f'FROM scratch\nCOPY {program.name} {path}\nENV PATH=/usr/local/bin\nENTRYPOINT ["{path}"]\n',
    )
