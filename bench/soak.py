"""Disturb commands that write, at random, run them again, and compare with an undisturbed run.

    python bench/soak.py [--mode kills] [--seconds 60] [--seed 0] [--folder FOLDER]

A trial takes one of the commands below on tiny inputs, disturbs it, and runs it to its end. Then
every file must have the bytes of an undisturbed run and no other file may be there.

``kills``: once or twice, after a random time or before a random change of the disk.
``faults``: changes of the disk fail, from a random one on: no space, input/output error, read-only
    or no leave; or files may not grow beyond a random size, as where a disk fills up while a file
    is written. The command must say so by an error of its own or an `OSError`.
``slow``: each change of the disk waits, and the command is killed meanwhile.
``signals``: SIGINT at a random moment of decode, encode, verify or repair: obeyed within 2 s,
    nothing is called damaged, and a repair goes on to the same bytes.

Prints counts as JSON, with the seed of each trial that failed; ``--seed N --seconds 0`` runs trial
N alone. With ``--state FILE`` a run goes on after the last one's seeds and adds to its counts, which
are written after each trial, so that a run may be ended at any moment. Broken input is what `bench/soak_readers.py` and `bench/soak_formats.py` are for.
"""

import argparse
import contextlib
import errno
import hashlib
import http.server
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import numpy as np
from kill_points import KILLED, changes, files, run_until
from made_dialogues import dialogue
from recordings import write_call
from repair_kills import damaged

from interactspeech.atomic_files import write_file
from interactspeech.corpus import Corpus, CorpusWriter, repair, verify
from interactspeech.corpus.exchange import chosen, export, import_corpus
from interactspeech.corpus.merge import merge
from interactspeech.corpus.split import split
from interactspeech.errors import InteractSpeechError
from interactspeech.mining.settings import MineSettings
from interactspeech.models.weights import FromUrl, Weight, WeightStore
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.pipelines.dialogues import write
from interactspeech.pipelines.mining.job import mine
from interactspeech.seeds import generator
from interactspeech.signal.flac import decode_flac, encode_flac
from interactspeech.turntaking.timing import TimingModel
from interactspeech.viewer import write_page


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
    """A finished export is not written again: its folder is refused, as it should be."""
    if (
        not (place / "exported" / "PROVENANCE").exists()
        or (place / "exported" / ".unfinished").exists()
    ):
        export(chosen(Corpus.open(place / "corpus")), place / "exported", "webdataset")


def _import(place: Path) -> None:
    import_corpus(place / "tars", place / "imported", "webdataset")


def _mine(place: Path) -> None:
    settings = MineSettings(words="none", checks=False, balance=None)
    mine([place / "calls"], place / "mined", settings)


def _page(place: Path) -> None:
    write_page([dialogue(1, seconds=0.2)], place / "page")


def _annotate(place: Path) -> None:
    write([dialogue(n, seconds=0.2)[0] for n in range(3)], place / "labels", "textgrid")
    write([dialogue(n, seconds=0.2)[0] for n in range(3)], place / "events.csv")


def _fit(place: Path) -> None:
    TimingModel.human().save(place / "timing.json")


#: Served by this machine; bytes that pack badly, so that a download has many pieces.
WEIGHTS = np.random.default_rng(1).bytes(3_000_000)
PORT: list[int] = []


def _voices(place: Path) -> None:
    """What `voices install` does for each file of weights."""
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    source = FromUrl(f"http://127.0.0.1:{PORT[0]}/weights")
    weight = Weight("voice/weights.bin", digest, len(WEIGHTS), "CC0-1.0", (source,))
    WeightStore(place / "cache", lambda _: None).fetch([weight])


COMMANDS: dict[str, Callable[[Path], None]] = {
    "build": _build, "repair": _repair, "split": _split, "merge": _merge, "import": _import,
    "export": _export, "mine": _mine, "voices install": _voices, "view": _page,
    "annotate": _annotate, "fit": _fit,
}  # fmt: skip


