"""What every exporter is given, and what most of them need."""

from __future__ import annotations

import gzip
import io
import json
import re
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

import msgspec
import numpy as np
import numpy.typing as npt

from interactspeech.corpus.reader import Item
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Speaker
from interactspeech.signal.flac import to_int16

ModelSpeaker = Literal["A", "B", "alternate"]
AudioFormat = Literal["flac", "wav"]
Pcm = npt.NDArray[np.int16]

#: Dialogues in a tar or a manifest of formats that come in shards.
PER_SHARD = 256


@dataclass(frozen=True)
class ExportOptions:
    """What the user may choose.

    Attributes:
        model_speaker: whose side a model is to learn: the record's first speaker (``"A"``), its
            second (``"B"``), or one after the other (``"alternate"``).
        include_noncommercial: let data under a licence that is not free leave too.
        audio: write a WAV file beside each file of a timing format.
        audio_format: of WebDataset's audio.
        split: the name of the split that a Hugging Face data set is given.
    """

    model_speaker: ModelSpeaker = "A"
    include_noncommercial: bool = False
    audio: bool = False
    audio_format: AudioFormat = "flac"
    split: str = "train"


@dataclass(frozen=True)
class ExportedDialogue:
    """A dialogue on its way out, the `number`-th (from 0) of those that were chosen."""

    item: Item
    number: int

    @property
    def dialogue(self) -> Dialogue:
        """The record."""
        return self.item.dialogue

    def channels(self) -> dict[str, int]:
        """Speaker -> their own channel.

        Raises:
            InputError: there is no audio, or a speaker has no channel of their own.
        """
        if not self.item.has_audio:
            raise InputError(f"dialogue {self.item.id!r} has no audio", reason="no-audio")
        found = {track.speaker: track.channel for track in self.dialogue.tracks}
        missing = [one.id for one in self.dialogue.speakers if one.id not in found]
        if missing or len(set(found.values())) != len(found):
            who = missing[0] if missing else next(iter(found))
            raise InputError(
                f"dialogue {self.item.id!r}: speaker {who!r} has no track of their own",
                reason="no-audio",
            )
        return found

    def sides(self, choice: ModelSpeaker) -> tuple[Speaker, Speaker]:
        """The model's side, and the user's.

        Raises:
            InputError: the dialogue has not two speakers.
        """
        speakers = self.dialogue.speakers
        if len(speakers) != 2:
            raise InputError(
                f"dialogue {self.item.id!r} has {len(speakers)} speakers, not two",
                reason="not-two-speakers",
            )
        second = choice == "B" or (choice == "alternate" and self.number % 2 == 1)
        return (speakers[1], speakers[0]) if second else (speakers[0], speakers[1])

    def pcm(self) -> dict[str, Pcm]:
        """Speaker -> their samples as 16-bit integers, exactly those that are stored."""
        channels = self.channels()
        samples = to_int16(self.item.audio())
        return {speaker: samples[channel] for speaker, channel in channels.items()}


class Exporter(ABC):
    """Writes one format into a folder that nobody sees before all is done.

    Args:
        folder: exists and is empty.
        options: what the user chose.
    """

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        self.folder, self.options = folder, options
        #: What the format could not hold: reason -> how often.
        self.notes: Counter[str] = Counter()

    @abstractmethod
    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue.

        Raises:
            InputError: the format cannot hold it. No list of the export names it.
        """

    def close(self) -> None:  # noqa: B027  (most formats have nothing to finish)
        """Write what comes last."""


@dataclass
class JsonLines:
    """A file of one JSON value a line; gzip-compressed where it is called ``.gz``."""

    path: Path

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._raw = self.path.open("wb")
        # No name and no time inside: equal content gives equal bytes.
        packed = self.path.suffix == ".gz"
        self._packed = gzip.GzipFile("", "wb", fileobj=self._raw, mtime=0) if packed else None

    def write(self, value: Any) -> None:
        """Append one value."""
        line = json.dumps(value, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        (self._packed or self._raw).write(line)

    def close(self) -> None:
        """Finish the file."""
        if self._packed is not None:
            self._packed.close()
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def wav(samples: Pcm, rate: int) -> bytes:
    """16-bit samples, shape ``(n,)`` or ``(n, channels)``, as a WAV file."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def flac(samples: Pcm, rate: int) -> bytes:
    """16-bit samples of shape ``(n,)`` as a FLAC file."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def provenance(dialogue: Dialogue) -> dict[str, Any]:
    """Where a dialogue comes from and what may be done with it, as plain data."""
    plain: dict[str, Any] = {"id": dialogue.id}
    stated = msgspec.to_builtins(dialogue.provenance)
    stated.pop("script", None)
    plain |= {"source_id" if key == "id" else key: value for key, value in stated.items()}
    plain["voices"] = [
        {
            "speaker": speaker.id,
            "engine": speaker.voice.engine,
            "name": speaker.voice.name,
            "licence": speaker.voice.licence,
        }
        for speaker in dialogue.speakers
        if speaker.voice
    ]
    return plain


# Which licences let data leave for any use, and which only when asked for.


#: SPDX identifiers (families of them) that allow commercial use and changed copies. No library
#: knows that: license-expression reads expressions, and knows licences by name alone. What is not
#: listed is held back: a licence in its own words must be read by a person.
_FREE = re.compile(
    r"CC0(?:-1\.0)?|CC-BY(?:-SA)?-\d\.\d(?:-[A-Z]{2,3})?|CC-PDDC|PDDL-1\.0|ODbL-1\.0|ODC-By-1\.0"
    r"|CDLA-(?:Permissive|Sharing)-\d\.\d|Apache-2\.0|MIT(?:-0)?|BSD-\d-Clause|0BSD|ISC|Zlib"
    r"|BSL-1\.0|[AL]?GPL-\d\.\d(?:-only|-or-later|\+)?|MPL-2\.0|EPL-2\.0|Unlicense",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def is_free(licence: str) -> bool:
    """Whether an SPDX expression allows commercial use and changed copies.

    An empty one (the user's own text, with no licence stated) does. What is no SPDX expression does
    not, nor do unknown identifiers and unknown exceptions ("WITH Commons-Clause" restricts).

    >>> is_free("CC-BY-4.0 AND Apache-2.0"), is_free("CC-BY-NC-4.0"), is_free("ask the author")
    (True, False, False)
    """
    if not licence.strip():
        return True
    if _FREE.fullmatch(licence.strip()):  # the usual case, without the library's list of licences
        return True
    from license_expression import (
        AND,
        OR,
        ExpressionError,
        LicenseWithExceptionSymbol,
        get_spdx_licensing,
    )

    def free(part: Any) -> bool:
        if isinstance(part, AND | OR):
            return (all if isinstance(part, AND) else any)(map(free, part.args))
        if isinstance(part, LicenseWithExceptionSymbol):
            return part.exception_symbol.key in exceptions and free(part.license_symbol)
        return _FREE.fullmatch(part.key) is not None

    licensing = get_spdx_licensing()
    exceptions = {key for key, one in licensing.known_symbols.items() if one.is_exception}
    try:
        return free(licensing.parse(licence))
    except ExpressionError:
        return False


def restricted(dialogue: Dialogue) -> str:
    """The first licence of a dialogue (its source's, its voices') that is not free, or ``""``."""
    licences = [dialogue.provenance.licence]
    licences += [speaker.voice.licence for speaker in dialogue.speakers if speaker.voice]
    return next((licence for licence in licences if not is_free(licence)), "")
