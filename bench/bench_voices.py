"""How good and how fast the voices are: recognition, word times, energy, voice activity, speed.

    python bench/bench_voices.py [--write] [--sentences N] [--engines kokoro,hibari]

Needs the extras tts, align, asr and vad, and the weights (`interactspeech voices install --asr`).
Speed is in seconds of processor time, in fresh processes, one and two of them side by side in one
run, so that other work on the machine counts little.
"""

import argparse
import platform
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from interactspeech.seeds import generator
from interactspeech.voices import SpeechCache, Synthesizer, engine
from interactspeech.voices.alignment import PocketsphinxAligner
from interactspeech.voices.recognition import Recogniser, normal_words, word_errors
from interactspeech.voices.timing import SILENCE_DB, levels
from interactspeech.voices.vad import frame_agreement, speech_spans

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "voices.md"
SENTENCES = (Path(__file__).parent / "voices_sentences.txt").read_text("utf-8").splitlines()
FEEDBACK = ("Mm-hm.", "Uh-huh.", "Mm.", "Hmm.", "Yeah.", "Right.", "Okay.", "Oh.", "Um,", "Uh,")
SPEAKING = Synthesizer(SpeechCache())  # the speed is measured without it


def voices_of(name: str) -> list[str]:
    """The voices of an engine in an order that mixes sexes and accents."""
    names = [voice.name for voice in engine(name).voices()]
    return [str(voice) for voice in generator(0, name, "bench").permutation(names)]


def utterances(name: str, count: int):
    """`count` sentences of the list, each by the next voice of the engine."""
    made, voices = SPEAKING.engine(name), voices_of(name)
    for index, text in enumerate(SENTENCES[:count]):
        yield text, SPEAKING.speak(text, made.voice(voices[index % len(voices)]))


