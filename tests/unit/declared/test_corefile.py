"""How long CoreDNS keeps that a name is absent, by its configuration."""

import pytest

from seatrial.declared.corefile import absent_kept_seconds

KIND = """.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       ttl 30
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    %s
    loop
}
example.test:53 {
    cache 900
}
"""


@pytest.mark.parametrize(
    ("cache", "kept"),
    [
        ("cache 30", 30), ("cache 10 cluster.local", 10), ("cache", 30), ("cache 300", 30),
        ("# cache 30", None), ("", None),
        ("cache 30 {\n   denial 9984 5\n }", 5), ("cache 20 {\n   denial 9984\n }", 20),
    ],
)  # fmt: skip
def test_the_lesser_of_the_cache_and_the_zone(cache: str, kept: int | None) -> None:
    assert absent_kept_seconds(KIND % cache) == kept


def test_without_its_option_the_zone_answers_for_five_seconds() -> None:
    assert absent_kept_seconds((KIND % "cache 30").replace("ttl 30", "")) == 5
    assert absent_kept_seconds("") is None
