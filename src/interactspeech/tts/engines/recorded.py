"""Corpora of read speech as voices: which speakers there are, what each says, in which file.

```
LibriSpeech   [SUBSET/]SPEAKER/CHAPTER/SPEAKER-CHAPTER-0000.flac
                                       SPEAKER-CHAPTER.trans.txt     "ID TEXT" a line
VCTK          wav48_silence_trimmed/p225/p225_001_mic1.flac  (or wav48/p225/p225_001.wav)
              txt/p225/p225_001.txt
plain         SPEAKER/NAME.wav (or .flac)  SPEAKER/NAME.txt
```
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

import msgspec
import numpy as np

from interactspeech.errors import InputError
from interactspeech.models.aligners import Aligner, aligner
from interactspeech.records import Samples, Speech, Voice, spoken_tokens
from interactspeech.tts.aligned_speech import align_speech
from interactspeech.tts.interface import NEUTRAL, Engine, Style

Layout = Literal["librispeech", "vctk", "plain"]
#: Prefix of an input's name -> layout; "recorded" recognises it.
PREFIXES: dict[str, Layout | None] = {
    "librispeech": "librispeech",
    "vctk": "vctk",
    "plain": "plain",
    "recorded": None,
}
#: As the corpora's own pages state them.
LICENCES = {"librispeech": "CC-BY-4.0", "vctk": "CC-BY-4.0", "plain": ""}

_VCTK_SOUND = ("wav48_silence_trimmed", "wav48")
_SOUND = (".flac", ".wav")


class RecordedUtterance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One recorded utterance.

    Attributes:
        id: unique in its tree ("1272-128104-0000").
        speaker: id in the corpus.
        text: what is read, white space collapsed; of LibriSpeech in lower case.
        path: of the sound, relative to the tree's root.
        group: utterances of one group are one text (a chapter); "" where there are none.
    """

    id: str
    speaker: str
    text: str
    path: str
    group: str = ""


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a corpus says about a speaker."""

    sex: Literal["female", "male", ""] = ""
    accent: str = ""


class Tree:
    """A folder of recorded speech.

    Args:
        root: the folder.
        layout: found out where it is None.

    Attributes:
        losses: transcripts without sound and sound without transcripts, after `clips` was read.

    Raises:
        InputError: no such folder, or none of the layouts (reason ``no-recordings``).
    """

    def __init__(self, root: str | Path, layout: Layout | None = None) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise InputError("no such folder", root, remedy="check the path", reason="no-file")
        self.layout: Layout = layout or self._guess()
        self.losses: list[InputError] = []

    @classmethod
    def named(cls, name: str) -> Tree | None:
        """The tree that an input such as ``librispeech:PATH`` names; None for other inputs."""
        prefix, colon, path = name.partition(":")
        if not colon or prefix not in PREFIXES:
            return None
        return cls(path, PREFIXES[prefix])

    @property
    def licence(self) -> str:
        """SPDX expression, where the layout tells the corpus."""
        return LICENCES[self.layout]

    @cached_property
    def clips(self) -> dict[str, list[RecordedUtterance]]:
        """Speaker -> clips, both in order.

        Raises:
            InputError: there is none (reason ``no-recordings``).
        """
        readers: dict[Layout, Callable[[], Iterator[RecordedUtterance]]] = {
            "librispeech": self._librispeech,
            "vctk": self._vctk,
            "plain": self._plain,
        }
        found: dict[str, list[RecordedUtterance]] = {}
        for clip in readers[self.layout]():
            if spoken_tokens(clip.text):
                found.setdefault(clip.speaker, []).append(clip)
            else:
                self._lose(f"recording {clip.id} has no words", clip.path)
        if not found:
            raise InputError(
                f"no recordings in the layout of {self.layout}",
                self.root,
                remedy="see docs/voices.md for the layouts of recorded speech",
                reason="no-recordings",
            )
        return {speaker: found[speaker] for speaker in sorted(found)}

    @cached_property
    def people(self) -> dict[str, Person]:
        """What the corpus says of its speakers; those it is silent about are left out."""
        for folder in (self.root, self.root.parent, *self.root.parents[:2]):
            if self.layout == "librispeech" and (file := folder / "SPEAKERS.TXT").is_file():
                return dict(_librispeech_people(file))
            if self.layout == "vctk" and (file := folder / "speaker-info.txt").is_file():
                return dict(_vctk_people(file))
        return {}

    def digest(self) -> str:
        """SHA-256 of what is said by whom, in which files; the sound itself is not read."""
        message = hashlib.sha256(self.layout.encode())
        for clips in self.clips.values():
            message.update(msgspec.json.encode(clips))
        return message.hexdigest()

    def _guess(self) -> Layout:
        if any((self.root / name).is_dir() for name in _VCTK_SOUND):
            return "vctk"
        if next(self.root.rglob("*.trans.txt"), None) is not None:
            return "librispeech"
        return "plain"

    def _lose(self, problem: str, path: str | Path) -> None:
        self.losses.append(InputError(problem, self.root / path, reason="recording"))

    def _librispeech(self) -> Iterator[RecordedUtterance]:
        for transcript in sorted(self.root.rglob("*.trans.txt")):
            folder = transcript.parent
            for number, line in enumerate(_text(transcript).splitlines(), 1):
                name, _, text = line.strip().partition(" ")
                if not name:
                    continue
                sound = next(
                    (s for end in _SOUND if (s := folder / f"{name}{end}").is_file()), None
                )
                if sound is None:
                    self.losses.append(
                        InputError(f"no sound for {name!r}", transcript, number, reason="recording")
                    )
                    continue
                # Written in capitals, without punctuation.
                yield RecordedUtterance(
                    name,
                    folder.parent.name,
                    " ".join(text.lower().split()),
                    str(sound.relative_to(self.root)),
                    folder.name,
                )

    def _vctk(self) -> Iterator[RecordedUtterance]:
        sounds = next(s for name in _VCTK_SOUND if (s := self.root / name).is_dir())
        for transcript in sorted((self.root / "txt").glob("*/*.txt")):
            speaker, name = transcript.parent.name, transcript.stem
            candidates = [
                sounds / speaker / f"{name}{microphone}{end}"
                for microphone in ("_mic1", "_mic2", "")
                for end in _SOUND
            ]
            sound = next((s for s in candidates if s.is_file()), None)
            if sound is None:
                self._lose(f"no sound for {name!r}", transcript.relative_to(self.root))
                continue
            text = " ".join(_text(transcript).split())
            yield RecordedUtterance(name, speaker, text, str(sound.relative_to(self.root)))

    def _plain(self) -> Iterator[RecordedUtterance]:
        for sound in sorted(self.root.glob("*/*")):
            if sound.suffix.lower() not in _SOUND:
                continue
            transcript = sound.with_suffix(".txt")
            if not transcript.is_file():
                self._lose("no transcript beside it", sound.relative_to(self.root))
                continue
            text = " ".join(_text(transcript).split())
            speaker = sound.parent.name
            yield RecordedUtterance(
                f"{speaker}-{sound.stem}", speaker, text, str(sound.relative_to(self.root))
            )


def key(text: str) -> tuple[str, ...]:
    """What two spellings of one text share: the letters and digits of each spoken token."""
    return tuple(
        "".join(c for c in token.casefold() if c.isalnum()) for token in spoken_tokens(text)
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot be read as UTF-8 text: {error}", path, reason="unreadable"
        ) from None


def _librispeech_people(file: Path) -> Iterator[tuple[str, Person]]:
    """``14 | F | train-clean-360 | 25.03 | Kristin LeMoine``; comments begin with ``;``."""
    for line in _text(file).splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if not line.startswith(";") and len(cells) > 1:
            yield cells[0], Person(_sex(cells[1]))


def _vctk_people(file: Path) -> Iterator[tuple[str, Person]]:
    """``p225  23  F    English    Southern  England``; ids with or without the p."""
    accents = {"english": "GB", "scottish": "GB", "welsh": "GB", "northernirish": "GB"}
    accents |= {"american": "US", "canadian": "CA", "irish": "IE", "australian": "AU"}
    accents |= {"newzealand": "NZ", "southafrican": "ZA", "indian": "IN"}
    for line in _text(file).splitlines():
        cells = re.split(r"\s+", line.strip())
        if len(cells) >= 4 and cells[0].lstrip("ps").isdigit():
            name = cells[0] if cells[0][0] in "ps" else f"p{cells[0]}"
            yield name, Person(_sex(cells[2]), accents.get(cells[3].lower(), ""))


def _sex(letter: str) -> Literal["female", "male", ""]:
    if letter.upper() == "F":
        return "female"
    return "male" if letter.upper() == "M" else ""


# Recorded speech as an engine: a speaker's voice says what the speaker has said.
#
# The text asked for is looked up among the speaker's recordings; what was never recorded cannot be
# said. Styles are left out of it: what is heard is the person. Word times come from an aligner.


_VERSION = 1


class RecordedEngine(Engine):
    """See the module's docstring.

    Args:
        trees: names of inputs, ``librispeech:PATH``, ``vctk:PATH`` or ``recorded:PATH``.
        align: name of the aligner (see `interactspeech.models.aligners`).
    """

    name: ClassVar[str] = "recorded"
    rate: ClassVar[int] = 0  # each recording's own
    licence: ClassVar[str] = "as the recordings"
    native_times: ClassVar[bool] = False

    def __init__(self, trees: Sequence[str] = (), align: str = "pocketsphinx") -> None:
        self._trees = tuple(trees)
        self._align = align

    @property
    def version(self) -> str:
        return f"{_VERSION}+{self._align}"

    @property
    def missing(self) -> str:
        return "" if self._trees else "recordings: `interactspeech build librispeech:PATH`"

    def voices(self) -> tuple[Voice, ...]:
        return tuple(voice for voice, _, _ in self._speakers.values())

    def voice(self, name: str) -> Voice:
        if name not in self._speakers:
            raise InputError(
                f"no recordings of a speaker {name!r}",
                remedy="name the folder of recordings as an input",
                reason="unknown-voice",
            )
        return self._speakers[name][0]

    def speak(self, text: str, voice: Voice | str | None = None, style: Style = NEUTRAL) -> Speech:
        """As `Engine.speak`, whatever the style.

        Raises:
            InputError: the voice never said it (reason ``not-recorded``), or the recording cannot
                be read (reason ``recording``).
        """
        del style  # a recording is as it is
        return super().speak(text, voice)

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        del style
        _, tree, clips = self._speakers[voice.name]
        clip = clips.get(key(text))
        if clip is None:
            raise InputError(
                f"{voice.name} has not recorded {text[:60]!r}",
                remedy="recorded voices say only what was recorded",
                reason="not-recorded",
            )
        samples, rate = read(tree.root / clip.path)
        return align_speech(samples, rate, text, voice, self._aligner)

    @cached_property
    def _speakers(self) -> dict[str, tuple[Voice, Tree, dict[tuple[str, ...], RecordedUtterance]]]:
        found = {}
        for name in self._trees:
            tree = Tree.named(name)
            if tree is None:
                raise InputError(f"{name!r} names no recordings", reason="no-recordings")
            digest = tree.digest()
            for speaker, clips in tree.clips.items():
                voice = voice_of(tree, speaker)
                said: dict[tuple[str, ...], RecordedUtterance] = {}
                for clip in clips:  # of two recordings of one text the first is used
                    said.setdefault(key(clip.text), clip)
                made = msgspec.structs.replace(voice, weights=digest, engine_version=self.version)
                found[voice.name] = (made, tree, said)
        return found

    @cached_property
    def _aligner(self) -> Aligner:
        return aligner(self._align)


def voice_of(tree: Tree, speaker: str) -> Voice:
    """The voice of a speaker of a tree ("librispeech-1272")."""
    person = tree.people.get(speaker)
    return Voice(
        engine=RecordedEngine.name,
        name=f"{tree.layout}-{speaker}",
        language="en",
        accent=person.accent if person else "",
        sex=person.sex if person else "",
        licence=tree.licence,
    )


def read(path: Path) -> tuple[Samples, int]:
    """Samples of the first channel, float32, and their rate.

    Raises:
        InputError: it cannot be read, or there is nothing in it (reason ``recording``).
    """
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(
            f"no sound that can be read: {error}",
            path,
            remedy="fetch the file again",
            reason="recording",
        ) from None
    if not len(samples):
        raise InputError("an empty recording", path, reason="recording")
    return np.ascontiguousarray(samples[:, 0]), int(rate)
