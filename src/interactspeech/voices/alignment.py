"""Word times by forced alignment: pocketsphinx with its own acoustic model, no download.

For engines without times of their own, and to check those that have them. Words that the aligner's
dictionary lacks (names, numbers, feedback) get a pronunciation from the phonemes of `phonemes`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from interactspeech.dialogue import Samples, spoken_tokens
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.voices.arpabet import arpabet
from interactspeech.voices.phonemes import phonemes
from interactspeech.voices.timing import Bounds

_RATE = 16_000
_FRAME = 160  # samples at 16 kHz
#: Seconds of silence put around the speech: the model wants some to begin in.
_PAD = 0.25


class PocketsphinxAligner:
    """Forced alignment of American English; 10 ms resolution, about 60x real time.

    Keep one and use it again: loading takes 0.3 s.
    """

    def align(self, samples: Samples, rate: int, text: str) -> Bounds | None:
        """Where the spoken tokens of `text` are in `samples`.

        Args:
            samples: mono, shape ``(n,)``.
            rate: samples a second.
            text: what is said.

        Returns:
            ``(start, end)`` of each spoken token, in samples at `rate`; None if the aligner found
            no way through the sound.
        """
        import soxr

        tokens = spoken_tokens(text)
        names = self._names(text, tokens)
        sound = samples if rate == _RATE else soxr.resample(samples, rate, _RATE)
        pad = np.zeros(int(_PAD * _RATE), np.float32)
        padded = np.concatenate([pad, sound, pad])
        steps = np.clip(np.rint(padded * 32767), -32768, 32767).astype("<i2")
        # Digital silence has no logarithm: a dither of one step.
        steps += np.random.default_rng(0).integers(-1, 2, len(steps), dtype=np.int16)
        decoder = self._decoder
        decoder.set_align_text(" ".join(names))
        decoder.start_utt()
        decoder.process_raw(steps.tobytes(), full_utt=True)
        decoder.end_utt()
        found = [
            (segment.start_frame, segment.end_frame + 1)
            for segment in decoder.seg() or []
            if segment.word.split("(")[0] in names  # "(2)" marks a second pronunciation
        ]
        if len(found) != len(tokens):
            return None
        scale = rate / _RATE
        first = len(pad)
        last = len(samples)
        return [
            (
                min(max(round((start * _FRAME - first) * scale), 0), last - 1),
                min(max(round((end * _FRAME - first) * scale), 1), last),
            )
            for start, end in found
        ]

    def sayable(self, token: str) -> bool:
        """Whether there is a pronunciation for `token` (written in Latin letters, with a sound)."""
        try:
            phonemes(token, engine="pocketsphinx")
        except InputError:
            return False
        return True

    def _names(self, text: str, tokens: list[str]) -> list[str]:
        """What each token is called in the aligner's dictionary, extended where it must be."""
        spoken = phonemes(text, engine="pocketsphinx")
        names: list[str] = []
        for index, token in enumerate(tokens):
            plain = "".join(c for c in token.lower() if c.isalpha() or c == "'").strip("'")
            symbols = [s for s, o in zip(spoken.symbols, spoken.owners, strict=True) if o == index]
            hyphened = any(
                not c.isalpha() for c in token.strip(".,;:!?\"'“”()…—-").replace("'", "")
            )
            if not hyphened and self._decoder.lookup_word(plain):
                names.append(plain)
                continue
            sounds = " ".join(arpabet(symbols))
            name = f"spoken{sounds.replace(' ', '').lower()}"
            if not self._decoder.lookup_word(name):
                self._decoder.add_word(name, sounds, True)
            names.append(name)
        return names

    @cached_property
    def _decoder(self) -> Any:
        try:
            from pocketsphinx import Decoder
        except ImportError:
            raise MissingExtraError("pocketsphinx", "align", "Forced alignment") from None
        return Decoder(samprate=_RATE, bestpath=False, loglevel="FATAL")
