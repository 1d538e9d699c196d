"""Waivers: a reason and a date, or they are findings themselves."""

from __future__ import annotations

from typing import Any

import pytest
from declared_manifests import BAD_TAG, SOUND, TAG, Files, Run, waived

from seatrial.declared.rule import RULES


def test_a_waived_finding_is_shown_as_waived_and_does_not_count(files: Files, report: Run) -> None:
    code, found = report(*files(a_dot_yaml=waived("moves with the registry; until 2999-01-31")), *TAG)
    assert code == 0
    assert found["findings"][0]["waived"] == {"reason": "moves with the registry", "until": "2999-01-31"}


def test_an_expired_waiver_is_a_finding_and_what_it_covered_counts_again(files: Files, report: Run) -> None:
    names = "container.image-tag,delivery.waiver-expired"
    code, found = report(*files(a_dot_yaml=waived("soon; until 2020-01-31")), "--select", names)
    assert code == 1
    assert {finding["rule"] for finding in found["findings"]} == set(names.split(","))
    assert not any(finding["waived"] for finding in found["findings"])


def test_a_waiver_that_waives_nothing_is_a_finding_only_if_its_rule_ran(files: Files, report: Run) -> None:
    (name,) = files(a_dot_yaml=waived("nothing; until 2999-01-31", SOUND))
    assert report(name, "--select", "container.image-tag,delivery.waiver-matches")[0] == 1
    assert report(name, "--select", "container.image-digest,delivery.waiver-matches")[0] == 0


def test_waivers_of_a_system_file(files: Files, report: Run) -> None:
    text = "waivers:\n- {rule: %s, object: Deployment/web, reason: soon gone, until: %s}\n"
    bad, good, expired, unmatched = files(
        a_dot_yaml=BAD_TAG,
        good_dot_yaml=text % ("container.image-tag", "2999-01-31"),
        expired_dot_yaml=text % ("container.image-tag", "2020-01-31"),
        unmatched_dot_yaml=text % ("container.no-ssh", "2999-01-31"),
    )
    selected = ["--select", "container,delivery.waiver-expired,delivery.waiver-matches"]
    assert report(bad, *selected, "--system", good)[0] == 0
    assert report(bad, *selected, "--system", expired)[0] == 1
    code, found = report(bad, *selected, "--system", unmatched)
    unmatched_finding = next(f for f in found["findings"] if f["rule"] == "delivery.waiver-matches")
    assert (code, unmatched_finding["line"], unmatched_finding["file"]) == (1, 2, unmatched)


def test_a_rule_that_breaks_is_an_error_never_a_pass(
    files: Files, report: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_subject: object) -> Any:
        raise KeyError("oops")

    rule = RULES["container.image-tag"]
    monkeypatch.setitem(RULES, rule.id, rule._replace(check=broken))
    code, found = report(*files(a_dot_yaml=SOUND), *TAG)
    assert code == 2
    assert found["faults"][0]["reason"] == "KeyError: 'oops'"