def recognition(name: str, count: int) -> list[str]:
    """Word error rate of whisper-base, 30 s of sentences at a time as in a conversation."""
    recogniser = Recogniser()
    errors = words = 0
    batch, texts = [], []

    def flush() -> None:
        nonlocal errors, words
        if batch:
            heard = normal_words(recogniser.transcribe(np.concatenate(batch), rate))
            expected = normal_words(" ".join(texts))
            errors += word_errors(expected, heard)
            words += len(expected)
            batch.clear()
            texts.clear()

    for text, speech in utterances(name, count):
        rate = speech.rate
        if sum(map(len, batch)) + len(speech.samples) > 25 * rate:
            flush()
        batch += [speech.samples, np.zeros(rate // 2, np.float32)]
        texts.append(text)
    flush()
    return [name, str(count), str(words), f"{100 * errors / words:.1f} %"]


def word_times(name: str, count: int) -> list[str]:
    """Onsets against forced alignment, the first word of an utterance left out (both say 0)."""
    aligner = PocketsphinxAligner()
    apart, failed, inside_silence = [], 0, []
    for text, speech in utterances(name, count):
        found = aligner.align(speech.samples, speech.rate, text)
        if found is None:
            failed += 1
            continue
        scale = 1000 / speech.rate
        apart += [
            (word.start - start) * scale
            for word, (start, _) in list(zip(speech.words, found, strict=True))[1:]
        ]
        inside_silence += [silent_end(speech, word) for word in speech.words]
    size = np.abs(apart)
    return [
        name,
        str(len(apart)),
        f"{np.median(apart):+.0f} ms",
        f"{np.median(size):.0f} ms",
        f"{np.percentile(size, 90):.0f} ms",
        f"{np.percentile(size, 99):.0f} ms",
        f"{max(inside_silence):.0f} ms",
        str(failed),
    ]


def silent_end(speech, word) -> float:
    """Milliseconds at a word's end without energy (40 dB below the utterance's loud frames)."""
    hop = speech.rate // 200
    active = levels(speech.samples, speech.rate) > -SILENCE_DB
    first, last = word.start // hop, max(word.end // hop, word.start // hop + 1)
    sound = np.flatnonzero(active[first:last])
    return 5.0 * (last - first - 1 - sound[-1] if len(sound) else last - first)


def voice_activity(name: str, count: int) -> list[str]:
    """Agreement of detectors with the words' activity on a track of utterances and silences."""
    parts, spans, position = [], [], 0
    rng = generator(0, name, "gaps")
    for _, speech in utterances(name, count):
        silence = int(rng.uniform(0.4, 3.0) * speech.rate)
        position += silence
        parts += [np.zeros(silence, np.float32), speech.samples]
        spans += [(position + word.start, position + word.end) for word in speech.words]
        position += len(speech.samples)
    track, rate = np.concatenate(parts), speech.rate
    row = [name, f"{len(track) / rate:.0f} s"]
    for detector, collar in (("energy", 0.0), ("silero", 0.1), ("webrtc", 0.1)):
        found = speech_spans(track, rate, detector)
        row.append(f"{100 * frame_agreement(spans, found, len(track), rate, collar=collar):.2f} %")
    return row


def feedback(name: str) -> list[str]:
    """Length of feedback words over a few voices."""
    made = SPEAKING.engine(name)
    voices = [made.voice(voice) for voice in voices_of(name)[:6]]
    return [
        name,
        *(
            f"{np.median([SPEAKING.speak(word, voice).seconds for voice in voices]):.2f} s"
            for word in FEEDBACK
        ),
    ]


def spoken_alone(task: tuple[str, list[str]]) -> tuple[float, float, str]:
    """Seconds of speech, seconds of processor it took (loading not counted), digest of samples."""
    name, texts = task
    made = engine(name)
    made.speak("Hello.")
    begin = time.process_time()
    spoken = [made.speak(text) for text in texts]
    took = time.process_time() - begin
    digest = sha256(b"".join(speech.samples.tobytes() for speech in spoken)).hexdigest()
    return sum(speech.seconds for speech in spoken), took, digest


def speed(name: str, count: int) -> list[str]:
    """x real time with one process and with two, and whether all gave the same samples."""
    texts = SENTENCES[:count]
    rates, digests = [], set()
    for processes in (1, 2):
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            done = list(pool.map(spoken_alone, [(name, texts)] * processes))
        rates.append(sum(seconds for seconds, _, _ in done) / max(took for _, took, _ in done))
        digests |= {digest for _, _, digest in done}
    same = "yes" if len(digests) == 1 else "NO"
    return [name, *(f"x {rate:.1f}" for rate in rates), f"{rates[1] / rates[0]:.2f}", same]


def table(titles: Iterable[str], rows: list[list[str]]) -> str:
    lines = [list(titles), ["---"] * len(list(titles)), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options.add_argument("--sentences", type=int, default=len(SENTENCES))
    options.add_argument("--engines", default="kokoro,hibari")
    arguments = options.parse_args()
    names = arguments.engines.split(",")
    count = min(arguments.sentences, len(SENTENCES))
    sections = [
        (
            "Speed, seconds of speech a second",
            """Each process has one onnxruntime thread and speaks the same sentences; seconds of
processor time.""",
            ("engine", "1 process", "2 processes", "ratio", "same samples in all"),
            lambda name: speed(name, 6 if name == "kokoro" else 64),
        ),
        (
            "Recognition",
            """whisper-base (faster-whisper, int8) against the text, numbers and contractions in one
spelling, voices in turn. Bar: 5 %.""",
            ("engine", "sentences", "words", "word error rate"),
            lambda name: recognition(name, count),
        ),
        (
            "Word times",
            """Word onsets against pocketsphinx's forced alignment, without the first word of each
sentence (0 by construction). Bars: median 25 ms, 90 % within 50 ms. The last columns: the longest
stretch without energy at any word's end, and sentences that the aligner could not align.""",
            ("engine", "words", "bias", "median", "90 %", "99 %", "silent end", "not aligned"),
            lambda name: word_times(name, count),
        ),
        (
            "Voice activity",
            """Frames of 10 ms on which detectors agree with the words' activity, silences under
0.2 s filled in both. Silero and WebRTC hang on after speech, so they are scored outside 0.1 s
around boundaries; energy everywhere. Bar: 98 %.""",
            ("engine", "track", "energy", "Silero", "WebRTC"),
            lambda name: voice_activity(name, count),
        ),
        (
            "Feedback and hesitations",
            """Median length over six voices. People's backchannels: lognormal, median 0.46 s.""",
            ("engine", *FEEDBACK),
            feedback,
        ),
    ]
    page = (
        "# Voices, measured\n\nWritten by `python bench/bench_voices.py --write` "
        f"(Python {platform.python_version()}, {platform.machine()}, two cores).\n"
    )
    for title, text, titles, measure in sections:
        rows = []
        for name in names:
            rows.append(measure(name))
            print(title, *rows[-1], sep=" | ", flush=True)
        page += f"\n## {title}\n{text}\n\n{table(titles, rows)}"
    print(page)
    if arguments.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
