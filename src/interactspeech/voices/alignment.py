"""Word times by forced alignment: pocketsphinx with its own acoustic model, no download.

For engines without times of their own, and to check those that have them. Words that the aligner's
dictionary lacks (names, numbers, feedback) get a pronunciation from the phonemes of `phonemes`.
"""
# ruff: noqa: RUF001 -- phonemes look like letters

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from interactspeech.dialogue import Samples, spoken_tokens
from interactspeech.errors import MissingExtraError
from interactspeech.voices.phonemes import phonemes
from interactspeech.voices.timing import Bounds

_RATE = 16_000
_FRAME = 160  # samples at 16 kHz
#: Seconds of silence put around the speech: the model wants some to begin in.
_PAD = 0.25

#: Kokoro's symbols in ARPABET, the alphabet of the aligner's model.
_ARPABET = {
    "A": "EY", "I": "AY", "O": "OW", "Q": "OW", "W": "AW", "Y": "OY",
    "a": "AE", "i": "IY", "u": "UW", "æ": "AE", "ɐ": "AH", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO",
    "ə": "AH", "ɚ": "ER", "ɛ": "EH", "ɜ": "ER", "ɪ": "IH", "ʊ": "UH", "ʌ": "AH", "ᵊ": "AH",
    "ᵻ": "IH", "b": "B", "d": "D", "f": "F", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M",
    "n": "N", "p": "P", "s": "S", "t": "T", "T": "T", "v": "V", "w": "W", "z": "Z", "ð": "DH",
    "ŋ": "NG", "ɡ": "G", "ɹ": "R", "ʃ": "SH", "ʒ": "ZH", "ʤ": "JH", "ʧ": "CH", "θ": "TH",
}  # fmt: skip


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
            sounds = " ".join(_arpabet(symbols))
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


def _arpabet(symbols: list[str]) -> list[str]:
    sounds: list[str] = []
    for symbol in symbols:
        sound = _ARPABET.get(symbol)
        if sound == "R" and sounds and sounds[-1] == "ER":  # "ɜɹ" is one sound here
            continue
        if sound is not None:
            sounds.append(sound)
    return sounds
