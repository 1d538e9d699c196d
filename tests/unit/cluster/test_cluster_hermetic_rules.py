"""The texts of the hermetic rules."""

from __future__ import annotations

from seatrial.cluster import hermetic, network

COREFILE = """.:53 {
    errors
    health {
       lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
}
"""


def test_the_forward_block_goes_and_everything_else_stays() -> None:
    closed = hermetic.without_forward(COREFILE)
    assert "forward" not in closed
    assert "max_concurrent" not in closed
    kept = [line for line in COREFILE.splitlines() if "forward" not in line and "max_concurrent" not in line]
    kept.remove("    }")  # the one that closed the block
    assert sorted(closed.splitlines()) == sorted(kept)
    assert closed.count("{") == closed.count("}")


def test_a_forward_without_a_block_goes_too() -> None:
    assert hermetic.without_forward(".:53 {\n  forward . 192.0.2.1\n  cache\n}\n") == ".:53 {\n  cache\n}\n"


def test_closing_twice_changes_nothing_more() -> None:
    closed = hermetic.without_forward(COREFILE)
    assert hermetic.without_forward(closed) == closed


def test_the_service_range_is_the_configured_one_or_kinds_default() -> None:
    assert hermetic.service_subnet({}) == "10.96.0.0/16"
    assert hermetic.service_subnet({"networking": {"serviceSubnet": "10.7.0.0/16"}}) == "10.7.0.0/16"
    assert (
        hermetic.service_subnet({"networking": {"serviceSubnet": "fd00::/108,10.8.0.0/16"}}) == "10.8.0.0/16"
    )


def test_the_node_rule_refuses_the_range_ahead_of_the_filter_table() -> None:
    rules = hermetic.node_rules("10.7.0.0/16")
    assert "ip daddr 10.7.0.0/16 counter name untranslated reject" in rules
    assert "hook forward priority -10" in rules


def test_the_host_rule_lets_nodes_talk_to_each_other_only() -> None:
    assert network.egress_rule("br-1") == ["DOCKER-USER", "-i", "br-1", "!", "-o", "br-1", "-j", "REJECT"]
