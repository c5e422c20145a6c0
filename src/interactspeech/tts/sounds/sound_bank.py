"""A bank of recorded sounds: a folder of the user's with a table, matched to voices.

```
sounds/sounds.csv     file,kind,licence,speaker,sex,pitch
                      ann/laugh1.wav,laugh,CC0-1.0,ann,female,205
                      breath7.flac,breath,CC-BY-4.0,,,
```

`file`, `kind` and `licence` are needed; `pitch` is the speaker's in speech, in hertz. A voice gets
the sounds of the speaker who is nearest in sex and pitch, moved by at most three semitones to the
voice's pitch, at people's level for the kind. What cannot be used is in `SoundBank.losses`, and the
rest is used.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from interactspeech.errors import InputError
from interactspeech.records import Samples
from interactspeech.records.script import SOUND_KINDS, SoundKind
from interactspeech.records.sounds import MadeSound
from interactspeech.signal.pitch import median_pitch
from interactspeech.tts.sounds.interface import SoundSource, levelled
from interactspeech.tts.sounds.voice_portrait import VoicePortrait

TABLE: Final = "sounds.csv"
_NEEDED: Final = ("file", "kind", "licence")
#: Seconds that a sound may last; its loudest 10 ms must reach this level; as many samples in a row
#: at its peak, near full scale, are clipping.
_SHORTEST, _LONGEST = 0.01, 10.0
_FAINTEST: Final = -60.0
_CLIPPED_RUN, _FULL_SCALE = 4, 0.985
#: Silence at the edges: so far below the loudest frame, dB.
_EDGE: Final = -40.0
#: Semitones by which a recording is moved at most, and what another sex costs in the match.
_MOST_MOVED, _OTHER_SEX = 3.0, 6.0
#: Laughter's pitch over the same speaker's in speech, to guess the latter from a recording.
_LAUGH_HEIGHT: Final = 1.5


@dataclass(frozen=True, eq=False)
class BankSound:
    """A recording of a bank.

    Attributes:
        file: name relative to the bank's folder.
        kind: of sound.
        licence: an SPDX expression, or the licence's own words.
        speaker: who made it; the file's name where the table does not say.
        sex: "female", "male", or "".
        pitch: of the speaker in speech, hertz; 0.0 where unknown.
        samples: mono, float32, without silence at the edges.
        rate: samples a second.
    """

    file: str
    kind: SoundKind
    licence: str
    speaker: str
    sex: str
    pitch: float
    samples: Samples
    rate: int


class SoundBank:
    """A source of recorded sounds.

    Args:
        folder: with the table ``sounds.csv``.

    Raises:
        InputError: there is no table or it has no such columns (reason ``no-sounds``), or no row
            of it can be used (the reason of the first).

    Attributes:
        sounds: what can be used, in the table's order.
        losses: what cannot: an error for each row, with its line and a remedy.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.losses: list[InputError] = []
        sounds: list[BankSound] = []
        for line, row in _rows(self.folder / TABLE):
            try:
                sounds.append(_bank_sound(self.folder, row, line))
            except InputError as error:
                self.losses.append(error)
        self.sounds = tuple(sounds)
        if not sounds:
            if self.losses:
                raise self.losses[0]
            raise InputError(
                "has no row", self.folder / TABLE, remedy="a row for each file", reason="no-sounds"
            )

    def digest(self) -> str:
        """SHA-256 of what is used: names, kinds, speakers and samples."""
        found = hashlib.sha256()
        for sound in self.sounds:
            about = (sound.file, sound.kind, sound.licence, sound.speaker, sound.sex, sound.pitch)
            found.update(repr((*about, sound.rate)).encode())
            found.update(np.ascontiguousarray(sound.samples).tobytes())
        return found.hexdigest()

    def make(
        self, kind: SoundKind, portrait: VoicePortrait, rng: np.random.Generator, longest: float
    ) -> MadeSound | None:
        """A recording of the nearest speaker who has one of this kind that is short enough."""
        fitting = [
            sound
            for sound in self.sounds
            if sound.kind == kind and len(sound.samples) / sound.rate <= longest
        ]
        if not fitting:
            return None
        nearest = min(_distance(sound, portrait) for sound in fitting)
        speakers = {s.speaker for s in fitting if _distance(s, portrait) <= nearest + 0.5}
        choice = [sound for sound in fitting if sound.speaker in speakers]
        chosen = choice[int(rng.integers(len(choice)))]
        samples = _moved(chosen, portrait)
        if len(samples) / portrait.rate > longest:
            return None
        samples = levelled(samples, kind, portrait, rng)
        return MadeSound(kind, samples, portrait.rate, chosen.file, chosen.licence)


@lru_cache(maxsize=4)
def load_sound_bank(folder: str) -> SoundBank:
    """The bank of a folder, read once in a process."""
    return SoundBank(folder)


class FirstOf:
    """Several sources as one: the first that has a sound that fits gives it."""

    def __init__(self, *sources: SoundSource) -> None:
        self._sources = sources

    def make(
        self, kind: SoundKind, portrait: VoicePortrait, rng: np.random.Generator, longest: float
    ) -> MadeSound | None:
        """See `SoundSource.make`."""
        made = (source.make(kind, portrait, rng, longest) for source in self._sources)
        return next((sound for sound in made if sound is not None), None)


