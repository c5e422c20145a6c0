"""What benches ask of the machine: the processor time of a call, and git about a working tree."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def best(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of processor time of the fastest of some calls."""
    found = []
    for _ in range(times):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def git(tree: Path, *words: str) -> str:
    """What git says, without the line's end."""
    command = ["git", "-C", str(tree), *words]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
