"""Build the wheel and see that it holds what it should, and works where it should.

    python tools/check_wheel.py [--python python3.12 ...]

The wheel must hold every tracked file of ``src/interactspeech`` and nothing else but its metadata,
the shipped models with the hashes in their list, and the licence. With ``--python`` it is installed
into a new environment of that interpreter, without its dependencies' sources, and asked for its
version, a demo corpus and a `doctor`.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = "src/"
MODELS = "interactspeech/listener/data"


def tracked() -> set[str]:
    """Files of the package in the repository, as they are named in a wheel."""
    command = ["git", "ls-files", "-z", f"{SOURCE}interactspeech"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    return {name.decode().removeprefix(SOURCE) for name in listed.split(b"\0") if name}


def faults(wheel: Path) -> list[str]:
    """What is wrong with a wheel's content."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        inside = {name for name in names if ".dist-info/" not in name}
        wrong = [f"lacks {name}" for name in sorted(tracked() - inside)]
        wrong += [f"holds {name}" for name in sorted(inside - tracked())]
        if not any(name.endswith("/licenses/LICENSE") for name in names):
            wrong.append("lacks the licence")
        for line in archive.read(f"{MODELS}/SHA256SUMS").decode().splitlines():
            digest, name = line.split("  ", 1)
            if hashlib.sha256(archive.read(f"{MODELS}/{name}")).hexdigest() != digest:
                wrong.append(f"{MODELS}/{name} is not what SHA256SUMS says")
    return wrong


def try_on(python: str, wheel: Path, folder: Path) -> None:
    """Install the wheel for an interpreter and use it.

    Raises:
        subprocess.CalledProcessError: something of it fails; its output was shown.
    """
    place = Path(tempfile.mkdtemp(prefix="environment-", dir=folder))
    subprocess.run([python, "-m", "venv", str(place)], check=True)
    binaries = place / ("Scripts" if sys.platform == "win32" else "bin")
    own = str(binaries / "python")
    install = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--only-binary", ":all:", str(wheel)], check=True)
    command = [str(binaries / "interactspeech")]
    corpus = str(place / "demo")
    subprocess.run([*command, "--version"], check=True)
    build = [*command, "build", "@demo", "--voices", "fake", "--limit", "1", "-o", corpus]
    subprocess.run([*build, "--quiet"], check=True, cwd=folder)
    subprocess.run([*command, "corpus", "verify", corpus], check=True, cwd=folder)


def main() -> int:
    """1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", action="append", default=[], metavar="INTERPRETER")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", name]
        subprocess.run(build, cwd=ROOT, check=True)
        (wheel,) = folder.glob("*.whl")
        wrong = faults(wheel)
        for line in wrong:
            print(f"{wheel.name} {line}", file=sys.stderr)  # noqa: T201
        for python in options.python:
            try_on(python, wheel, folder)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
