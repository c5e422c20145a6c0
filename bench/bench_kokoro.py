"""Kokoro against kokoro-onnx used plainly, and where the time goes.

    python bench/bench_kokoro.py [--write] [--only engines,loss,build,before,profile] [--sentences 16]
        [--dialogues 4] [--texts 400]
    git worktree add --detach ../before 2510696
    python bench/bench_kokoro.py --only before --before ../before --sentences 28 --dialogues 2 --write

Needs the extras tts and asr, weights (`interactspeech voices install --asr`) and, for the first three
sections, kokoro-onnx beside us (pip install kokoro-onnx). What is compared speaks in turn, so other
work on the machine meets all alike; for ratios by the clock the machine should be calm nevertheless.
Without --before, the section that compares with another commit is left out.
"""

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from itertools import islice
from json import dumps, loads
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from bench_voices import SENTENCES, Plain, dnsmos, heard, put, table, voices_of

from interactspeech.models.catalogue import KOKORO, KOKORO_VOICES
from interactspeech.models.onnx_graph import edited
from interactspeech.models.phonemes import identifiers, phonemes
from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.scripts import demo_dialogues
from interactspeech.tts import SpeechCache, Style, Synthesizer, WeightStore, engine, select_voices
from interactspeech.tts.engines.kokoro import _edits
from interactspeech.tts.word_times import correct_word_times

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "kokoro.md"
PLAIN = "kokoro-onnx, its defaults"
OURS = {
    "published": "ours, the published graph",
    "float": "ours, convolutions on floats",
    "integer": "ours, as it is (integer products)",
}

# ---- processes that speak -----------------------------------------------------------------------


def plain_worker(pipe: Any, voices: str, model: str) -> None:
    from kokoro_onnx import Kokoro

    made = Kokoro(model, voices)

    def speak(text: str, voice: str, style: Style) -> tuple[np.ndarray, int]:
        lang = "en-gb" if voice[0] == "b" else "en-us"
        samples, rate = made.create(text, voice=voice, speed=style.speed, lang=lang)
        return np.asarray(samples, np.float32), rate

    serve(pipe, speak)


def our_worker(pipe: Any, arithmetic: str, cache: str) -> None:
    kept = SpeechCache(Path(cache)) if cache else None
    speaking = Synthesizer(kept, {"kokoro": {"arithmetic": arithmetic}})

    def speak(text: str, voice: str, style: Style) -> tuple[np.ndarray, int]:
        speech = speaking.speak(text, speaking.engine("kokoro").voice(voice), style)
        return speech.samples, speech.rate

    serve(pipe, speak)


def serve(pipe: Any, speak: Callable[..., tuple[np.ndarray, int]]) -> None:
    speak("Hello there, how are you?", "af_heart", Style())
    pipe.send("ready")
    while calls := pipe.recv():
        begin = time.process_time()
        said = [speak(*call) for call in calls]
        pipe.send((said, time.process_time() - begin))


@contextmanager
def group(target: Callable[..., None], *arguments: Any, count: int = 1) -> Iterator[list[Any]]:
    """`count` processes of one kind, ready to speak."""
    context = get_context("spawn")
    pipes, running = [], []
    for _ in range(count):
        ours, theirs = context.Pipe()
        running.append(context.Process(target=target, args=(theirs, *arguments), daemon=True))
        running[-1].start()
        pipes.append(ours)
    assert [pipe.recv() for pipe in pipes] == ["ready"] * count
    yield pipes
    for pipe in pipes:
        pipe.send(None)
    for process in running:
        process.join()


@contextmanager
def plain_files() -> Iterator[tuple[str, str]]:
    """The voices and the model as kokoro-onnx wants them: the same bytes as ours."""
    store = WeightStore()
    with tempfile.TemporaryDirectory() as folder:
        packs = {
            voice: np.frombuffer(store.read(weight), "<f4").reshape(510, 1, 256)
            for voice, weight in KOKORO_VOICES.items()
        }
        np.savez(Path(folder) / "voices.npz", **packs)
        yield f"{folder}/voices.npz", str(store.path(KOKORO))


class Tally:
    """Seconds of speech, of the clock and of the processors, and what was said."""

    def __init__(self) -> None:
        self.speech = self.clock = self.processor = 0.0
        self.said: list[tuple[str, Plain]] = []

    def speak(self, pipes: list[Any], shares: list[list[tuple[str, str, Style]]]) -> None:
        """Give each process its share, wait for all."""
        begin = time.perf_counter()
        for pipe, calls in zip(pipes, shares, strict=True):
            pipe.send(calls)
        answers = [pipe.recv() for pipe in pipes]
        self.clock += time.perf_counter() - begin
        for calls, (said, took) in zip(shares, answers, strict=True):
            self.processor += took
            for (text, _, _), (samples, rate) in zip(calls, said, strict=True):
                self.speech += len(samples) / rate
                self.said.append((text, Plain(samples, rate)))