class _Served(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        first = int((self.headers.get("range") or "bytes=0-")[6:].partition("-")[0])
        self.send_response(206 if first else 200)
        self.send_header("content-length", str(len(WEIGHTS) - first))
        self.end_headers()
        with contextlib.suppress(OSError):  # who asked was killed
            self.wfile.write(WEIGHTS[first:])

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def _weights_served():
    """A server in a process of its own, so that no thread is copied into the trials."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Served) as server:
        PORT[:] = [server.server_address[1]]
        child = os.fork()
        if not child:
            server.serve_forever()
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def prepare(place: Path) -> None:
    """What each command starts from, in a folder of its name."""
    damaged(place / "repair" / "corpus")
    for name in ("build", "voices install", "view", "annotate", "fit"):
        (place / name).mkdir()
    for number in range(2):
        write_call(place / "mine" / "calls", f"call{number}", seed=number)
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


#: Ends of a child that was disturbed: an error of ours or of the system, and any other.
NAMED, RAW = 78, 79
FAULTS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.EDQUOT)


def _in_child(action: Callable[[], object], disturb: Callable[[], object]) -> int:
    """Run `action` in a child after `disturb`; its status: 0, `NAMED`, `RAW`, or minus a signal."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.setsid()
    status = RAW
    try:
        disturb()
        action()
        status = 0
    except (InteractSpeechError, OSError):
        status = NAMED
    except BaseException as error:  # noqa: BLE001 - a child must not return into the parent's code
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    os._exit(status)


def _failing(place: Path, first: int, number: int, *, once: bool) -> None:
    """Changes below `place` fail from number `first` on, or that one alone."""
    seen = 0

    def fail(path: str) -> None:
        nonlocal seen
        seen += 1
        if seen == first + 1 or (seen > first and not once):
            raise OSError(number, os.strerror(number), path)

    changes(str(place), fail)


def _growing_to(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


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
        self.slowest = 0.0
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

    def trial(self, mode: str, seed: int) -> None:
        """One command, disturbed and run again."""
        random = generator(seed, "soak", mode)
        if mode == "signals":
            self._signalled(seed, random)
            return
        name = list(COMMANDS)[seed % len(COMMANDS)]
        wanted, seconds = self.wanted[name]
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.starts / name, self.work)
        disturb = {"kills": self._kill, "faults": self._fault, "slow": self._slow}[mode]
        for _ in range(int(random.integers(1, 3))):
            count = disturb(name, seconds, random, seed)
            self.counts[f"{mode} of {name}"] += count
            self.counts[mode] += count
        status = self._run(name, None, fresh=False)
        self.counts["trials"] += 1
        there = _content(self.work)
        if status:
            self.wrong.append(f"seed {seed}: {name} could not be run again")
        elif there != wanted:
            names = sorted(n for n in wanted.keys() | there if wanted.get(n) != there.get(n))
            self.wrong.append(f"seed {seed}: {name} left {', '.join(names[:5])}")

    def _kill(self, name: str, seconds: float, random: np.random.Generator, seed: int) -> bool:
        del seed
        if random.random() < 0.3:
            after = float(random.uniform(0, seconds))
            return _killed_after(lambda: COMMANDS[name](self.work), after)
        return self._run(name, int(60 ** random.random()) - 1, fresh=False) == KILLED

    def _slow(self, name: str, seconds: float, random: np.random.Generator, seed: int) -> bool:
        del seed
        wait = float(random.uniform(0.001, 0.02))

        def action() -> None:
            changes(str(self.work), lambda _: time.sleep(wait))
            COMMANDS[name](self.work)

        return _killed_after(action, float(random.uniform(0, 3 * seconds)))

    def _fault(self, name: str, seconds: float, random: np.random.Generator, seed: int) -> bool:
        del seconds
        first, number = int(60 ** random.random()) - 1, int(random.choice(FAULTS))
        once, size = bool(random.random() < 0.5), int(10 ** random.uniform(2, 5.5))
        grown = random.random() < 0.3

        def disturb() -> None:
            if grown:
                _growing_to(size)
            else:
                _failing(self.work, first, number, once=once)

        status = _in_child(lambda: COMMANDS[name](self.work), disturb)
        if status not in (0, NAMED):
            what = f"files of {size} bytes" if grown else f"{errno.errorcode[number]} at {first}"
            self.wrong.append(f"seed {seed}: {name} ended with {status} after {what}")
        return status == NAMED

    def _signalled(self, seed: int, random: np.random.Generator) -> None:
        name = ("decode", "encode", "verify", "repair")[seed % 4]
        start = "repair" if name == "repair" else "split"
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.starts / start, self.work)
        sound = np.random.default_rng(seed).uniform(-0.5, 0.5, (2, 400_000)).astype(np.float32)
        flac = encode_flac(sound, 16_000)
        work: dict[str, Callable[[], object]] = {
            "decode": lambda: decode_flac(flac), "encode": lambda: encode_flac(sound, 16_000),
            "verify": lambda: list(verify(self.work / "corpus")),
            "repair": lambda: repair(self.work / "corpus"),
        }  # fmt: skip
        status, waited = _interrupted(work[name], float(random.uniform(0, 0.3)), name)
        self.counts[f"signals to {name}"] += 1
        self.counts["signals"] += 1
        self.slowest = max(self.slowest, waited)
        if waited > 2 or status not in ({130, 0} if name == "repair" else {130}):
            self.wrong.append(
                f"seed {seed}: {name} ended with {status} {waited:.2f} s after SIGINT"
            )
        if name == "repair":
            status = self._run("repair", None, fresh=False)
            if status or _content(self.work) != self.wanted["repair"][0]:
                self.wrong.append(f"seed {seed}: what SIGINT left of repair differs")


