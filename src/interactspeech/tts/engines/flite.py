"""flite, Carnegie Mellon's small synthesiser: four voices; one process for each utterance.

The program `flite` must be on the PATH (Debian and others package it). Each call passes it a
lexicon with the pronunciation of every word, so that numbers, abbreviations and feedback sound as
they do with the other engines, and each phone that it reports belongs to a known word. Accents and
phrasing are flite's own.
"""
# ruff: noqa: RUF001 -- marks of stress look like quotes

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from interactspeech.errors import InteractSpeechError
from interactspeech.models.phonemes import READING, Phonemes, arpabet, phonemes, pieces, unspeakable
from interactspeech.records import Samples, Speech, Voice, spoken_tokens
from interactspeech.signal.samples import quantize_int16
from interactspeech.signal.speech_energy import Bounds
from interactspeech.tts.interface import Engine, Style, words_from_bounds
from interactspeech.tts.word_times import TimedPhrase, correct_word_times, join_phrases

_TIMEOUT = 60
_LIMIT = 600  # symbols in one process
_TIMES = 1  # version of the word times' rules

#: Name -> sex, accent, and the factor on flite's speaking rate that gives about four words a
#: second.
_VOICES: dict[str, tuple[Literal["female", "male"], str, float]] = {
    "slt": ("female", "US", 1.1),
    "rms": ("male", "US", 1.25),
    "awb": ("male", "GB", 1.15),
    "kal16": ("male", "US", 1.1),
}

_VOWELS = frozenset(
    ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
)
#: Punctuation that flite phrases by, for Kokoro's marks.
_MARKS = {"—": ",", "…": ".", ",": ",", ".": ".", "?": "?", "!": "!", ";": ";", ":": ":"}


class FliteEngine(Engine):
    """See the module's docstring."""

    name: ClassVar[str] = "flite"
    rate: ClassVar[int] = 16_000
    licence: ClassVar[str] = "MIT-Festival"
    languages: ClassVar[tuple[str, ...]] = ("en-US", "en-GB")
    feedback_pace: ClassVar[float] = 0.7

    @property
    def version(self) -> str:
        return f"{_installed() or 'none'}+{READING}.{_TIMES}"

    @property
    def missing(self) -> str:
        return "" if _installed() else "the program flite (Debian: apt install flite)"

    def voices(self) -> tuple[Voice, ...]:
        return tuple(
            Voice(
                engine=self.name,
                name=name,
                engine_version=self.version,
                language="en",
                accent=accent,
                sex=sex,
                licence=self.licence,
            )
            for name, (sex, accent, _) in _VOICES.items()
        )

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        if self.missing:
            raise InteractSpeechError(f"the engine 'flite' needs {self.missing}")
        spoken = phonemes(text, engine=self.name)
        speed = style.speed * _VOICES[voice.name][2]
        parts = [
            (self._say(part, voice.name, speed), pause) for part, pause in pieces(spoken, _LIMIT)
        ]
        whole = join_phrases(parts, self.rate)
        words = words_from_bounds(spoken_tokens(text), whole.bounds)
        return Speech(quantize_int16(whole.samples), self.rate, words, "engine", voice)

    def _say(self, piece: Phonemes, voice: str, speed: float) -> TimedPhrase:
        words = _words(piece)
        samples, ends = _speak(words, voice, speed, self.rate)
        sounds = [(sound, index) for index, word in enumerate(words) for sound in word.sounds]
        places = _placed([sound for sound, _ in sounds], [sound for sound, _ in ends])
        starts = [0, *(end for _, end in ends)]
        found: dict[int, tuple[int, int]] = {}
        for (_, index), place in zip(sounds, places, strict=True):
            owner = words[index].owner
            start, end = starts[place], starts[place + 1]
            old = found.get(owner, (start, end))
            found[owner] = (min(old[0], start), max(old[1], end))
        bounds: Bounds = [found[owner] for owner in sorted(found)]
        owners = sorted(found)
        marked = [
            any(word.mark for word in words if word.owner == one) for one, _ in pairwise(owners)
        ]
        try:
            return correct_word_times(samples, self.rate, bounds, marked)
        except ValueError:
            raise unspeakable(words[0].name, self.name) from None


class _FliteWord:
    """A word as flite gets it.

    Attributes:
        owner: index of the spoken token.
        name: what it is called in the text.
        sounds: ARPABET, lower case, without stress.
        entry: the same with stress, as in a lexicon.
        mark: punctuation after it.
    """

    def __init__(self, owner: int, symbols: str) -> None:
        self.owner = owner
        self.entry = _entry(symbols)
        self.sounds = [sound.rstrip("01") for sound in self.entry]
        self.mark = ""
        self.name = ""


