"""All checks are unsupported or skipped: nothing is proven, and no exit code is 0 unless it is accepted."""

import pytest
from dry_checks import DECLARED as FORM
from dry_checks import a_check


class TestNothingPassed:
    SKIPPED = a_check("off", "pytest.skip('not today')")
    GOLD = a_check("gold", "return says(Outcome.PASSED)", scenario="'golden'")
    DECLARED = a_check("said", "return says(Outcome.PASSED)", form=FORM)
    NO_CHECK = "\ndef test_plain():\n    pass\n"

    @pytest.mark.parametrize(
        ("checks", "accept", "code"),
        [
            ([SKIPPED], (), 1),
            ([GOLD], (), 1),
            ([GOLD, NO_CHECK], (), 1),
            ([GOLD, DECLARED], (), 1),
            ([SKIPPED], ("skipped",), 0),
            ([GOLD], ("unsupported",), 0),
            ([GOLD], ("skipped",), 1),
            ([GOLD, SKIPPED], ("unsupported",), 1),
            ([GOLD, SKIPPED], ("unsupported", "skipped"), 0),
            ([DECLARED], (), 0),
            ([NO_CHECK], (), 0),
            ([a_check("bad", "return says(Outcome.FAILED)"), GOLD], ("unsupported",), 1),
        ],
    )
    def test_is_no_exit_code_0_unless_that_is_accepted(self, run_checks, recorded, checks, accept, code):
        result = run_checks(*checks, options=[f"--accept={name}" for name in accept])
        assert result.ret == code
        if checks != [self.NO_CHECK]:
            run = recorded()
            assert [tool["exit_code"] for tool in run.tools] == [code]
            assert run.accepted == set(accept)

    def test_it_is_said_and_so_is_what_was_accepted(self, run_checks, monkeypatch):
        assert "no check passed, so the exit code is not 0 (--accept unsupported accepts it)" in (
            run_checks(self.GOLD).stdout.str()
        )
        monkeypatch.setenv("SEATRIAL_ACCEPT", "unsupported,skipped")
        result = run_checks(self.GOLD)
        assert result.ret == 0
        result.stdout.fnmatch_lines(["accepted in place of a pass: unsupported*"])

    @pytest.mark.parametrize("outcome", ["failed", "error", "inconclusive", "passed", "anything"])
    def test_nothing_else_can_be_accepted(self, run_checks, monkeypatch, outcome):
        assert run_checks(self.GOLD, options=["--accept", outcome]).ret == pytest.ExitCode.USAGE_ERROR
        monkeypatch.setenv("SEATRIAL_ACCEPT", outcome)
        assert run_checks(self.GOLD).ret == pytest.ExitCode.USAGE_ERROR
