"""What the manifests declare of probes, replicas and budgets; no cluster is needed with `--manifests`."""

from seatrial.lint.suite import declared

TestDeclared, pytest_generate_tests = declared("orchestration")
