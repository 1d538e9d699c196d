"""What a kernel tells from inside of a container, read."""

from __future__ import annotations

import pytest

from seatrial.kube.inside import read_inside

STATUS = """\
Name:\t{name}
Umask:\t0022
Uid:\t{uid}\t{uid}\t{uid}\t{uid}
Gid:\t10001\t10001\t10001\t10001
CapInh:\t0000000000000000
CapPrm:\t{caps}
CapEff:\t{caps}
CapBnd:\t{caps}
NoNewPrivs:\t{kept}
Seccomp:\t{seccomp}
Seccomp_filters:\t1
"""
MOUNTS = """\
1203 1036 0:225 / / ro,relatime master:345 - overlay overlay rw,lowerdir=/var/lib
1204 1203 0:227 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
1210 1203 0:220 / /tmp rw,relatime - tmpfs tmpfs rw,size=64k
"""
TOKEN = "1215 1203 0:223 / /run/secrets/kubernetes.io/serviceaccount ro,relatime - tmpfs tmpfs rw\n"
NONE = "0000000000000000"


def status(name: str = "server", uid: int = 10001, caps: str = NONE, kept: int = 1, seccomp: int = 2) -> str:
    return STATUS.format(name=name, uid=uid, caps=caps, kept=kept, seccomp=seccomp)


def test_a_hardened_container() -> None:
    seen = read_inside(status() + status("cat") + MOUNTS, own_process=True)
    assert (seen.users, seen.capabilities) == ((10001,) * 3, ())
    assert seen.no_new_privileges
    assert seen.seccomp
    assert seen.read_only
    assert seen.token_at == ""


def test_one_that_is_not() -> None:
    bare = status(uid=0, caps="0000000000000021", kept=0, seccomp=0)
    writable = MOUNTS.replace("/ / ro,", "/ / rw,") + TOKEN
    seen = read_inside(bare + status("cat") + writable, own_process=True)
    assert seen.users == (0, 0, 0)
    assert seen.capabilities == ("CHOWN", "KILL")
    assert not seen.no_new_privileges
    assert not seen.seccomp
    assert not seen.read_only
    assert seen.token_at == "/run/secrets/kubernetes.io/serviceaccount"


def test_where_process_1_is_another_containers_the_started_one_is_looked_at() -> None:
    text = status("pause", uid=65535) + status("cat", uid=7) + MOUNTS
    assert read_inside(text, own_process=False).users == (7, 7, 7)
    assert read_inside(text, own_process=True).users == (65535,) * 3


def test_a_capability_of_a_newer_kernel_is_told_by_number() -> None:
    seen = read_inside(status(caps="0000800000000000") + MOUNTS, own_process=True)
    assert seen.capabilities == ("number 47",)


@pytest.mark.parametrize("text", ["", status(), MOUNTS, "sh: not found"])
def test_half_an_answer_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        read_inside(text, own_process=True)
