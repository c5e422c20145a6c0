"""Seconds and ticks: the integer clock on which a file is read and written.

Seconds become ticks at this border only. Formats that know decimal seconds are read on a clock of
`DECIMAL_RATE` ticks a second: every boundary given with up to six decimals lands on its own tick
and is written back as the same text. A boundary with more decimals (Praat writes up to 17 digits)
is rounded to the nearest microsecond. Who knows the sample rate of the audio asks for that rate
instead: six decimals are enough to land on the same sample again up to 400 kHz, also as the sum of
an onset and a duration; beyond, more are written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Ticks a second for formats that know seconds only.
DECIMAL_RATE = 1_000_000
#: A time beyond this (31 years) is a mistake, and keeps ticks inside 64 bits.
MAX_SECONDS = 1e9


@dataclass(frozen=True)
class Clock:
    """An integer clock of `rate` ticks a second."""

    rate: int = DECIMAL_RATE

    def __post_init__(self) -> None:
        if not 1 <= self.rate <= 1_000_000_000:
            raise ValueError(f"a clock of {self.rate} ticks a second: use 1 to 1000000000")

    def ticks(self, seconds: float | str) -> int:
        """The nearest tick of a time in seconds.

        >>> Clock(16000).ticks("2.5")
        40000

        Raises:
            ValueError: not a number (locale commas and digit groups are not), not finite, negative,
                or beyond 31 years. The message says which, without a place.
        """
        if isinstance(seconds, str):
            text = seconds.strip()
            try:
                value = float(text)
            except ValueError:
                hint = "; write a decimal point, not a comma" if "," in text else ""
                raise ValueError(f"{text!r} is not a time in seconds{hint}") from None
            if "_" in text:
                raise ValueError(f"{text!r} is not a time in seconds")
        else:
            value = seconds
        try:
            finite = math.isfinite(value)
        except OverflowError:  # an integer of JSON beyond any float
            raise ValueError(f"a number of over 300 digits is beyond {MAX_SECONDS:.0f} s") from None
        if not finite:
            raise ValueError(f"{seconds!r} is not a finite time")
        if value < 0:
            raise ValueError(f"{seconds!r} is a negative time")
        if value > MAX_SECONDS:
            raise ValueError(f"{seconds!r} s is beyond {MAX_SECONDS:.0f} s")
        return round(value * self.rate)

    @staticmethod
    def of_milliseconds(milliseconds: float | str) -> float:
        """Seconds; infinity for a number that is beyond any float, which `ticks` refuses."""
        try:
            return (
                int(milliseconds) / 1000 if isinstance(milliseconds, str) else milliseconds / 1000
            )
        except (OverflowError, ValueError):
            return math.inf

    def text(self, ticks: int) -> str:
        """Decimal seconds that `ticks` reads back as the same tick: six decimals or more.

        >>> Clock(22050).text(10000)
        '0.453515'
        """
        return f"{ticks / self.rate:.{self.digits}f}"

    @property
    def digits(self) -> int:
        """Decimals that bring back the same tick, also as the sum of two roundings."""
        exact = DECIMAL_RATE % self.rate == 0
        return 6 if exact or self.rate <= 400_000 else math.ceil(math.log10(self.rate)) + 1


__all__ = ["DECIMAL_RATE", "MAX_SECONDS", "Clock"]
