"""Processes of kokoro-onnx and of ours that speak in turn, and the table that compares them."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from bench_voices import Plain, dnsmos, heard, table

from interactspeech.models.catalogue import KOKORO, KOKORO_VOICES
from interactspeech.tts import SpeechCache, Style, Synthesizer, WeightStore

PLAIN = "kokoro-onnx, its defaults"
OURS = {
    "published": "ours, the published graph",
    "float": "ours, convolutions on floats",
    "integer": "ours, as it is (integer products)",
}


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
