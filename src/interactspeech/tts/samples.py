"""A sample of each voice: one WAV file a voice, and a page to listen to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np

from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError, InteractSpeechError
from interactspeech.records import Speech, Voice
from interactspeech.signal.sound_bytes import encode_sound
from interactspeech.tts.synthesizer import Synthesizer

#: Says something of each kind: a statement with a number, feedback, a hesitation, a question.
TEXT = "I left at a quarter past 7, mm-hm, and, um, it was still dark. Did you hear anything?"


@dataclass(frozen=True)
class Sample:
    """What became of a voice's sample.

    Attributes:
        voice: whose it is.
        file: the WAV file; None if there is none.
        problem: why there is none.
    """

    voice: Voice
    file: Path | None = None
    problem: str = ""


def write_wav(file: Path, speech: Speech) -> None:
    """Write `speech` as 16-bit mono; folders are made.

    Raises:
        InputError: the file cannot be written (reason ``not-writable``).
    """
    import soundfile

    steps = np.rint(speech.samples * 32768).astype(np.int16)
    try:
        write_file(file, encode_sound(steps, speech.rate, "WAV", "PCM_16"))
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(
            f"cannot write the sound ({error})", path=file, reason="not-writable"
        ) from None


def write_samples(
    voices: Iterable[Voice], folder: Path, speaking: Synthesizer, text: str = TEXT
) -> Iterator[Sample]:
    """Write ``<folder>/<engine>-<voice>.wav`` for each voice, as asked for.

    A voice that cannot speak is a `Sample` with a problem; the others go on.
    """
    for voice in voices:
        # Voices of other packages and of folders may be called anything.
        name = "".join(c if c.isalnum() or c in "_-." else "_" for c in voice.name)
        file = folder / f"{voice.engine}-{name}.wav"
        try:
            write_wav(file, speaking.speak(text, voice))
        except InteractSpeechError as error:
            yield Sample(voice, problem=str(error))
        else:
            yield Sample(voice, file)


def samples_page(found: Iterable[Sample], text: str = TEXT) -> str:
    """A page that plays the samples, which lie beside it."""
    rows = []
    for sample in found:
        voice = sample.voice
        sound = (
            f'<audio controls preload="none" src="{escape(quote(sample.file.name))}"></audio>'
            if sample.file
            else escape(sample.problem)
        )
        cells = (f"{voice.engine}:{voice.name}", voice.sex, voice.accent, voice.licence)
        rows.append("".join(f"<td>{escape(cell)}</td>" for cell in cells) + f"<td>{sound}</td>")
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Voices</title>\n'
        "<style>body{font:16px sans-serif;margin:2em}td{padding:.2em 1em .2em 0}</style>\n"
        f"<h1>Voices</h1>\n<p>{escape(text)}</p>\n<table>\n{body}\n</table>\n</html>\n"
    )
