"""Another commit's Kokoro beside this one: speed, words heard, where words begin."""

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
from json import dumps, loads
from pathlib import Path

import numpy as np
from bench_voices import SENTENCES, Plain, dnsmos, heard, table, voices_of
from commands import git
from kokoro_build import asked

#: Speaks with the package that the environment says: a line of JSON in, one out, samples in a file.
SPEAKER = """
import json, sys, time
import numpy as np
try:
    from interactspeech.tts import Style, engine
except ImportError:
    from interactspeech.voices import Style, engine
speaker = engine("kokoro")
speaker.speak("Hello there, how are you?", "af_heart")
for line in sys.stdin:
    text, voice, speed, path = json.loads(line)
    begin = time.process_time()
    speech = speaker.speak(text, voice, Style(speed=speed))
    took = time.process_time() - begin
    np.save(path, speech.samples)
    words = [(word.start, word.end) for word in speech.words]
    print(json.dumps([took, speech.rate, words]), flush=True)
"""


class Spoken:
    """What one commit said: seconds of the processor, samples, bounds of the words.

    It is kept in a file, so that an interrupted run goes on.
    """

    def __init__(self, tree: Path) -> None:
        commit = git(tree, "rev-parse", "--short", "HEAD")
        self.commit = commit
        self._tree = tree
        self._file = Path(tempfile.gettempdir()) / f"interactspeech-bench-kokoro-{commit}.pickle"
        self._known: dict[tuple[str, str, float], tuple[float, Plain, list[tuple[int, int]]]] = {}
        if self._file.is_file():
            self._known = pickle.loads(self._file.read_bytes())
        self._process: subprocess.Popen[str] | None = None
        self.took: list[float] = []
        self.said: list[tuple[str, Plain]] = []
        self.words: list[list[tuple[int, int]]] = []

    def speak(self, call: tuple[str, str, float]) -> None:
        if call not in self._known:
            self._known[call] = self._spoken(call)
            self._file.write_bytes(pickle.dumps(self._known))
        took, sound, words = self._known[call]
        self.took.append(took)
        self.said.append((call[0], sound))
        self.words.append(words)

    def _spoken(self, call: tuple[str, str, float]) -> tuple[float, Plain, list[tuple[int, int]]]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", SPEAKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(self._tree / "src"), "OMP_NUM_THREADS": "1"},
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        path = self._file.with_suffix(".npy")
        self._process.stdin.write(dumps([*call, str(path)]) + "\n")
        self._process.stdin.flush()
        took, rate, words = loads(self._process.stdout.readline())
        return took, Plain(np.load(path), rate), words

    def close(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()

    @property
    def seconds(self) -> np.ndarray:
        return np.asarray([len(one.samples) / one.rate for _, one in self.said])


def before(options: argparse.Namespace) -> str:
    """Another commit's engine and this one's, text by text in turn."""
    sides = [Spoken(options.before.resolve()), Spoken(Path(__file__).parents[1])]
    old, new = sides
    commit = old.commit
    voices = voices_of("kokoro")
    texts = [text for text in SENTENCES if len(text) > 30][: options.sentences]
    calls = [(text, voices[i % len(voices)], 1.0) for i, text in enumerate(texts)]
    lines = [call for dialogue in asked(options.dialogues) for call in dialogue]
    calls += [(text, voice, style.speed) for text, voice, style in lines]
    kinds = np.repeat([0, 1], [len(texts), len(lines)])
    for number, call in enumerate(calls):
        for side in sides if number % 2 else sides[::-1]:
            side.speak(call)
        print(number, *(f"{side.took[-1]:.2f}" for side in sides), call[0][:40], flush=True)
    for side in sides:
        side.close()
    rows = []
    for name, kind in (("sentences", 0), ("lines of dialogues, with feedback", 1)):
        mine = kinds == kind
        chosen = np.flatnonzero(mine)
        if not len(chosen):
            continue
        cells = [name, str(len(chosen))]
        cells += [
            f"x {side.seconds[mine].sum() / np.asarray(side.took)[mine].sum():.2f}"
            for side in sides
        ]
        cells.append(f"**{ratio_between(old, new, chosen)}**")
        for side in sides:
            part = [side.said[i] for i in chosen]
            errors, words = heard(part)
            cells += [f"{errors} of {words}", f"{dnsmos(part):.2f}"]
        rows.append(cells)
        print(cells, flush=True)
    apart, lengths = word_differences(old, new)
    titles = (
        *("", "texts", f"{commit}: a second of processor", "now", "ratio (95 %)"),
        *(f"{commit}: word errors", "DNSMOS", "now: word errors", "DNSMOS"),
    )
    return f"""The engine of commit {commit} and today's, each a process with one thread, text by text in turn, in one
run on this interpreter's packages; seconds of speech without silent edges in a second of processor. Intervals: texts
resampled. The bar is 1.5, with DNSMOS within .03 and equal recognition (whisper-base).

{table(titles, rows)}
Words begin where they did: of {len(apart)} words, beginnings within the speech differ by {np.median(apart):.0f} ms in the median, {np.percentile(apart, 95):.0f} ms
at the 95th percentile; a text's length by {np.median(lengths):.0f} ms in the median, {np.percentile(lengths, 95):.0f} ms at the 95th percentile. Durations are the
model's, and the same ones; what differs is where the edges of speech and of pauses are found in another waveform.
"""


def ratio_between(old: Spoken, new: Spoken, chosen: np.ndarray) -> str:
    """Speech a second of processor, new to old, with the interval of 2,000 resamplings of texts."""
    rng = np.random.default_rng(0)
    draws = [chosen, *rng.choice(chosen, (2000, len(chosen)))]
    speeds = [
        [side.seconds[i].sum() / np.asarray(side.took)[i].sum() for i in draws]
        for side in (old, new)
    ]
    ratios = np.asarray(speeds[1]) / np.asarray(speeds[0])
    low, high = np.percentile(ratios[1:], [2.5, 97.5])
    return f"{ratios[0]:.2f} ({low:.2f} to {high:.2f})"


def word_differences(old: Spoken, new: Spoken) -> tuple[list[float], list[float]]:
    """Milliseconds between the words' beginnings, and between the texts' lengths."""
    apart, lengths = [], []
    for one, other, mine, theirs in zip(old.said, new.said, old.words, new.words, strict=True):
        rate = one[1].rate
        pairs = zip(mine[1:], theirs[1:], strict=True)
        apart += [abs(a[0] - b[0]) * 1000 / rate for a, b in pairs]
        lengths.append(abs(len(one[1].samples) - len(other[1].samples)) * 1000 / rate)
    return apart, lengths
