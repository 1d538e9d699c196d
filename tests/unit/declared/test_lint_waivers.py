"""Waivers: a reason and a date, or they are findings themselves."""

from __future__ import annotations

from typing import Any

import pytest
from declared_manifests import BAD_TAG, SOON, SOUND, TAG, Files, Run, waived

from seatrial.declared.rule import RULES


def test_a_waived_finding_is_shown_as_waived_and_does_not_count(files: Files, report: Run) -> None:
    code, found = report(*files(a_dot_yaml=waived(f"moves with the registry; until {SOON}")), *TAG)
    assert code == 0
    assert found["findings"][0]["waived"] == {"reason": "moves with the registry", "until": SOON}


def test_an_expired_waiver_is_a_finding_and_what_it_covered_counts_again(files: Files, report: Run) -> None:
    names = "container.image-tag,delivery.waiver-expired"
    code, found = report(*files(a_dot_yaml=waived("soon; until 2020-01-31")), "--select", names)
    assert code == 1
    assert {finding["rule"] for finding in found["findings"]} == set(names.split(","))
    assert not any(finding["waived"] for finding in found["findings"])


def test_a_waiver_that_waives_nothing_is_a_finding_only_if_its_rule_ran(files: Files, report: Run) -> None:
    (name,) = files(a_dot_yaml=waived(f"nothing; until {SOON}", SOUND))
    assert report(name, "--select", "container.image-tag,delivery.waiver-matches")[0] == 1
    assert report(name, "--select", "container.image-digest,delivery.waiver-matches")[0] == 0


def test_waivers_of_a_system_file(files: Files, report: Run) -> None:
    text = "waivers:\n- {rule: %s, object: Deployment/web, reason: soon gone, until: %s}\n"
    bad, good, expired, unmatched = files(
        a_dot_yaml=BAD_TAG,
        good_dot_yaml=text % ("container.image-tag", SOON),
        expired_dot_yaml=text % ("container.image-tag", "2020-01-31"),
        unmatched_dot_yaml=text % ("container.no-ssh", SOON),
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


def test_a_waiver_lasts_two_years_at_most(files: Files, report: Run) -> None:
    names = "container.image-tag,delivery.waiver-form"
    year = int(SOON[:4])
    (long, fits) = files(
        long_dot_yaml=waived(f"for ever; until {year + 2}-12-31"),
        fits_dot_yaml=waived(f"a while; until {year + 1}-01-01"),
    )
    code, found = report(long, "--select", names)
    assert code == 1
    seen = {finding["rule"]: finding["seen"] for finding in found["findings"] if not finding["waived"]}
    assert seen.keys() == set(names.split(","))
    assert "more than 2 years from now" in seen["delivery.waiver-form"]
    assert report(fits, "--select", names)[0] == 0


def test_unknown_keys_of_a_system_file_are_errors(files: Files, report: Run) -> None:
    entry = f"{{rule: container.image-tag, object: Deployment/web, reason: soon, until: {SOON}}}"
    bad, top, inner, other = files(
        a_dot_yaml=BAD_TAG,
        top_dot_yaml=f"waivers: [{entry}]\nwaiver: []\n",
        inner_dot_yaml=f"waivers:\n- {entry.replace('object', 'objekt')}\n",
        other_dot_yaml="- a list\n",
    )
    for name, told in ((top, "unknown key `waiver`"), (inner, "unknown key `waivers.0.objekt`")):
        code, found = report(bad, *TAG, "--system", name)
        assert code == 2
        assert f"{name}:2: {told}" in found["error"]
        assert "did you mean" in found["error"]
    code, found = report(bad, *TAG, "--system", other)
    assert (code, "holds no mapping" in found["error"]) == (2, True)
