"""Small trees of read speech in the layouts of corpora, spoken by the fast engine."""

from __future__ import annotations

from pathlib import Path

import soundfile
import soxr

from interactspeech.tts import engine

#: What each "person" reads; the second one also has feedback recorded.
TEXTS = {
    "84": (
        "He was not an ill disposed young man at all.",
        "The whole house seemed to be asleep by then.",
        "Nobody knew where the old captain had gone that winter.",
        "And so the three of them walked back along the river.",
        "It rained the whole of the next day and the day after.",
        "She had never been so far from home in her life.",
    ),
    "174": (
        "They found the letters in a box under the stairs.",
        "Every morning the same man crossed the bridge at seven.",
        "There was a light in the window of the little shop.",
        "My brother would have liked the music very much.",
        "The road was longer than any of us had thought.",
        "Mm-hm.",
        "Yeah.",
        "In the end they sold the boat and bought a horse.",
    ),
}
VOICES = {"84": "heart", "174": "m_boris"}


def sound(speaker: str, text: str, rate: int = 16_000):
    """Speech with half a second of quiet noise at both edges, as recordings have."""
    import numpy as np

    speech = engine("hibari").speak(text, VOICES[speaker])
    samples = soxr.resample(speech.samples, speech.rate, rate)
    edge = 1e-4 * np.random.default_rng(0).standard_normal(rate // 2)
    return np.concatenate([edge, samples, edge]).astype(np.float32)


def librispeech(root: Path) -> Path:
    """``ROOT/dev-clean/84/121123/84-121123-0000.flac`` and its transcripts."""
    for speaker, texts in TEXTS.items():
        folder = root / "dev-clean" / speaker / "121123"
        folder.mkdir(parents=True)
        lines = []
        for index, text in enumerate(texts):
            name = f"{speaker}-121123-{index:04d}"
            soundfile.write(folder / f"{name}.flac", sound(speaker, text), 16_000)
            plain = "".join(c for c in text.upper() if c.isalpha() or c in " '")
            lines.append(f"{name} {plain}")
        (folder / f"{speaker}-121123.trans.txt").write_text("\n".join(lines) + "\n", "utf-8")
    (root / "SPEAKERS.TXT").write_text(
        ";ID  |SEX| SUBSET           |MINUTES| NAME\n"
        "84   | F | dev-clean        |  8.02 | Christie Nowak\n"
        "174  | M | dev-clean        |  8.04 | Peter Eastman\n",
        "utf-8",
    )
    return root


def vctk(root: Path) -> Path:
    """``ROOT/wav48_silence_trimmed/p84/p84_001_mic1.flac`` and ``ROOT/txt/p84/p84_001.txt``."""
    for number, texts in TEXTS.items():
        speaker = f"p{number}"
        sounds = root / "wav48_silence_trimmed" / speaker
        written = root / "txt" / speaker
        sounds.mkdir(parents=True)
        written.mkdir(parents=True)
        for index, text in enumerate(texts, 1):
            name = f"{speaker}_{index:03d}"
            soundfile.write(sounds / f"{name}_mic1.flac", sound(number, text, 48_000), 48_000)
            (written / f"{name}.txt").write_text(text + "\n", "utf-8")
    (root / "speaker-info.txt").write_text(
        "ID  AGE  GENDER  ACCENTS  REGION COMMENTS \n"
        "p84  23  F    English    Southern  England\n"
        "p174  22  M    American    California\n",
        "utf-8",
    )
    return root
