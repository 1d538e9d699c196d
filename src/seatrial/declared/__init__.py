"""Rules over decoded Kubernetes objects: what the manifests declare. Pure: no I/O, no clock.

`Graph` (graph.py) turns decoded objects into workloads and their references, `examine` (engine.py) applies
rules to it. A rule stands in rules/ next to its metadata; `catalogue` (catalogue.py) lists them all.

Nothing here imports more than the standard library's small modules: `seatrial lint` is a short process, and
start-up is most of what a person waits for.
"""
