"""Kill commands that write, at random, run them again, and compare with an undisturbed run.

    python bench/soak.py [--seconds 60] [--seed 0] [--folder FOLDER]

A trial takes one of build, repair, split, merge, import and export on a tiny corpus, kills it once
or twice (after a random time, or before a random change of the disk), and runs it to its end. Then
every file must have the bytes of an undisturbed run and no other file may be there. Prints counts
as JSON, with the seed of each trial that failed; ``--seed N --seconds 0`` runs trial N alone.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from kill_points import KILLED, files, run_until
from made_dialogues import dialogue
from repair_kills import damaged

from interactspeech.corpus import Corpus, CorpusWriter, StoreError, repair
from interactspeech.corpus.exchange import chosen, export, import_corpus
from interactspeech.corpus.merge import merge
from interactspeech.corpus.split import split
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.seeds import generator


def _build(place: Path) -> None:
    build(["@demo"], place / "built", BuildSettings(seed=5, voices=("fake",), limit=3))


def _repair(place: Path) -> None:
    repair(place / "corpus")


def _split(place: Path) -> None:
    split(Corpus.open(place / "corpus"), {"train": 0.5, "test": 0.5}, apart=())


def _merge(place: Path) -> None:
    one = Corpus.open(place / "corpus")
    merge([one, one], place / "merged", prefixes=["a-", "b-"])


def _export(place: Path) -> None:
    """A finished export is refused, as it should be; one killed before its end is written anew."""
    try:
        export(chosen(Corpus.open(place / "corpus")), place / "exported", "webdataset")
    except StoreError:
        if not (place / "exported" / "PROVENANCE").exists():
            raise


def _import(place: Path) -> None:
    import_corpus(place / "tars", place / "imported", "webdataset")


COMMANDS: dict[str, Callable[[Path], None]] = {
    "build": _build, "repair": _repair, "split": _split, "merge": _merge, "import": _import,
    "export": _export,
}  # fmt: skip


def prepare(place: Path) -> None:
    """What each command starts from, in a folder of its name."""
    damaged(place / "repair" / "corpus")
    (place / "build").mkdir()
    with CorpusWriter(place / "split" / "corpus", {"seed": 2}) as writer:
        for number in range(3):
            with writer.shard(number) as shard:
                for k in range(3):
                    shard.add(*dialogue(number * 3 + k, seconds=0.1))
                shard.finish()
        writer.finish(3)
    for name in ("merge", "export"):
        shutil.copytree(place / "split", place / name)
    corpus = Corpus.open(place / "split" / "corpus")
    export(chosen(corpus), place / "import" / "tars", "webdataset")


def _content(root: Path) -> dict[str, bytes]:
    return {name: data for name, data in files(root).items() if ".lock" not in name}


def _killed_after(action: Callable[[], object], seconds: float) -> bool:
    """Run `action` in a child that is killed after so many seconds; whether it was."""
    child = os.fork()
    if not child:
        os.setsid()
        try:
            action()
        finally:
            os._exit(0)
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):  # it may have come to its end
        os.killpg(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


class Soak:
    """Trials in a folder of their own; `counts` holds what happened."""

    def __init__(self, folder: Path) -> None:
        self.starts, self.work = folder / "starts", folder / "work"
        prepare(self.starts)
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.wanted: dict[str, tuple[dict[str, bytes], float]] = {}
        for name in COMMANDS:
            began = time.monotonic()
            if status := self._run(name, None):
                raise RuntimeError(f"an undisturbed {name} ended with {status}")
            self.wanted[name] = (_content(self.work), time.monotonic() - began)

    def _run(self, name: str, change: int | None, *, fresh: bool = True) -> int:
        if fresh:
            shutil.rmtree(self.work, ignore_errors=True)
            shutil.copytree(self.starts / name, self.work)
        return run_until(lambda: COMMANDS[name](self.work), self.work, change)

    def trial(self, seed: int) -> None:
        """One command, killed and run again."""
        random = generator(seed, "soak")
        name = list(COMMANDS)[seed % len(COMMANDS)]
        wanted, seconds = self.wanted[name]
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.starts / name, self.work)
        for _ in range(int(random.integers(1, 3))):
            if random.random() < 0.3:
                after = float(random.uniform(0, seconds))
                killed = _killed_after(lambda: COMMANDS[name](self.work), after)
            else:
                killed = self._run(name, int(60 ** random.random()) - 1, fresh=False) == KILLED
            self.counts[f"kills of {name}"] += killed
            self.counts["kills"] += killed
        status = self._run(name, None, fresh=False)
        self.counts["trials"] += 1
        self.counts[f"trials of {name}"] += 1
        there = _content(self.work)
        if status:
            self.wrong.append(f"seed {seed}: {name} could not be run again")
        elif there != wanted:
            names = sorted(n for n in wanted.keys() | there if wanted.get(n) != there.get(n))
            self.wrong.append(f"seed {seed}: {name} left {', '.join(names[:5])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0, help="of the first trial")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder otherwise")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        soak, seed = Soak(Path(folder)), options.seed
        end = time.monotonic() + options.seconds
        while seed == options.seed or time.monotonic() < end:
            soak.trial(seed)
            seed += 1
    print(json.dumps({**dict(sorted(soak.counts.items())), "wrong": soak.wrong}, indent=1))
    sys.exit(bool(soak.wrong))


if __name__ == "__main__":
    main()
