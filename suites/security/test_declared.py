"""What the manifests declare of hardening, rights, secrets; no cluster is needed with `--manifests`."""

from seatrial.lint.suite import declared

TestDeclared, pytest_generate_tests = declared("security")