def compared(tallies: dict[str, Tally], listen: int) -> str:
    """The table of a comparison; the first row is what the others are measured by."""
    base = next(iter(tallies.values()))
    rows = []
    for kind, tally in tallies.items():
        clock, core = tally.speech / tally.clock, tally.speech / tally.processor
        ratio, core_ratio = (
            clock / (base.speech / base.clock),
            core / (base.speech / base.processor),
        )
        errors, words = heard(tally.said[:listen])
        rows.append(
            [
                kind,
                f"{tally.speech:.0f} s",
                f"x {clock:.2f}",
                f"**{ratio:.2f}**",
                f"x {core:.2f}",
                f"{core_ratio:.2f}",
                f"{errors} of {words}",
                f"{dnsmos(tally.said[:listen]):.2f}",
            ]
        )
        print(rows[-1], flush=True)
    titles = (
        *("", "speech", "two cores, by the clock", "ratio", "a second of processor", "ratio"),
        *("word errors", "DNSMOS"),
    )
    return table(titles, rows)


# ---- sections -----------------------------------------------------------------------------------


def engines(options: argparse.Namespace) -> str:
    """Sentence by sentence."""
    texts = [text for text in SENTENCES if len(text) > 30][: options.sentences]
    voices = voices_of("kokoro")
    calls = [(text, voices[i % len(voices)], Style()) for i, text in enumerate(texts)]
    with plain_files() as files, group(plain_worker, *files) as plain:
        tallies = {PLAIN: Tally()} | {name: Tally() for name in OURS.values()}
        with (
            group(our_worker, "published", "", count=2) as published,
            group(our_worker, "float", "", count=2) as floats,
            group(our_worker, "integer", "", count=2) as integers,
        ):
            ours = dict(zip(OURS.values(), (published, floats, integers), strict=True))
            for first, second in zip(calls[::2], calls[1::2], strict=True):
                tallies[PLAIN].speak(plain, [[first, second]])
                for name, pipes in ours.items():
                    tallies[name].speak(pipes, [[first], [second]])
    return f"""The same weights and {len(calls)} sentences, each by another voice, in one run on two cores, two
sentences at a time: kokoro-onnx {version("kokoro-onnx")} as its README has it (one process, onnxruntime's defaults: two
threads) one after the other, ours one in each of two processes with one thread. Nothing is cached. Ratios are
of seconds of speech a second; the bar is 1.3. Load while this ran: {os.getloadavg()[0]:.1f}. Words are counted by
whisper-base.

{compared(tallies, len(calls))}
The integers that are multiplied are the published graph's own, so what it loses against floats
(the rounding of activations to 8 bits) is lost here too, and no more.
"""


WAYS = {
    "plain": "kokoro-onnx, its defaults",
    "plainours": "kokoro-onnx, given our phonemes",
    "ours": "ours, as it is",
}
STATE = Path(tempfile.gettempdir()) / "interactspeech-bench-kokoro.npz"


def spoken_three_ways(texts: list[str]) -> dict[str, np.ndarray]:
    """``number_way`` -> samples; kept, so that an interrupted run goes on (`STATE`)."""
    found = dict(np.load(STATE)) if STATE.is_file() else {}
    if all(f"{i}_{way}" in found for i in range(len(texts)) for way in WAYS):
        return found
    from kokoro_onnx import Kokoro

    voices, ours = voices_of("kokoro"), engine("kokoro")
    with plain_files() as (packs, model):
        plain = Kokoro(model, packs)
        for i, text in enumerate(texts):
            voice = voices[i % len(voices)]
            british = voice[0] == "b"
            lang = "en-gb" if british else "en-us"
            symbols = phonemes(text, british=british).symbols
            found[f"{i}_plain"], _ = plain.create(text, voice=voice, lang=lang)
            found[f"{i}_plainours"], _ = plain.create(symbols, voice=voice, is_phonemes=True)
            found[f"{i}_ours"] = ours.speak(text, voice).samples
            np.savez(STATE, **found)
    return found


