"""How good and how fast the voices are, on this machine.

    python bench/bench_voices.py [--write] [--only engines,fast,...] [--sentences N] [--engines ...]

Needs the extras tts, align, asr and vad, and weights (`interactspeech voices install --asr`); an
engine that is not installed is left out. Processor time is used wherever one thread is measured, so
that other work on the machine counts little. With --only the other sections of the page stay.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import files
from json import dumps, loads
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from filelock import FileLock

from interactspeech.models.aligners import PocketsphinxAligner
from interactspeech.models.catalogue import KOKORO, KOKORO_VOICES, PIPER_JOE
from interactspeech.models.dnsmos import DnsmosModel
from interactspeech.models.embeddings import SpeakerEncoder, equal_error_rate
from interactspeech.models.recognition import Recogniser, normal_words, word_errors
from interactspeech.models.vad import frame_agreement, speech_spans
from interactspeech.seeds import generator
from interactspeech.signal.speech_energy import SILENCE_DB, levels
from interactspeech.tts import SpeechCache, Synthesizer, engine

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "voices.md"
SENTENCES = (Path(__file__).parent / "voices_sentences.txt").read_text("utf-8").splitlines()
FEEDBACK = ("Mm-hm.", "Uh-huh.", "Mm.", "Hmm.", "Yeah.", "Right.", "Okay.", "Oh.", "Um,", "Uh,")
STATE = Path(tempfile.gettempdir()) / "interactspeech-bench-voices.json"  # --fresh forgets it
ENGINES = ("kokoro", "hibari", "piper", "flite", "espeak")
SPEAKING = Synthesizer(SpeechCache())  # the speed is measured without it


@lru_cache
def recogniser() -> Recogniser:
    return Recogniser()


@lru_cache
def scorer() -> DnsmosModel:
    return DnsmosModel()


def voices_of(name: str) -> list[str]:
    """The voices of an engine in an order that mixes sexes and accents."""
    names = [voice.name for voice in engine(name).voices()]
    return [str(voice) for voice in generator(0, name, "bench").permutation(names)]


def utterances(name: str, count: int):
    """`count` sentences of the list, each by the next voice of the engine."""
    made, voices = SPEAKING.engine(name), voices_of(name)
    for index, text in enumerate(SENTENCES[:count]):
        yield text, SPEAKING.speak(text, made.voice(voices[index % len(voices)]))


def heard(spoken) -> tuple[int, int]:
    """Word errors and words of (text, speech) pairs, some 20 s at a time as in a conversation."""
    errors = words = 0
    batch, texts, rate = [], [], 0

    def flush() -> None:
        nonlocal errors, words
        if batch:
            found = normal_words(recogniser().transcribe(np.concatenate(batch), rate))
            expected = normal_words(" ".join(texts))
            errors += word_errors(expected, found)
            words += len(expected)
            batch.clear()
            texts.clear()

    for text, speech in spoken:
        rate = speech.rate
        if sum(map(len, batch)) + len(speech.samples) > 20 * rate:
            flush()
        batch += [speech.samples, np.zeros(rate // 2, np.float32)]
        texts.append(text)
    flush()
    return errors, words


def dnsmos(spoken) -> float:
    """Predicted overall opinion of all that is spoken, at one level (-26 dB of full scale)."""
    rate = spoken[0][1].rate
    parts = []
    for _, speech in spoken:
        level = np.sqrt(np.mean(np.square(speech.samples)))
        parts += [speech.samples * (0.05 / level), np.zeros(rate // 2, np.float32)]
    return scorer().score(np.concatenate(parts).astype(np.float32), rate, hop=3.0).overall


def onset_errors(spoken) -> tuple[list[float], int]:
    """Milliseconds from forced alignment's onsets to ours, first words left out; how many failed."""
    aligner = PocketsphinxAligner()
    apart, failed = [], 0
    for text, speech in spoken:
        found = aligner.align(speech.samples, speech.rate, text)
        if found is None:
            failed += 1
            continue
        pairs = list(zip(speech.words, found, strict=True))[1:]
        apart += [(word.start - start) * 1000 / speech.rate for word, (start, _) in pairs]
    return apart, failed


