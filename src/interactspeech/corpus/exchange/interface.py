"""What an exchange format is: a name, a writer and a reader, and what both are given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
import numpy as np

from interactspeech._typing import Int16Array
from interactspeech.corpus.exchange.licences import sound_licences
from interactspeech.corpus.reader import Item
from interactspeech.errors import InputError, UsageError
from interactspeech.plugins import load_object
from interactspeech.records import Dialogue, Provenance, Samples, Speaker
from interactspeech.records.clock import at_rate
from interactspeech.scripts.roles import AGENT_ROLES
from interactspeech.settings import SampleRate, Settings
from interactspeech.signal.flac import encode_flac, to_int16
from interactspeech.signal.resampling import resample_samples

ModelSpeaker = Literal["auto", "A", "B", "alternate"]
AudioFormat = Literal["flac", "wav"]
SameFrame = Literal["keep", "join"]
#: What a format wants of a dialogue, so that it can be said before anything is written.
Need = Literal["audio", "two-speakers", "words"]
Pcm = Int16Array
#: A dialogue that was read, with a FLAC file, float32 samples of shape ``(channels, length)``, or
#: no audio.
Found = tuple[Dialogue, bytes | Samples | None]
#: Reads the file or folder at a path, on a clock of so many samples a second where the format
#: knows seconds only (None: its own). What cannot be used comes as its error, and the rest goes on.
#: Where there is nothing to read at all, it raises `InputError` before it gives anything.
Importer = Callable[[Path, int | None], Iterator[Found | InputError]]

#: Dialogues in a tar or a manifest of formats that come in shards.
PER_SHARD = 256


class ExportOptions(Settings, frozen=True):
    """What the user may choose.

    Attributes:
        model_speaker: whose side a model is to learn: the agent's where the record says who is the
            agent, otherwise the first speaker's (``"auto"``); the record's first speaker's
            (``"A"``), its second's (``"B"``), or one after the other (``"alternate"``).
        include_noncommercial: let data under a licence that is not free leave too.
        audio: write a WAV file beside each file of a timing format.
        audio_format: of WebDataset's audio.
        split: the name of the split that a Hugging Face data set is given.
        model_role: whose side a model is to learn, by `Speaker.role` ("agent"); it goes before
            `model_speaker`, and dialogues in which not exactly one speaker has it are left out.
        rate: samples a second at which sound and record leave; None: the format's own rate
            (moshi: 24,000), else as they are stored. Resampled without delay.
        same_frame: moshi: what becomes of words of one speaker that begin in one frame of the
            model (80 ms), of which its loader keeps the last alone. ``"keep"`` writes them as they
            are and counts those that will be lost; ``"join"`` writes them as one entry, all of
            whose tokens the loader places.
        codec: tokens: the codec that makes them, ``KIND:FOLDER``; see
            `interactspeech.models.codecs`.
        path_prefix: vap, ms-swift: stands before the paths in their lists, which count from where
            the trainer runs: from the export's folder where it is empty. Several splits that go out
            together have their folders in it, so that all of them count from one place.
    """

    model_speaker: ModelSpeaker = "auto"
    include_noncommercial: bool = False
    audio: bool = False
    audio_format: AudioFormat = "flac"
    split: str = "train"
    model_role: str = ""
    rate: SampleRate | None = None
    same_frame: SameFrame = "keep"
    codec: str = ""
    path_prefix: str = ""


@dataclass(frozen=True)
class ExportedDialogue:
    """A dialogue on its way out, the `number`-th (from 0) of those that were chosen.

    `dialogue`, `audio`, `flac` and `pcm` are at `rate` samples a second (None: as stored).
    """

    item: Item
    number: int
    rate: int | None = None

    @property
    def _resampled(self) -> bool:
        return self.rate not in {None, self.item.dialogue.rate}

    @cached_property
    def dialogue(self) -> Dialogue:
        """The record, on the clock of the export."""
        return at_rate(self.item.dialogue, self.rate or self.item.dialogue.rate)

    def audio(self) -> Samples:
        """Float samples of shape ``(channels, dialogue.length)``, resampled without delay.

        Raises:
            InputError: there is no audio, or it is damaged.
        """
        samples = self.item.audio()
        if not self._resampled:
            return samples
        made = resample_samples(samples, self.item.dialogue.rate, self.dialogue.rate)
        made = np.clip(made[:, : self.dialogue.length], -1.0, 1.0)
        missing = self.dialogue.length - made.shape[1]
        return np.pad(made, ((0, 0), (0, missing))) if missing else made

    def flac(self) -> bytes:
        """The audio as a FLAC file: the stored one, where it needs no other rate.

        Raises:
            InputError: there is no audio, or it is damaged.
        """
        return (
            encode_flac(self.audio(), self.dialogue.rate) if self._resampled else (self.item.flac())
        )

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

    def sides(self, choice: ModelSpeaker, role: str = "") -> tuple[Speaker, Speaker]:
        """The model's side, and the user's.

        Args:
            choice: by the order of the speakers.
            role: by `Speaker.role`, where it is not empty.

        Raises:
            InputError: the dialogue has not two speakers, or not exactly one of that role.
        """
        speakers = self.dialogue.speakers
        if len(speakers) != 2:
            raise InputError(
                f"dialogue {self.item.id!r} has {len(speakers)} speakers, not two",
                reason="not-two-speakers",
            )
        if role:
            has = [speaker.role == role for speaker in speakers]
            if sum(has) != 1:
                roles = ", ".join(f"{one.id}: {one.role or 'none'}" for one in speakers)
                raise InputError(
                    f"dialogue {self.item.id!r}: {sum(has)} speakers have the role {role!r} "
                    f"({roles})",
                    remedy="choose the side by its place (--model-speaker), or give roles",
                    reason="no-role",
                )
            return (speakers[0], speakers[1]) if has[0] else (speakers[1], speakers[0])
        agents = [speaker.role in AGENT_ROLES for speaker in speakers]
        second = (
            choice == "B"
            or (choice == "alternate" and self.number % 2 == 1)
            or (choice == "auto" and agents == [False, True])
        )
        return (speakers[1], speakers[0]) if second else (speakers[0], speakers[1])

    def pcm(self) -> dict[str, Pcm]:
        """Speaker -> their samples as 16-bit integers, exactly those that are stored."""
        channels = self.channels()
        samples = to_int16(self.audio()) if self._resampled else self.item.pcm()
        return {speaker: samples[channel] for speaker, channel in channels.items()}


class Exporter(ABC):
    """Writes one format into a folder that is not visible until everything is written.

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

    @property
    def growing(self) -> tuple[Path, ...]:
        """Files that later dialogues are appended to."""
        return ()

    def is_settled(self) -> bool:
        """Whether an export that is killed now can go on from here.

        It can where a new exporter on the same folder, with the files of `growing` cut to the sizes
        that they have now, goes on after `resume` of `state` and `skip` of each dialogue so far.
        False: such an export begins again.
        """
        return False

    def flush(self) -> None:  # noqa: B027
        """Hand what was written so far to the system."""

    def state(self) -> dict[str, int]:
        """What `resume` needs to know, beside the files."""
        return {}

    def resume(self, state: Mapping[str, int]) -> None:  # noqa: B027
        """Go on in the folder of a killed export."""

    def skip(self, piece: ExportedDialogue) -> None:  # noqa: B027
        """Take account of a dialogue that a killed export wrote."""


