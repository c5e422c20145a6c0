"""Install the package with the lowest or the newest versions that it allows, and run its tests.

    python tools/try_versions.py lowest [--extra tts ...] [--python python3.11] [-- PYTEST...]
    python tools/try_versions.py newest [--extra tts ...]

For a scheduled job: `constraints.txt` pins what `make test` uses, so nobody else notices when a new
version of a dependency, or the oldest one that pyproject.toml still allows, does not work. Lowest
means each direct dependency at its lower bound; what those need is pip's choice.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BOUND = re.compile(r"^(?P<name>[\w.-]+)(?:\[[^\]]*\])?>=(?P<low>[\w.]+)$")
#: Rooms whose tests need the base install alone.
TESTS = ("tests/records", "tests/corpus/test_store.py", "tests/test_csv_rows.py", "tests/lexicon",
         "tests/turntaking/test_laws.py", "tests/formats")  # fmt: skip


def lower_bounds(extras: list[str]) -> list[str]:
    """``name==bound`` of each direct dependency, those of extras too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    found = (_BOUND.match(line.replace(" ", "")) for line in lines)
    return [f"{one['name']}=={one['low']}" for one in found if one]


def main() -> int:
    """The exit code of pytest, or of pip."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=["lowest", "newest"])
    parser.add_argument("--extra", action="append", default=[], metavar="NAME")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("pytest", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        subprocess.run([options.python, "-m", "venv", str(place / "venv")], check=True)
        own = str(place / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python")
        bounds = place / "constraints.txt"
        lines = lower_bounds(options.extra) if options.which == "lowest" else []
        bounds.write_text("\n".join(lines) + "\n", "utf-8")
        what = f"{ROOT}[{','.join(options.extra)}]" if options.extra else str(ROOT)
        install = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # The tests' own packages, whatever their version.
        extra = ["pytest", "hypothesis", "jsonschema", "pandas", "polars"]
        done = subprocess.run([*install, "--constraint", str(bounds), what, *extra], check=False)
        if done.returncode:
            return done.returncode
        subprocess.run([own, "-m", "pip", "freeze"], check=True)
        tests = options.pytest or ["-q", "-m", "not slow", *TESTS]
        command = [own, "-m", "pytest", "-p", "no:cacheprovider", "-W", "default", *tests]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
