"""A corpus as features and targets on disk, which training reads instead of the audio.

```
folder/
  features.f16    (C, steps, 160) of each dialogue after the other, float16
  active.i8       (C, 2 steps)
  kind.i8         (C, steps)
  index.json      where each dialogue lies, what it is, and what it was made from
```

Each track is clean here; rooms, noise, telephones, other voices and mixing are added in training
(`augmentation`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from interactspeech._typing import Float16Array, Float32Array, Int8Array
from interactspeech.atomic_files import write_file
from interactspeech.corpus import Corpus, Item, read_shard
from interactspeech.errors import InputError
from interactspeech.records import Dialogue
from interactspeech.signal.log_mel import BANDS, RATE, STACK, STEP, LogMel
from interactspeech.training.listener.targets import Targets, targets_of

_WIDTH = STACK * BANDS
_BLOCK = RATE * 30


class PreparedDialogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One prepared dialogue of two speakers.

    Attributes:
        id: of the dialogue; `corpus` names the source of its text, `licence` what may be done.
        first: of its rows of steps in the files (a row is one speaker's step).
        steps: its length.
        voices: of the speakers.
        feedback: number of backchannels in it.
    """

    id: str
    corpus: str
    licence: str
    first: int
    steps: int
    voices: tuple[str, str]
    feedback: int


class PreparedIndex(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contents of a prepared folder."""

    entries: tuple[PreparedDialogue, ...]
    sources: tuple[str, ...]
    version: int = 1

    @property
    def hours(self) -> float:
        """Duration of the dialogues in hours."""
        return sum(e.steps for e in self.entries) * STEP / RATE / 3600


@dataclass(frozen=True, eq=False)
class ListenerExample:
    """One dialogue: log-mel ``(2, steps, 160)`` float16, `active` ``(2, 2 steps)``, `kind`."""

    features: Float16Array
    active: Int8Array
    kind: Int8Array


class PreparedCorpus:
    """A prepared folder, read through memory maps."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        try:
            data = (self.folder / "index.json").read_bytes()
            self.index = msgspec.json.decode(data, type=PreparedIndex)
        except (OSError, msgspec.DecodeError) as error:
            raise InputError(
                f"is no prepared corpus: {error}",
                self.folder,
                remedy="make one with: interactspeech train events --prepare",
                reason="bad-prepared",
            ) from None
        self._features = np.memmap(self.folder / "features.f16", np.float16, "r").reshape(
            -1, _WIDTH
        )
        self._active = np.memmap(self.folder / "active.i8", np.int8, "r").reshape(-1, 2)
        self._kind = np.memmap(self.folder / "kind.i8", np.int8, "r")

    def __len__(self) -> int:
        return len(self.index.entries)

    def __getitem__(self, i: int) -> ListenerExample:
        entry = self.index.entries[i]
        return self.cut(i, 0, entry.steps)

    def cut(self, i: int, start: int, stop: int) -> ListenerExample:
        """Steps ``[start, stop)`` of a dialogue; both speakers, copied into memory."""
        entry = self.index.entries[i]
        rows = [entry.first + c * entry.steps for c in range(2)]
        return ListenerExample(
            np.stack([self._features[r + start : r + stop] for r in rows]),
            np.stack([self._active[r + start : r + stop].reshape(-1) for r in rows]),
            np.stack([self._kind[r + start : r + stop] for r in rows]),
        )


def prepare(corpora: Iterable[Path | str], folder: Path | str) -> PreparedIndex:
    """Features and targets of all two-speaker dialogues of some corpora.

    Args:
        corpora: folders of corpora with audio, one track a speaker; or single shards (tar).
        folder: to write; it must not hold a prepared corpus yet.

    Raises:
        InputError: a corpus cannot be read, or none of its dialogues has two tracks.
    """
    sources = [Path(source) for source in corpora]

    def parts() -> Iterable[PreparedPart]:
        for source in sources:
            for item in _items(source):
                if len(item.dialogue.speakers) == 2 and item.has_audio:
                    mel = features_of(item)
                    yield PreparedPart(item.dialogue, mel, targets_of(item.dialogue, mel.shape[1]))

    return write_prepared(parts(), folder, [source.name for source in sources])


@dataclass(frozen=True, eq=False)
class PreparedPart:
    """A record with its log-mel steps ``(2, steps, 160)`` and its targets."""

    dialogue: Dialogue
    mel: Float32Array
    targets: Targets


def write_prepared(
    parts: Iterable[PreparedPart], folder: Path | str, sources: Sequence[str]
) -> PreparedIndex:
    """Write a prepared folder.

    Args:
        parts: dialogues.
        folder: to write; it must not hold a prepared corpus yet.
        sources: what they come from.

    Raises:
        InputError: there are none.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[PreparedDialogue] = []
    first = 0
    with (
        (folder / "features.f16").open("wb") as features,
        (folder / "active.i8").open("wb") as active,
        (folder / "kind.i8").open("wb") as kind,
    ):
        for part in parts:
            features.write(part.mel.astype(np.float16).tobytes())
            active.write(part.targets.active.tobytes())
            kind.write(part.targets.kind.tobytes())
            entries.append(_entry(part.dialogue, first, part.mel.shape[1]))
            first += 2 * part.mel.shape[1]
    if not entries:
        raise InputError(
            "no dialogue with two speakers and audio", ", ".join(sources), reason="nothing-to-learn"
        )
    index = PreparedIndex(tuple(entries), tuple(sources))
    write_file(folder / "index.json", msgspec.json.encode(index))
    return index


def _items(source: Path) -> Iterable[Item]:
    return read_shard(source) if source.suffix == ".tar" else Corpus.open(source)


def features_of(item: Item) -> Float32Array:
    """Log-mel steps of both tracks of a stored dialogue, shape ``(2, steps, 160)``."""
    return log_mel_steps(item.audio(), item.dialogue.rate)


def log_mel_steps(samples: Float32Array, rate: int) -> Float32Array:
    """Log-mel steps ``(channels, steps, 160)`` of samples ``(channels, n)`` of any rate."""
    import soxr

    if rate != RATE:
        samples = soxr.resample(samples.T, rate, RATE).T
    # A last part of a step is filled with silence.
    samples = np.pad(samples, ((0, 0), (0, -samples.shape[1] % STEP)))
    hear = LogMel(len(samples))
    blocks = range(0, samples.shape[1], _BLOCK)
    return np.concatenate([hear(samples[:, i : i + _BLOCK]) for i in blocks], axis=1)


def _entry(d: Dialogue, first: int, steps: int) -> PreparedDialogue:
    voices = [f"{s.voice.engine}:{s.voice.name}" if s.voice else "" for s in d.speakers]
    return PreparedDialogue(
        id=d.id,
        corpus=d.provenance.corpus,
        licence=d.provenance.licence,
        first=first,
        steps=steps,
        voices=(voices[0], voices[1]),
        feedback=sum(u.kind == "backchannel" for u in d.utterances),
    )