@dataclass(frozen=True)
class ExchangeFormat:
    """A format in which a corpus leaves, or others' data come, or both.

    Attributes:
        name: for `export` and `import`.
        about: what it is, in a few words.
        exporter: an `Exporter`, or what gives one for a folder and `ExportOptions`; or
            ``module:attribute`` of it, imported when it is asked for. None: it is not written.
        importer: an `Importer`, in the same ways. None: it is not read.
        one_way: why one of the two is missing.
        audio, times, words, events: what an export holds of them, for the table in
            docs/exports.md.
        returns: what `import` reads of an export.
        needs: what a dialogue must have, for what is said before an export begins.
        rate: samples a second at which sound leaves where the user says nothing; None: as stored.
    """

    name: str
    about: str
    exporter: Callable[[Path, ExportOptions], Exporter] | str | None = None
    importer: Importer | str | None = None
    one_way: str = ""
    audio: str = ""
    times: str = ""
    words: str = ""
    events: str = ""
    returns: str = ""
    needs: tuple[Need, ...] = ()
    rate: int | None = None

    def writer(self, folder: Path, options: ExportOptions) -> Exporter:
        """What writes the format into an empty folder.

        Raises:
            InputError: the format is not written, or an option does not fit it.
        """
        if self.exporter is None:
            raise UsageError(f"{self.name!r} is not written", remedy=self.one_way)
        make = load_object(self.exporter) if isinstance(self.exporter, str) else self.exporter
        return cast(Exporter, make(folder, options))

    def read(self, path: Path, rate: int | None = None) -> Iterator[Found | InputError]:
        """Dialogues at `path` with their audio; see `Importer`.

        Raises:
            InputError: the format is not read, or there is nothing to read.
        """
        if self.importer is None:
            raise UsageError(f"{self.name!r} is not read", remedy=self.one_way)
        read = load_object(self.importer) if isinstance(self.importer, str) else self.importer
        return cast("Iterator[Found | InputError]", read(path, rate))


def require_any(found: list[Path], path: Path, what: str) -> list[Path]:
    """The files that were found at `path`, at least one.

    Raises:
        InputError: there is none; `what` says what was looked for (reason ``"no-input"``).
    """
    if not found:
        raise InputError(f"holds no {what}", path, reason="no-input")
    return found


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
    if licences := sound_licences(dialogue):
        plain["sounds"] = licences
    return plain


def provenance_of(stated: Mapping[str, Any]) -> Provenance:
    """What `provenance` said about a dialogue's source, as it was."""
    source = {key: value for key, value in stated.items() if key not in {"id", "voices", "sounds"}}
    source["id"] = source.pop("source_id", "")
    known = {key: value for key, value in source.items() if key in Provenance.__struct_fields__}
    return msgspec.convert(known, Provenance)
