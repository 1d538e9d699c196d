"""What the manifests declare of the ways in; no cluster is needed with `--manifests PATH`."""

from seatrial.lint.suite import declared

TestDeclared, pytest_generate_tests = declared("gateway")
