"""What is normal for a voice: the limits of the quality gate, measured engine by engine.

The limits are data (``data/ENGINE.json`` here, `Engine.gate_limits` for an engine of another
package), written by `interactspeech evaluate voices ENGINE --write` from speech that was taken for
good. An engine without measured limits gets those of `UNMEASURED`, which are wide.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from interactspeech.errors import InputError
from interactspeech.tts.quality_gate.duration_model import USUAL, DurationModel, mean_duration_model
from interactspeech.tts.registry import ENGINES


class UtteranceLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Between which values one utterance passes.

    Attributes:
        clipping: share of samples in flat tops, at most.
        pause: longest silence inside, seconds, at most (at speed 1).
        level: root mean square of the active frames, decibels of full scale, at least and at most.
        length: length over the length expected (`DurationModel.ratio`), at least and at most.
        word_errors: recognition errors a word, at most; for utterances of four words and more.
        overall: DNSMOS P.835 overall, at least.
        p808: DNSMOS P.808, at least.
        similarity: median cosine of an utterance's speaker embedding to those of the same speaker's
            other utterances in the dialogue, at least.
    """

    clipping: float
    pause: float
    level: tuple[float, float]
    length: tuple[float, float]
    word_errors: float
    overall: float
    p808: float
    similarity: float


class EngineLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of one engine, with what they were measured on.

    Attributes:
        engine, version: what spoke.
        utterances: how many of them were measured; `seconds` of speech.
        limits: for its voices.
        apart: for those of them that are unlike the others (one that whispers, say).
        paces: of each voice.
        measured: measure -> percentiles 0, 1, 50, 99, 100 of what was found, to look at.
    """

    engine: str
    version: str
    utterances: int
    seconds: float
    limits: UtteranceLimits
    paces: dict[str, DurationModel]
    apart: dict[str, UtteranceLimits] = {}
    measured: dict[str, tuple[float, ...]] = {}

    def of(self, voice: str) -> UtteranceLimits:
        """The limits of `voice`."""
        return self.apart.get(voice, self.limits)

    def pace(self, voice: str) -> DurationModel:
        """The pace of `voice`; the mean of the engine's where that one was not measured."""
        if voice in self.paces:
            return self.paces[voice]
        return mean_duration_model(tuple(self.paces.values()))


#: For engines that were never measured: English at half to twice the usual pace, and figures that
#: only broken speech misses.
UNMEASURED = EngineLimits(
    engine="",
    version="",
    utterances=0,
    seconds=0.0,
    limits=UtteranceLimits(
        clipping=1e-3,
        pause=2.0,
        level=(-45.0, -6.0),
        length=(0.45, 2.2),
        word_errors=0.5,
        overall=2.2,
        p808=2.4,
        similarity=0.3,
    ),
    paces={"": USUAL},
)


@cache
def limits_of(engine: str, folder: Path | None = None) -> EngineLimits:
    """The limits of `engine`: from `folder` if it has a file for it, else those that it brings.

    Raises:
        InputError: the file is damaged, or the engine of another package cannot be used.
    """
    name = f"{engine}.json"
    if folder is not None and (folder / name).is_file():
        return parse_limits((folder / name).read_bytes(), folder / name)
    brought: Traversable | None = resources.files("interactspeech.tts.quality_gate") / "data" / name
    if brought is not None and not brought.is_file():
        brought = ENGINES.make(engine).gate_limits if engine in ENGINES else None
    if brought is None:
        return UNMEASURED
    return parse_limits(brought.read_bytes(), Path(str(brought)))


def parse_limits(data: bytes, path: Path) -> EngineLimits:
    """Limits from the bytes of a file; `path` is for messages."""
    try:
        return msgspec.json.decode(data, type=EngineLimits)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"no limits of the quality gate: {error}",
            path,
            remedy="write it anew with `interactspeech evaluate voices`",
            reason="bad-limits",
        ) from None
