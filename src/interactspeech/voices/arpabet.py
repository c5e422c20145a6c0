"""Kokoro's phoneme symbols in ARPABET, the alphabet of American dictionaries, flite and sphinx."""
# ruff: noqa: RUF001, RUF002 -- phonemes look like letters

from __future__ import annotations

from collections.abc import Iterable

_SOUNDS = {
    "A": "EY", "I": "AY", "O": "OW", "Q": "OW", "W": "AW", "Y": "OY",
    "a": "AE", "i": "IY", "u": "UW", "æ": "AE", "ɐ": "AH", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO",
    "ə": "AH", "ɚ": "ER", "ɛ": "EH", "ɜ": "ER", "ɪ": "IH", "ʊ": "UH", "ʌ": "AH", "ᵊ": "AH",
    "ᵻ": "IH", "b": "B", "d": "D", "f": "F", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M",
    "n": "N", "p": "P", "s": "S", "t": "T", "T": "T", "v": "V", "w": "W", "z": "Z", "ð": "DH",
    "ŋ": "NG", "ɡ": "G", "ɹ": "R", "ʃ": "SH", "ʒ": "ZH", "ʤ": "JH", "ʧ": "CH", "θ": "TH",
}  # fmt: skip


def arpabet(symbols: Iterable[str]) -> list[str]:
    """The sounds of `symbols`; stress, length and marks are left out.

    >>> arpabet("həlˈO")
    ['HH', 'AH', 'L', 'OW']
    """
    sounds: list[str] = []
    for symbol in symbols:
        sound = _SOUNDS.get(symbol)
        if sound == "R" and sounds and sounds[-1] == "ER":  # "ɜɹ" is one sound here
            continue
        if sound is not None:
            sounds.append(sound)
    return sounds
