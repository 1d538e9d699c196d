"""What the manifests declare of rollouts and configuration; no cluster is needed with `--manifests PATH`."""

from seatrial.lint.suite import declared

TestDeclared, pytest_generate_tests = declared("delivery")
