"""Count the sockets that commands open and the files that they write, under strace.

    python bench/telemetry.py [detect build mine "train events"]

Each command runs on a tiny input with a cache of its own, and home and temporary folders that are
watched. Printed are sockets of the Internet (each ``socket`` or ``connect`` of AF_INET, AF_INET6), and
files that were created or written outside the command's own folders: output, cache, ``/dev``, ``/proc``.
The exit code is 1 where there are any.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from recordings import write_call

_CALL = re.compile(r"(?P<name>openat|open|creat|mkdir|mkdirat|rename|renameat|renameat2)\(")
_TRACED = "trace=socket,connect,sendto,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2"
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
_INET = re.compile(r"(?:socket|connect|sendto)\([^)]*AF_INET6?\b")


def commands(place: Path) -> dict[str, list[list[str]]]:
    """Name -> command lines; of several, the last one is watched."""
    write_call(place / "in", "call")
    call = str(place / "in" / "call.wav")
    out = str(place / "out")
    build = ["build", "@demo", "--voices", "fake", "--limit", "3", "--workers", "1", "-q"]
    return {
        "detect": [["detect", call, "-o", f"{out}/detected.json"]],
        "build": [[*build, "-o", f"{out}/built"]],
        "mine": [
            [
                "mine",
                call,
                "-o",
                f"{out}/mined",
                "--words",
                "none",
                "--no-checks",
                "--workers",
                "1",
                "-q",
            ]
        ],
        "train events": [
            [*build, "-o", f"{out}/corpus"],
            ["train", "events", f"{out}/corpus", "-o", f"{out}/listener", "--batches", "1"],
        ],
    }


def watched(line: list[str], place: Path) -> dict[str, object]:
    """Run a command line under strace."""
    home, tmp, log = place / "home", place / "tmp", place / "strace.log"
    for folder in (home, tmp, place / "out"):
        folder.mkdir(exist_ok=True)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "HF_"))},
        "HOME": str(home), "TMPDIR": str(tmp), "INTERACTSPEECH_CACHE": str(place / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    trace = ["strace", "-f", "-qq", "-e", _TRACED, "-o", str(log)]
    done = subprocess.run(
        [*trace, sys.executable, "-m", "interactspeech", *line], env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    sockets: list[str] = []
    files: set[str] = set()
    ours = tuple(str(place / name) for name in ("out", "cache", "tmp", "home"))
    for entry in log.read_text("utf-8", "replace").splitlines():
        if _INET.search(entry):
            sockets.append(entry.split(" ", 1)[-1][:100])
        call = _CALL.search(entry)
        if call is None or " = -1 " in entry:
            continue
        if call["name"] in {"openat", "open"} and not re.search(r"O_(?:WRONLY|RDWR|CREAT)", entry):
            continue
        for path in _PATH.findall(entry):
            where = str(Path(path).absolute())
            if where.startswith((*ours[:2], "/dev/", "/proc/")):
                continue
            files.add(where)
    tail = done.stderr.strip().splitlines()[-1:]
    kept = {path for path in files if Path(path).exists()}
    return {
        "exit": done.returncode, "sockets": sockets, "files outside": sorted(kept),
        "removed again": len(files - kept), **({"says": tail} if done.returncode else {}),
    }  # fmt: skip


def main() -> int:
    """1 where a socket was opened, or a file was left outside."""
    if shutil.which("strace") is None:
        print("strace is not installed", file=sys.stderr)
        return 2
    wrong = False
    found = {}
    for name in sys.argv[1:] or ("detect", "build", "mine", "train events"):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            for line in commands(place)[name]:
                found[name] = watched(line, place)
            wrong |= bool(found[name]["sockets"] or found[name]["files outside"])
            print(json.dumps({name: found[name]}), flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
