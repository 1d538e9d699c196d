"""What the manifests declare of autoscalers; no cluster is needed with `--manifests PATH`."""

from seatrial.lint.suite import declared

TestDeclared, pytest_generate_tests = declared("scaling")
