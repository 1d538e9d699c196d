"""`make bench`: prints every number that matters, and judges none: timings depend on the machine."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run every benchmark, or those named on the command line (`python -m benchmarks start lint`)."""
    names = sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if m.name != "__main__")
    wanted = [f"bench_{name}" for name in sys.argv[1:]] or names
    for name in wanted:
        if name not in names:
            print(f"no benchmark {name}; there are {', '.join(n.removeprefix('bench_') for n in names)}")
            return 2
    for name in wanted:
        print(f"\n== {name.removeprefix('bench_')} " + "=" * 60, flush=True)
        # Each in a process of its own: a child's peak memory includes what its parent held when it forked.
        call = f"from benchmarks.{name} import main; main()"
        done = subprocess.run([sys.executable, "-c", call], check=False)
        if done.returncode:
            return done.returncode
    return 0


sys.exit(main())