def without_edges(samples: np.ndarray, rate: int) -> np.ndarray:
    """Cut at its silent edges as our engines' speech is."""
    whole = np.asarray(samples, np.float32)
    return correct_word_times(whole, rate, [(0, len(whole))], []).samples


def loss(_: argparse.Namespace) -> str:
    """Is anything lost?"""
    texts = [text for text in SENTENCES if len(text) > 30][12:24]
    found = spoken_three_ways(texts)
    rows = []
    for way, name in WAYS.items():
        said = [(text, Plain(found[f"{i}_{way}"], 24_000)) for i, text in enumerate(texts)]
        cut = [(text, Plain(without_edges(one.samples, 24_000), 24_000)) for text, one in said]
        errors, words = heard(said)
        rows.append(
            [
                name,
                f"{sum(len(one.samples) for _, one in said) / 24_000:.1f} s",
                f"{dnsmos(said):.2f}",
                f"{dnsmos(cut):.2f}",
                f"{errors} of {words}",
            ]
        )
        print(rows[-1], flush=True)
    return f"""{len(texts)} other sentences, each by another voice. Our engines cut speech at its silent edges, kokoro-onnx leaves some
of what the model breathes there, and DNSMOS hears it: so also the scores with the edges of all cut alike.

{table(("", "speech", "DNSMOS", "DNSMOS, edges cut alike", "word errors"), rows)}
The bar is .03 of DNSMOS and equal recognition.
"""


class Recorder(Synthesizer):
    """Notes what is asked of Kokoro; a fast engine hums instead."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, str, Style]] = []

    def speak(self, text: str, voice: Any, style: Style = Style()) -> Any:  # noqa: B008
        self.calls.append((text, voice.name, style))
        hum = self.engine("fake").voice("alto" if voice.sex == "female" else "bass")
        return super().speak(text, hum, style)


def asked(count: int) -> list[list[tuple[str, str, Style]]]:
    """What builds of dialogues that ship ask of Kokoro's voices, dialogue by dialogue."""
    recorder = Recorder()
    settings = BuildSettings(seed=1, voices=("kokoro",), gate="off")
    maker = DialogueBuilder(settings, select_voices("kokoro"), recorder)
    found = []
    for source in islice(demo_dialogues(), count):
        maker.build(source)
        found.append(recorder.calls.copy())
        recorder.calls.clear()
    return found


def build(options: argparse.Namespace) -> str:
    """Whole dialogues, as a build has them spoken."""
    dialogues = asked(max(options.dialogues, options.texts))
    kept: set[tuple[str, str, Style]] = set()
    calls = repeated = short = 0
    for call in (call for dialogue in dialogues for call in dialogue):
        calls += 1
        short += len(call[0].split()) <= 3
        repeated += call in kept
        kept.add(call)
    chosen = dialogues[: options.dialogues]
    tallies = {PLAIN: Tally(), "ours, as a build speaks": Tally()}
    plain_tally, our_tally = tallies.values()
    with (
        tempfile.TemporaryDirectory() as cache,
        plain_files() as files,
        group(plain_worker, *files) as plain,
        group(our_worker, "integer", cache, count=2) as ours,
    ):
        for first, second in zip(chosen[::2], chosen[1::2], strict=True):
            plain_tally.speak(plain, [first, second] if len(plain) == 2 else [first + second])
            our_tally.speak(ours, [first, second])
    lines = sum(map(len, chosen))
    return f"""The {lines} lines of {len(chosen)} dialogues that ship, with feedback, in their voices and styles. kokoro-onnx speaks them
one after the other at the lines' pace, and no more is asked of it; ours are spoken as `build` does it: a process a core, each with
its dialogue, changes of pitch made, words timed, everything written to a speech cache that begins empty. (Feedback is spoken faster
by ours, to be as long as people's: the seconds differ, and a short text costs more a second.)

{compared(tallies, lines)}
What the cache has at once: of {calls:,} calls for {len(dialogues)} dialogues, {repeated / calls:.1%} were for a text, voice and style that had
been spoken before ({short / calls:.0%} were for one to three words). So it saves little in one build with styles and Kokoro's 28 voices; it
makes a second build of the same texts free, which is what it is for.
"""


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


def git(tree: Path, *words: str) -> str:
    command = ["git", "-C", str(tree), *words]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


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