def _interrupted(action: Callable[[], object], after: float, name: str) -> tuple[int, float]:
    """Send SIGINT to a child that repeats `action`; how it ended, and how many seconds later."""
    read, ready = os.pipe()
    child = os.fork()
    if not child:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        status = RAW
        try:
            os.write(ready, b"x")
            while True:
                found = action()
                if name == "verify" and found:
                    break  # damage where there is none
                if name == "repair":
                    status = 0
                    break
        except KeyboardInterrupt:
            status = 130
        except BaseException as error:  # noqa: BLE001 - as above
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        os._exit(status)
    os.read(read, 1)
    os.close(read)
    os.close(ready)
    time.sleep(after)
    began = time.monotonic()
    os.kill(child, signal.SIGINT)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=["kills", "faults", "slow", "signals"], default="kills")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--trials", type=int, help="end after so many, whatever the time")
    parser.add_argument("--seed", type=int, default=0, help="of the first trial")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder otherwise")
    parser.add_argument("--state", type=Path, help="go on with the counts and seeds of this file")
    options = parser.parse_args()
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, _weights_served():
        soak = Soak(Path(folder))
        if options.state is not None and options.state.exists():
            state = json.loads(options.state.read_text("utf-8"))
            options.seed = max(options.seed, state.pop("next_seed"))
            soak.wrong, soak.slowest = state.pop("wrong"), state.pop("slowest")
            soak.counts.update(state)
        seed = options.seed
        end = time.monotonic() + options.seconds
        last = options.seed + options.trials if options.trials else None
        while seed == options.seed or (seed < last if last else time.monotonic() < end):
            soak.trial(options.mode, seed)
            seed += 1
            if options.state is not None:
                state = {**soak.counts, "wrong": soak.wrong, "slowest": soak.slowest,
                         "next_seed": seed}  # fmt: skip
                write_file(options.state, json.dumps(state, indent=1).encode(), sync=False)
            if seed % 50 == 0:
                print(f"{seed} trials, {len(soak.wrong)} wrong", file=sys.stderr, flush=True)
    found = {**dict(sorted(soak.counts.items())), "wrong": soak.wrong}
    if options.mode == "signals":
        found["slowest"] = round(soak.slowest, 2)
    print(json.dumps(found, indent=1))
    sys.exit(bool(soak.wrong))


if __name__ == "__main__":
    main()
