"""Recorded speech as an engine: a speaker's voice says what the speaker has said.

The text asked for is looked up among the speaker's recordings; what was never recorded cannot be
said. Styles are left out of it: what is heard is the person. Word times come from an aligner.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import msgspec
import numpy as np

from interactspeech.dialogue import Samples, Speech, Voice
from interactspeech.errors import InputError
from interactspeech.voices.aligned import Aligner, aligned
from interactspeech.voices.aligners import aligner
from interactspeech.voices.base import PLAIN, Engine, Style
from interactspeech.voices.recordings import Clip, Tree, key

_VERSION = 1


class RecordedEngine(Engine):
    """See the module's docstring.

    Args:
        trees: names of inputs, ``librispeech:PATH``, ``vctk:PATH`` or ``recorded:PATH``.
        align: name of the aligner (see `interactspeech.voices.aligners`).
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

    def speak(self, text: str, voice: Voice | str | None = None, style: Style = PLAIN) -> Speech:
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
        return aligned(samples, rate, text, voice, self._aligner)

    @cached_property
    def _speakers(self) -> dict[str, tuple[Voice, Tree, dict[tuple[str, ...], Clip]]]:
        found = {}
        for name in self._trees:
            tree = Tree.named(name)
            if tree is None:
                raise InputError(f"{name!r} names no recordings", reason="no-recordings")
            digest = tree.digest()
            for speaker, clips in tree.clips.items():
                voice = voice_of(tree, speaker)
                said: dict[tuple[str, ...], Clip] = {}
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