def _rows(table: Path) -> Iterator[tuple[int, dict[str, str]]]:
    remedy = f"write it with the columns {', '.join(_NEEDED)}; speaker, sex and pitch are optional"
    try:
        text = table.read_text("utf-8-sig")
    except FileNotFoundError:
        raise InputError("does not exist", table, remedy=remedy, reason="no-sounds") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot be read as UTF-8 text: {error}", table, reason="unreadable"
        ) from None
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
    missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"has no column {', '.join(missing)}", table, 1, remedy=remedy, reason="no-sounds"
        )
    try:
        for row in reader:
            if any(row.values()):
                cells = {str(name): str(cell or "").strip() for name, cell in row.items() if name}
                yield reader.line_num, cells
    except csv.Error as error:
        raise InputError(str(error), table, reader.line_num, reason="bad-csv") from None


def _bank_sound(folder: Path, row: dict[str, str], line: int) -> BankSound:
    name, kind, licence = row["file"], row["kind"].lower().replace(" ", "_"), row["licence"]
    table = folder / TABLE

    def error(problem: str, remedy: str, reason: str = "bad-sound") -> InputError:
        return InputError(
            f"{name or 'a row'}: {problem}", table, line, remedy=remedy, reason=reason
        )

    if not name:
        raise error("names no file", "write the file's name")
    found = next((known for known in SOUND_KINDS if known == kind), None)
    if found is None:
        raise error(f"unknown kind {row['kind']!r}", f"it is one of {', '.join(SOUND_KINDS)}")
    if not licence:
        raise error(
            "has no licence",
            "write the one it is under (CC0-1.0, CC-BY-4.0, or its own words)",
            "no-licence",
        )
    sex = {"f": "female", "m": "male"}.get(row.get("sex", "").lower(), row.get("sex", "").lower())
    if sex not in ("", "female", "male"):
        raise error(f"sex {sex!r}", "female, male, or nothing")
    pitch = _pitch(row.get("pitch", ""))
    if pitch is None:
        raise error(f"pitch {row['pitch']!r}", "hertz between 50 and 500, or nothing")
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise error("lies outside of the bank", "copy it into the folder", "unsafe-path")
    samples, rate = _read(path, error)
    if not pitch:
        measured = median_pitch(samples, rate)
        pitch = measured / _LAUGH_HEIGHT if kind == "laugh" else measured
    speaker = row.get("speaker", "") or name
    return BankSound(name, found, licence, speaker, sex, pitch, samples, rate)


def _pitch(cell: str) -> float | None:
    if not cell:
        return 0.0
    try:
        hertz = float(cell)
    except ValueError:
        return None
    return hertz if 50.0 <= hertz <= 500.0 else None


def _read(path: Path, error: Callable[..., InputError]) -> tuple[Samples, int]:
    import soundfile

    try:
        heard, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as problem:
        if not path.is_file():
            raise error("does not exist", "check the name in the table", "missing-file") from None
        raise error(f"cannot be read: {problem}", "WAV, FLAC or Ogg") from None
    if heard.shape[1] != 1:
        raise error(
            f"has {heard.shape[1]} channels",
            f"mix or choose one: sox {path.name} mono.wav remix 1",
        )
    samples = np.ascontiguousarray(heard[:, 0])
    if not np.isfinite(samples).all():
        raise error("holds values that are no numbers", "write it again")
    hop = max(1, rate // 100)
    frames = np.pad(samples, (0, -len(samples) % hop)).reshape(-1, hop)
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / hop
    loudest = float(power.max(initial=0.0))
    if loudest < 10 ** (_FAINTEST / 10):
        raise error("is silent", "record it again, or leave the row out")
    if _is_clipped(samples):
        raise error("is clipped", "record it at a lower level, or leave the row out")
    loud = np.flatnonzero(power > loudest * 10 ** (_EDGE / 10))
    samples = samples[loud[0] * hop : (loud[-1] + 1) * hop]
    if not _SHORTEST <= len(samples) / rate <= _LONGEST:
        raise error(
            f"lasts {len(samples) / rate:.2f} s",
            f"from {_SHORTEST} to {_LONGEST:.0f} s, one sound a file",
        )
    return np.asarray(samples, np.float32), int(rate)


def _is_clipped(samples: Samples) -> bool:
    """Whether the peak, near full scale, is held for several samples in a row."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < _FULL_SCALE:
        return False
    held = np.abs(samples) > peak - 2e-4
    runs = np.lib.stride_tricks.sliding_window_view(held, _CLIPPED_RUN) if len(held) >= 4 else held
    return bool(np.any(np.all(runs, axis=-1)))


def _distance(sound: BankSound, portrait: VoicePortrait) -> float:
    """How far a sound's speaker is from the voice, in semitones and for the sex."""
    far = 0.0
    if sound.pitch and portrait.pitch:
        far = abs(12 * math.log2(sound.pitch / portrait.pitch))
    else:
        far = _MOST_MOVED
    if sound.sex and portrait.sex and sound.sex != portrait.sex:
        far += _OTHER_SEX
    return far


def _moved(sound: BankSound, portrait: VoicePortrait) -> Samples:
    """A sound's samples at the portrait's rate, moved towards its pitch."""
    import soxr

    moved = 0.0
    if sound.pitch and portrait.pitch:
        moved = 12 * math.log2(portrait.pitch / sound.pitch)
    factor = 2 ** (min(max(moved, -_MOST_MOVED), _MOST_MOVED) / 12)
    if factor == 1.0 and sound.rate == portrait.rate:
        return sound.samples
    heard = soxr.resample(sound.samples, sound.rate * factor, portrait.rate, quality="HQ")
    return np.asarray(heard, np.float32)