def _words(piece: Phonemes) -> list[_FliteWord]:
    """The words of a piece, each with a name of its own and the marks after it."""
    words: list[_FliteWord] = []
    begin = 0
    owners = [*piece.owners, -1]
    for index, owner in enumerate(owners):
        if index > begin and (owner < 0 or owner != owners[begin]):
            if owners[begin] >= 0:
                words.append(_FliteWord(owners[begin], piece.symbols[begin:index]))
            begin = index
        if owner < 0:
            begin = index + 1
            mark = _MARKS.get(piece.symbols[index : index + 1], "")
            if words and mark and not words[-1].mark:
                words[-1].mark = mark
    words = [word for word in words if word.sounds]
    for number, word in enumerate(words):
        word.name = _name(number)
    return words


def _name(number: int) -> str:
    """A nonsense word that flite reads as a word, not letter by letter: "zobaka", "zobake", ..."""
    syllables = ""
    for _ in range(2):
        number, rest = divmod(number, 24)
        syllables = "bdkmnz"[rest // 4] + "aeou"[rest % 4] + syllables
    return "zo" + syllables


def _entry(symbols: str) -> list[str]:
    """Sounds with stress; the mark of stress stands before its vowel."""
    out: list[str] = []
    stressed = False
    for place, symbol in enumerate(symbols):
        if symbol in "ˈˌ":
            stressed = stressed or symbol == "ˈ"
            continue
        before = symbols[place - 1] if place else ""
        for sound in arpabet(before + symbol)[len(arpabet(before)) :]:
            if sound not in _VOWELS:
                out.append(sound.lower())
            elif symbol in "əᵊɐ" and not stressed:
                out.append("ax0")
            else:
                out.append(f"{sound.lower()}{int(stressed)}")
                stressed = False
    return out


def _placed(wanted: list[str], heard: list[str]) -> list[int]:
    """For each sound wanted, the index of the one that was made for it (pauses have none).

    flite changes a few sounds in context ("the end"), so this is the cheapest way to turn one
    sequence into the other (Levenshtein): a pause costs nothing, another sound 1, a lost one 2.
    Written out here because rapidfuzz has one cost for every symbol, and a pause has its own.
    """
    rows, columns = len(wanted), len(heard)
    skip = np.asarray([0.0 if sound == "pau" else 2.0 for sound in heard])
    cost = np.full((rows + 1, columns + 1), np.inf)
    step = np.zeros((rows + 1, columns + 1), np.int8)  # 0 both, 1 only heard, 2 only wanted
    cost[0] = np.concatenate([[0.0], np.cumsum(skip)])
    step[0] = 1
    for i in range(1, rows + 1):
        cost[i, 0], step[i, 0] = 2.0 * i, 2
        for j in range(1, columns + 1):
            same = 0.0 if wanted[i - 1] == heard[j - 1] else 4.0 if heard[j - 1] == "pau" else 1.0
            choices = (
                cost[i - 1, j - 1] + same,
                cost[i, j - 1] + skip[j - 1],
                cost[i - 1, j] + 2.0,
            )
            best = int(np.argmin(choices))
            cost[i, j], step[i, j] = choices[best], best
    places = [0] * rows
    i, j = rows, columns
    while i:
        taken = step[i, j]
        if taken != 1:
            i -= 1
            places[i] = min(max(j - 1, 0), columns - 1)
        if taken != 2:
            j -= 1
    return places


def _speak(
    words: list[_FliteWord], voice: str, speed: float, rate: int
) -> tuple[Samples, list[tuple[str, int]]]:
    """Samples, and each sound with the sample at which it ends."""
    import soundfile

    text = " ".join(word.name + word.mark for word in words)
    with tempfile.TemporaryDirectory(prefix="interactspeech-") as folder:
        lexicon, sound = Path(folder) / "words", Path(folder) / "speech.wav"
        lexicon.write_text(
            "".join(f"{word.name} : {' '.join(word.entry)}\n" for word in words), "ascii"
        )
        done = subprocess.run(
            [
                *("flite", "-voice", voice, "-add_lex", str(lexicon), "-psdur"),
                *("--setf", f"duration_stretch={1 / speed:.4f}", "-t", text, "-o", str(sound)),
            ],
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode or not sound.is_file():
            message = done.stderr.decode(errors="replace").strip()
            raise RuntimeError(message or f"flite ended with {done.returncode}")
        samples, found = soundfile.read(sound, dtype="float32")
    if found != rate:
        raise RuntimeError(f"flite's voice {voice!r} speaks at {found} samples a second")
    times = re.findall(rb"(\w+):([\d.]+)", done.stdout)
    return samples, [(name.decode(), round(float(end) * rate)) for name, end in times]


@lru_cache(maxsize=1)
def _installed() -> str:
    if not shutil.which("flite"):
        return ""
    told = subprocess.run(["flite", "--version"], capture_output=True, timeout=10, check=False)
    found = re.search(rb"flite-?([\d.]+)", told.stdout + told.stderr)
    return found.group(1).decode() if found else "unknown"
