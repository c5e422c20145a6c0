"""Kill a process before each change that it makes on the disk: what is left must be enough.

Changes are seen through Python's audit events, so the code under test needs no hooks. A child that
is killed runs no `finally` and flushes nothing, as under ``kill -9``.
"""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

KILLED = 77
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset(
    ("os.rename", "os.remove", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate")
)


def run_until(action: Callable[[], object], place: Path, change: int | None) -> int:
    """Run `action` in a child that dies before its change number `change` (from 0) below `place`.

    Returns:
        The child's exit status: `KILLED`, 0 when it came to its end, or 1 after an error.
    """
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        if change is not None:
            _die_before(change, str(place))
        action()
        status = 0
    except BaseException:  # noqa: BLE001 - a child must not return into the parent's code
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(status)


def _die_before(change: int, place: str) -> None:
    seen = 0

    def count(_: str) -> None:
        nonlocal seen
        if seen == change:
            os._exit(KILLED)
        seen += 1

    changes(place, count)


def changes(place: str, before: Callable[[str], object]) -> None:
    """Call `before` with the path of each change below `place` that this process is going to make.

    What it raises is raised where the change would have been made. It cannot be undone.
    """

    def hook(event: str, args: tuple[object, ...]) -> None:
        is_change = event in _CHANGES or (
            event == "open" and isinstance(args[2], int) and bool(args[2] & _WRITES)
        )
        if not is_change or not isinstance(args[0], str | os.PathLike):
            return
        if os.fspath(args[0]).startswith(place):
            before(os.fspath(args[0]))

    sys.addaudithook(hook)


def files(root: Path) -> dict[str, bytes]:
    """Every file and folder below `root` but the builder's lock, with the files' content."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else b"(folder)"
        for path in sorted(root.rglob("*"))
        if not path.name.startswith(".lock")
    }