def peak() -> dict[str, float]:
    """GFLOP/s of one thread in products of 1024 x 1024 matrices by onnxruntime's kernels."""
    from onnx import helper, numpy_helper

    size, rates = 1024, {}
    rng = np.random.default_rng(0)
    floats = rng.standard_normal((size, size)).astype(np.float32)
    octets = rng.integers(0, 127, (size, size), dtype=np.uint8)
    for name, left, right, operator, result in (
        ("floats", floats, floats, "MatMul", np.float32),
        ("unsigned x unsigned", octets, octets, "MatMulInteger", np.int32),
        ("unsigned x signed", octets, octets.astype(np.int8), "MatMulInteger", np.int32),
    ):
        given, made = (
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(kind), left.shape)
            for name, kind in (("x", left.dtype), ("y", np.dtype(result)))
        )
        node = helper.make_node(operator, ["x", "w"], ["y"])
        constant = numpy_helper.from_array(right, "w")
        graph = helper.make_graph([node], "product", [given], [made], [constant])
        opset = [helper.make_opsetid("", 13)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        running = session(model.SerializeToString())
        best = 1e9
        for _ in range(20):
            begin = time.process_time()
            running.run(None, {"x": left})
            best = min(best, time.process_time() - begin)
        rates[name] = 2 * size**3 / best / 1e9
    return rates


def session(model: bytes, *, profile: str = "") -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if profile:
        options.enable_profiling, options.profile_file_prefix = True, profile
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


#: Operators by what they are for.
KINDS = {
    "convolutions": ("Conv", "ConvInteger"),
    "products of matrices": (
        *("MatMulIntegerToFloat", "MatMulInteger", "DynamicQuantizeMatMul", "MatMul"),
        *("FusedMatMul", "Gemm"),
    ),
    "laying out for them": (
        *("Transpose", "Gather", "Pad", "DynamicQuantizeLinear", "Reshape", "Concat", "Slice"),
    ),
    "sines": ("Sin", "Cos"),
    "normalisation": ("InstanceNormalization", "BatchNormalization", "ReduceMean"),
    "sums, products, powers": ("Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Cast"),
    "transposed convolutions": ("ConvTranspose",),
    "short-time Fourier transform": ("STFT",),
    "recurrent layers": ("DynamicQuantizeLSTM",),
}


def work(event: dict[str, Any]) -> float:
    """Floating-point (or integer) operations of a convolution or a large product."""
    shapes = [next(iter(one.values())) for one in event["args"].get("input_type_shape", [])]
    made = [next(iter(one.values())) for one in event["args"].get("output_type_shape", [])]
    kind = event["args"]["op_name"]
    if kind in ("Conv", "ConvInteger"):
        return 2.0 * np.prod(shapes[1]) * made[0][-1]
    if kind in ("MatMulIntegerToFloat", "MatMulInteger"):  # packed weights are not listed
        return 2.0 * np.prod(shapes[0]) * made[0][-1]
    return 0.0


def profile(_: argparse.Namespace) -> str:
    import onnxruntime

    store = WeightStore()
    model = store.read(KOKORO)
    pack = np.frombuffer(store.read(KOKORO_VOICES["af_heart"]), "<f4").reshape(510, 1, 256)
    piece = phonemes("Well, of course we could.")  # short, so that other work seldom breaks in
    given = {
        "tokens": np.asarray([identifiers(piece.symbols)], np.int64),
        "style": pack[len(piece) - 1],
        "speed": np.ones(1, np.float32),
    }
    columns: dict[str, Counter[str]] = {}
    speeds, operations_a_second = {}, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name in OURS:
            running = session(edited(model, *_edits(name)), profile=f"{folder}/{name}")
            runs = 20
            seconds = len(running.run(None, given)[0].ravel()) / 24_000
            for _ in range(runs - 1):
                running.run(None, given)
            nodes = defaultdict(list)
            for event in loads(Path(running.end_profiling()).read_text("utf-8")):
                if event.get("cat") == "Node" and event["name"].endswith("kernel_time"):
                    nodes[event["args"]["node_index"]].append(event)
            spent: Counter[str] = Counter()
            operations = heavy = 0.0
            for events in nodes.values():
                # The quickest of its runs: what else the machine did is not the graph's.
                least = min(event["dur"] for event in events) / 1e3
                op = events[0]["args"]["op_name"]
                spent[next((kind for kind, ops in KINDS.items() if op in ops), "all else")] += least
                if (done := work(events[0])) > 1e7:
                    operations += done
                    heavy += least
            columns[name] = spent
            plain, times = session(edited(model, *_edits(name))), []
            for _ in range(8):
                begin = time.process_time()
                plain.run(None, given)
                times.append(time.process_time() - begin)
            speeds[name] = operations / heavy / 1e6, seconds / min(times)
            operations_a_second = max(operations / seconds / 1e9, operations_a_second)
    order = [*KINDS, "all else"]
    rows = [[kind, *(f"{columns[name][kind] / seconds:.0f} ms" for name in OURS)] for kind in order]
    rows.append(
        ["**all**", *(f"**{sum(columns[name].values()) / seconds:.0f} ms**" for name in OURS)]
    )
    rows.append(
        [
            "times real time, by processor time without the profiler",
            *(f"x {speeds[name][1]:.2f}" for name in OURS),
        ]
    )
    rows.append(
        [
            "speed of convolutions and large products",
            *(f"{speeds[name][0]:.0f} GFLOP/s" for name in OURS),
        ]
    )
    best = peak()
    peaks = ", ".join(f"{name} {rate:.0f} GFLOP/s" for name, rate in best.items())
    gain, none = (
        best[kind] / best["floats"] for kind in ("unsigned x signed", "unsigned x unsigned")
    )
    return f"""One thread, onnxruntime {onnxruntime.__version__}, one sentence of {seconds:.1f} s; milliseconds a second of speech by the clock, of each node
the quickest of {runs} runs (long ones are broken into by other work all the same: load {os.getloadavg()[0]:.0f}; the speeds in GFLOP/s are lower bounds). A second of speech takes {operations_a_second:.0f} GFLOP of convolutions and large products.

{table(("", *OURS.values()), rows)}
This machine's peak, measured in the same run as products of 1024 x 1024 matrices on one thread: {peaks}.
Products of unsigned integers, which is how the published graph has them, run at {none:.1f} times the speed of floats, and no setting of
a session helps that; signed constant weights reach the instructions that processors have for 8-bit products, {gain:.1f} times the speed of
floats. What is left beside them is memory, sines and layers that were not quantised.

What was tried besides, on this machine: convolutions as two-dimensional ones in onnxruntime's blocked layout (7 to 25 % faster than its
one-dimensional float ones, far behind the integers). All of the generator with time before channels, so that nothing is turned
before and after a product (turning falls from 46 to 2 ms a second of speech and normalisation from 43 to 9, but sums and products
with one number a channel grow from 14 to 70 ms, because fused normalisation is only there for channels first): 1.02 to 1.1 times as
fast in turn with it, slower on a busy machine, of whose memory it asks more; in parts that stay in the cache, about the same.
Rows of two times a product (kernels of 11 taps: a third less copying, a tenth more products): 2 % of the whole. Snake's constant
folded into the next convolution: not possible, as its frequency is nearly 0 in some channels and the constant 50 times what is
quantised with it.

The silence before the first sound left out as well, and a margin of 0.1 s after the last one: 1.24 times as fast (1.17 to 1.31; 20
sentences beside commit 2510696 on a busy machine), but normalisation over what is left changes soft edges: DNSMOS 3.30 against 3.35,
"oh" 0.21 s against 0.29, words at the end up to 0.1 s shorter. So the beginning stays, and 0.2 s at the end.

Where it stops: half of what is left is products at three fifths of their measured peak and sines, which onnxruntime computes four at
a time (2.3 ns a number; NumPy, with the processor's widest registers, takes 0.6 ns). The rest is passes over arrays of 2.5 MB a second
of speech and layer, each at the speed of memory. Faster would be kernels of our own: normalisation, snake and quantisation in one pass.
"""


SECTIONS: dict[str, tuple[str, Callable[[argparse.Namespace], str]]] = {
    "engines": ("Engine against engine", engines),
    "loss": ("Is anything lost?", loss),
    "build": ("As a build uses it", build),
    "before": ("Another commit beside this one", before),
    "profile": ("Where the time goes", profile),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections")
    parser.add_argument("--sentences", type=int, default=16)
    parser.add_argument("--dialogues", type=int, default=4, help="spoken by both; an even number")
    parser.add_argument("--texts", type=int, default=45, help="dialogues whose lines are counted")
    parser.add_argument("--before", type=Path, help="a working tree of another commit")
    options = parser.parse_args()
    head = (
        "# Kokoro, measured\n\nWritten by `python bench/bench_kokoro.py --write`. How it is made fast: "
        "[voices](../voices.md#how-kokoro-is-made-fast).\n"
    )
    for key in options.only.split(","):
        if key == "before" and options.before is None:
            continue
        title, measure = SECTIONS[key]
        print(title, flush=True)
        body = measure(options).strip()
        print(body, flush=True)
        if options.write:
            put(head, title, body, page=PAGE, sections=SECTIONS)


if __name__ == "__main__":
    main()
