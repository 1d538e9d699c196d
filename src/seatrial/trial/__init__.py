"""One system, up and observed: what suites, drills and load have in common."""
