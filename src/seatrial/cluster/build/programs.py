"""The Go programs the build path needs, each pinned; Go checks them against its checksum database."""

from __future__ import annotations

from seatrial.cluster.build.gobuild import GoProgram
from seatrial.cluster.paths import fixtures_root

KIND_VERSION = "v0.33.0"
KUBERNETES_VERSION = "v1.36.3"
_MAJOR, _MINOR, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
_SOURCES = fixtures_root() / "cluster" / "node-image"
_CONTAINERD = "github.com/containerd/containerd/v2/cmd/"
_CONTAINERD_VERSION = "v2.3.5"
_CONTAINERD_TAGS = ("no_btrfs", "no_devmapper", "no_aufs", "no_zfs")
_VERSION_STAMP = "k8s.io/component-base/version."
_PLUGINS = "github.com/containernetworking/plugins/plugins/"

KIND = GoProgram("kind", "sigs.k8s.io/kind", KIND_VERSION)
KUBERNETES = GoProgram(
    "kubernetes",
    about_seconds=300,
    version=KUBERNETES_VERSION,
    source=_SOURCES / "kubernetes",
    linker_values=(
        f"{_VERSION_STAMP}gitVersion={KUBERNETES_VERSION}",
        f"{_VERSION_STAMP}gitMajor={_MAJOR}",
        f"{_VERSION_STAMP}gitMinor={_MINOR}",
        f"{_VERSION_STAMP}gitTreeState=clean",
        f"{_VERSION_STAMP}buildDate=1970-01-01T00:00:00Z",
    ),
)
KUBERNETES_NAMES = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubelet",
    "kubeadm",
    "kubectl",
)
ETCD = GoProgram("etcd", source=_SOURCES / "etcd")
COREDNS = GoProgram("coredns", "github.com/coredns/coredns", "v1.14.7")
KUBE_ROUTER = GoProgram("kube-router", "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router", "v2.1.0")
LOCAL_PATH = GoProgram("local-path-provisioner", "github.com/rancher/local-path-provisioner", "v0.0.30")
CONTAINERD = tuple(
    GoProgram(name, _CONTAINERD + name, _CONTAINERD_VERSION, tags=_CONTAINERD_TAGS)
    for name in ("containerd", "ctr", "containerd-shim-runc-v2")
)
CRICTL = GoProgram("crictl", "sigs.k8s.io/cri-tools/cmd/crictl", "v1.37.0")
NETWORK_PLUGINS = tuple(
    GoProgram(path.rpartition("/")[2], _PLUGINS + path, "v1.9.1")
    for path in ("main/bridge", "main/ptp", "main/loopback", "ipam/host-local", "meta/portmap")
)
HELPER = GoProgram("helper", source=fixtures_root() / "cluster" / "images" / "helper")
METRICS_SERVER = GoProgram("metrics-server", "sigs.k8s.io/metrics-server/cmd/metrics-server", "v0.8.0")
NATS = GoProgram("nats-server", "github.com/nats-io/nats-server/v2", "v2.15.2")
PROMETHEUS = GoProgram(
    "prometheus",
    "github.com/prometheus/prometheus/cmd/prometheus",
    "v0.316.0",
    tags=("remove_all_sd", "enable_kubernetes_sd"),
)
