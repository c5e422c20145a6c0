"""A golden build: everything that must stay the same, byte for byte, while code is moved about.

    python tools/golden.py make FOLDER            # with the commit that is trusted
    python tools/golden.py make OTHER             # with the commit that is in question
    python tools/golden.py compare FOLDER OTHER   # exit code 1, and the first differences by name

`make` runs the command line that is installed beside this interpreter: it builds the dialogues that
ship (engines ``fake`` and ``hibari``, fixed seed; ``--kokoro`` adds the demo of ``make demo``,
``--large`` 48 dialogues with rooms and telephones), exports, labels, mines and hears the result.
`compare` looks into tars and Parquet files, and masks the version of the package, the one thing
that may differ.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
from pathlib import Path

EXPORTS = (
    *("moshi", "lhotse", "lhotse-shar", "nemo", "nemo-duplex", "huggingface", "webdataset"),
    *("original", "textgrid", "elan", "rttm", "ctm", "stm", "seglst", "webvtt", "chat", "ms-swift"),
)
#: What tells when or where it was made, and may differ.
PASSING = re.compile(rb"interactspeech[ /\"':,]+v?(version)?[ \"':]*\d+\.\d+\.\d+[\w.+]*")


def run(arguments: list[str], folder: Path, output: str | None = None) -> None:
    """One command of ours inside `folder`; its standard output is kept as `output`."""
    print("interactspeech", *arguments, flush=True)  # noqa: T201
    done = subprocess.run(
        [sys.executable, "-m", "interactspeech", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"exit code {done.returncode}")
    if output is not None:
        (folder / output).write_bytes(done.stdout)


def make(folder: Path, *, kokoro: bool, large: bool) -> None:
    """All outputs, in a new folder."""
    folder.mkdir(parents=True)
    run(["script", "@demo", "--seed", "5", "-o", "scripts.jsonl"], folder)
    build = ["--seed", "1", "--quiet", "--workers", "2"]
    run(["build", "@demo", "-o", "fake", "--voices", "fake", "--gate", "off", *build], folder)
    run(["build", "@demo", "-o", "hibari", "--voices", "hibari", *build], folder)
    if kokoro:
        run(["build", "@demo", "-o", "kokoro", "--limit", "5", *build], folder)
    if large:
        more = ["--recombine", "--limit", "48", "--acoustics", "light", "--held-out", "0.2"]
        run(["build", "@demo", "-o", "large", "--voices", "hibari", *more, *build], folder)
    for name in EXPORTS:
        run(["export", name, "hibari", "-o", f"export-{name}", "--quiet"], folder)
    wav = ["--audio", "--where", "seconds < 90"]
    run(["export", "rttm", "hibari", "-o", "sound", *wav, "--quiet"], folder)
    run(["annotate", "export-elan", "--json", "-q"], folder, "annotate-elan.jsonl")
    run(["annotate", "fake", "--json", "-q"], folder, "annotate-corpus.jsonl")
    run(["stats", "fake", "--json"], folder, "stats.json")
    run(["detect", "sound", "--json", "-q"], folder, "detect.jsonl")
    run(["mine", "sound", "-o", "mined", "--workers", "1", "--quiet"], folder)


def contents(folder: Path) -> dict[str, str]:
    """A digest of everything below `folder`: files, members of tars, rows of Parquet files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.name.startswith(".") or "/speech/" in name:
            continue
        if path.suffix == ".tar":
            with tarfile.open(path) as tar:
                for member in tar:
                    data = tar.extractfile(member)
                    if data is not None:
                        found[f"{name}//{member.name}"] = digest(data.read())
        elif path.suffix == ".parquet":
            found[name] = digest(rows(path))
        else:
            found[name] = digest(path.read_bytes())
    return found


def rows(path: Path) -> bytes:
    """The rows of a Parquet file as text."""
    import pyarrow.parquet as pq

    # Checksums of shards follow from the members, which are compared by themselves.
    hashes = {"sha256", "checksum"}
    table = pq.read_table(path)
    return repr(table.drop([c for c in table.column_names if c in hashes]).to_pylist()).encode()


def digest(data: bytes) -> str:
    """SHA-256, the package's version masked."""
    return hashlib.sha256(PASSING.sub(b"interactspeech VERSION", data)).hexdigest()


def compare(old: Path, new: Path) -> int:
    """How many things differ; the first of them are printed."""
    before, after = contents(old), contents(new)
    differing = sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
    for name in differing[:40]:
        kind = "gone" if name not in after else "new" if name not in before else "differs"
        print(f"{kind:8} {name}")  # noqa: T201
    print(f"{len(before)} compared, {len(differing)} differ")  # noqa: T201
    return len(differing)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    maker = verbs.add_parser("make")
    maker.add_argument("folder", type=Path)
    maker.add_argument("--kokoro", action="store_true")
    maker.add_argument("--large", action="store_true")
    comparer = verbs.add_parser("compare")
    comparer.add_argument("old", type=Path)
    comparer.add_argument("new", type=Path)
    given = parser.parse_args()
    if given.verb == "make":
        make(given.folder.resolve(), kokoro=given.kokoro, large=given.large)
    elif compare(given.old, given.new):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