def disk(name: str) -> str:
    """What has to be fetched for an engine, unpacked."""
    if name == "kokoro":
        size = KOKORO.size + sum(weight.size for weight in KOKORO_VOICES.values())
    elif name == "piper":
        size = sum(weight.size for weight in PIPER_JOE)
    elif name == "flite":
        asked = ["dpkg-query", "-W", "-f", "${Installed-Size}\n", "flite", "libflite1"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        size = sum(int(line) * 1024 for line in done.stdout.split() if line.isdigit())
    else:
        package = {"hibari": "hibari-tts", "espeak": "espeakng-loader"}[name]
        size = sum(Path(file.locate()).stat().st_size for file in files(package) or [])
    return f"{size / 1e6:.0f} MB" if size else "unknown"


def spoken_alone(task: tuple[str, list[str]]) -> tuple[float, float, str]:
    """Seconds of speech, seconds of processor it took (loading not counted), digest of samples."""
    name, texts = task
    made = engine(name)
    made.speak("Hello.")
    begin = sum(os.times()[:4])  # with child processes
    spoken = [made.speak(text) for text in texts]
    took = sum(os.times()[:4]) - begin
    digest = sha256(b"".join(speech.samples.tobytes() for speech in spoken)).hexdigest()
    return sum(speech.seconds for speech in spoken), took, digest


def speed(name: str) -> tuple[list[float], bool]:
    """x real time of one process and of two side by side, and whether all gave the same samples."""
    texts = SENTENCES[: 3 if name == "kokoro" else 16]
    rates, digests = [], set()
    for processes in (1, 2):
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            done = list(pool.map(spoken_alone, [(name, texts)] * processes))
        rates.append(sum(seconds for seconds, _, _ in done) / max(took for _, took, _ in done))
        digests |= {digest for _, _, digest in done}
    return rates, len(digests) == 1


def remembered(name: str, version: str) -> list[str] | None:
    """A row measured before for this version of an engine, so that a run can be taken up again."""
    rows = loads(STATE.read_text("utf-8")) if STATE.is_file() else {}
    return rows.get(f"{name} {version}")


def remember(name: str, version: str, row: list[str]) -> None:
    rows = loads(STATE.read_text("utf-8")) if STATE.is_file() else {}
    STATE.write_text(dumps({**rows, f"{name} {version}": row}, indent=1), "utf-8")


def engines(names: list[str], count: int) -> str:
    rows = []
    for name in names:
        made = engine(name)
        if (row := remembered(name, made.version)) is not None:
            rows.append(row)
            continue
        rates, same = speed(name)
        spoken = list(utterances(name, count))
        errors, words = heard(spoken)
        apart, failed = onset_errors(spoken)
        size = np.abs(apart)
        rows.append(
            [
                name,
                *(f"x {rate:.1f}" for rate in rates),
                f"{100 * errors / words:.1f} %",
                f"{dnsmos(spoken):.2f}",
                f"{np.median(apart):+.0f} / {np.median(size):.0f} / {np.percentile(size, 90):.0f} ms",
                str(failed),
                str(len(made.voices())),
                made.licence,
                disk(name),
                "yes" if same else "NO",
            ]
        )
        print(rows[-1], flush=True)
    titles = (
        *(
            "engine",
            "1 core",
            "2 cores",
            "word errors",
            "DNSMOS",
            "onsets",
            "not aligned",
            "voices",
        ),
        *("licence", "on disk", "same samples"),
    )
    return f"""Seconds of speech a second of processor time, one process a core (two side by side, the
sum), child processes included, loading not. Word errors of whisper-base on {count} sentences, voices
in turn (bar 5 %); DNSMOS P.835 overall at one level; onsets of words against pocketsphinx's forced
alignment, the first word of each sentence left out: bias, median and 90th percentile of the distance
(bars 25 and 50 ms). The same text gave the same samples in three processes.

{table(titles, rows)}"""


def fast(_: list[str], count: int) -> str:
    """The voices made of hibari's, and flite's: distinct and intelligible?"""
    encoder, rows, found = SpeakerEncoder(), [], {}
    texts = [text for text in SENTENCES if len(text) > 40][-(count // 4) :]
    for name in ("hibari", "flite"):
        made = engine(name)
        for voice in made.voices() if made.installed else ():
            spoken = [(text, SPEAKING.speak(text, voice)) for text in texts]
            errors, words = heard(spoken)
            vectors = encoder.embed_many([speech.samples for _, speech in spoken], made.rate)
            found[f"{name}:{voice.name}"] = vectors
            rows.append(
                [
                    f"{name}:{voice.name}",
                    voice.sex,
                    voice.accent,
                    f"{100 * errors / words:.1f} %",
                    f"{dnsmos(spoken):.2f}",
                ]
            )
            print(rows[-1], flush=True)
    names = list(found)
    stack = np.stack([found[name] for name in names])
    cosines = np.einsum("iad,jbd->ijab", stack, stack)
    means = cosines.mean(axis=(2, 3))
    np.fill_diagonal(means, -1)
    for row, name in zip(rows, names, strict=True):
        near = int(np.argmax(means[names.index(name)]))
        row.append(f"{names[near]} {means[names.index(name)][near]:.2f}")

    def summary(prefix: str) -> str:
        chosen = [i for i, name in enumerate(names) if name.startswith(prefix)]
        one, two = np.triu_indices(len(texts), 1)
        same = np.concatenate([cosines[i, i][one, two] for i in chosen])
        different = np.concatenate(
            [cosines[i, j].ravel() for n, i in enumerate(chosen) for j in chosen[:n]]
        )
        return (
            f"{len(chosen)} voices, equal error rate "
            f"{100 * equal_error_rate(same, different):.1f} %, cosine {same.mean():.2f} within a voice, "
            f"{different.mean():.2f} between"
        )

    return f"""Speaker verification by CAM++ on {len(texts)} sentences that the choice of voices did not use,
each pair of utterances a trial (bar: equal error rate 3 %). Last column: the voice most like it.

- hibari: {summary("hibari")}
- with flite: {summary("")}

{table(("voice", "sex", "accent", "word errors", "DNSMOS", "nearest, cosine"), rows)}"""


class Plain:
    """Samples and rate, where no more is known."""

    def __init__(self, samples, rate) -> None:
        self.samples, self.rate = samples, rate


def silent_end(speech, word) -> float:
    """Milliseconds at a word's end without energy (40 dB below the utterance's loud frames)."""
    hop = speech.rate // 200
    active = levels(speech.samples, speech.rate) > -SILENCE_DB
    first, last = word.start // hop, max(word.end // hop, word.start // hop + 1)
    sound = np.flatnonzero(active[first:last])
    return 5.0 * (last - first - 1 - sound[-1] if len(sound) else last - first)


def activity(names: list[str], count: int) -> str:
    rows = []
    for name in names:
        parts, spans, position, silent = [], [], 0, []
        rng = generator(0, name, "gaps")
        for _, speech in utterances(name, count):
            silence = int(rng.uniform(0.4, 3.0) * speech.rate)
            position += silence
            parts += [np.zeros(silence, np.float32), speech.samples]
            spans += [(position + word.start, position + word.end) for word in speech.words]
            silent += [silent_end(speech, word) for word in speech.words]
            position += len(speech.samples)
        track, rate = np.concatenate(parts), speech.rate
        row = [name, f"{len(track) / rate:.0f} s"]
        for detector, collar in (("energy", 0.0), ("silero", 0.1), ("webrtc", 0.1)):
            found = speech_spans(track, rate, detector)
            agreed = frame_agreement(spans, found, len(track), rate, collar=collar)
            row.append(f"{100 * agreed:.2f} %")
        rows.append([*row, f"{max(silent):.0f} ms"])
        print(rows[-1], flush=True)
    titles = ("engine", "track", "energy", "Silero", "WebRTC", "longest silent end of a word")
    return f"""Frames of 10 ms on which detectors agree with the words' activity, silences under
0.2 s filled in both. Silero and WebRTC hang on after speech, so they are scored outside 0.1 s
around boundaries; energy everywhere. Bar: 98 %.

{table(titles, rows)}"""


def feedback(names: list[str], _: int) -> str:
    rows = []
    for name in names:
        made = SPEAKING.engine(name)
        voices = [made.voice(voice) for voice in voices_of(name)[:6]]
        spoken = {text: [SPEAKING.speak(text, voice) for voice in voices] for text in FEEDBACK}
        rows.append(
            [name, *(f"{np.median([s.seconds for s in found]):.2f} s" for found in spoken.values())]
        )
        print(rows[-1], flush=True)
    return f"""Median length over six voices. People's backchannels: lognormal, median 0.46 s.

{table(("engine", *FEEDBACK), rows)}"""


SECTIONS = {
    "engines": ("Every engine that runs here", engines),
    "fast": ("Fast voices", fast),
    "activity": ("Voice activity", activity),
    "feedback": ("Feedback and hesitations", feedback),
}


def table(titles: Iterable[str], rows: list[list[str]]) -> str:
    lines = [list(titles), ["---"] * len(list(titles)), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options.add_argument("--only", default=",".join(SECTIONS), help="sections, in the page's order")
    options.add_argument("--sentences", type=int, default=24)
    options.add_argument("--engines", default=",".join(ENGINES))
    options.add_argument("--fresh", action="store_true", help="measure again what was measured")
    arguments = options.parse_args()
    if arguments.fresh:
        STATE.unlink(missing_ok=True)
    names = [name for name in arguments.engines.split(",") if engine(name).installed]
    count = min(arguments.sentences, len(SENTENCES))
    wanted = arguments.only.split(",")
    processor = platform.processor() or platform.machine()
    if shutil.which("lscpu"):
        listed = subprocess.run(["lscpu"], capture_output=True, text=True, check=False).stdout
        flags = [flag for flag in ("avx2", "avx512f", "avx512_vnni") if f" {flag} " in listed]
        processor = f"{platform.machine()} with {', '.join(flags)}" if flags else processor
    head = (
        "# Voices, measured\n\nWritten by `python bench/bench_voices.py --write` "
        f"(Python {platform.python_version()}, {processor}, two noisy cores).\n"
    )
    for key in wanted:
        title, measure = SECTIONS[key]
        print(title, flush=True)
        body = measure(names, count).strip()
        print(body, flush=True)
        if arguments.write:
            put(head, title, body)


def put(head: str, title: str, body: str, page: Path = PAGE, sections=SECTIONS) -> None:
    """Write one section to the page; the others stay, in their order."""
    with FileLock(f"{tempfile.gettempdir()}/interactspeech-bench-voices.lock"):
        old = page.read_text("utf-8") if page.is_file() else ""
        kept = dict(re.findall(r"^## (.+)\n+((?:(?!^## ).*\n?)*)", old, re.MULTILINE))
        kept[title] = body
        page.write_text(
            head
            + "".join(
                f"\n## {name}\n\n{kept[name].strip()}\n"
                for name, _ in sections.values()
                if name in kept
            ),
            "utf-8",
        )


if __name__ == "__main__":
    main()
