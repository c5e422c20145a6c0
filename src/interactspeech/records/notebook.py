"""How records look in a notebook and on one line: a line of text, and a timeline drawn as SVG.

Everything that stands in a record is untrusted: it is escaped, never markup.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

from interactspeech.records.event_types import EVENT_TYPES

#: Characters of a line of `repr`.
MAX_LINE = 110
#: One colour a speaker, as on the page (`interactspeech.viewer`).
SPEAKER_COLOURS = ("#1f63d6", "#c2500a", "#00765a", "#8a3fa8")
#: Pixels: of the drawing, of the names beside it, and of a row.
_WIDTH, _NAMES, _ROW = 900, 120, 18
#: More rows than this are not drawn.
_MAX_ROWS = 24
_OTHER = "#5d6878"

#: A bar: first and last sample, colour, and what is said when a pointer rests on it.
Bar = tuple[int, int, str, str]


def one_line(text: str) -> str:
    """Text on one line of bounded length, with nothing in it that a terminal would obey."""
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return clean if len(clean) <= MAX_LINE else f"{clean[: MAX_LINE - 1]}…"


def timeline_html(
    title: str,
    speech: Sequence[tuple[str, Sequence[tuple[int, int, str]]]],
    events: Iterable[tuple[str, int, int, str]],
    length: int,
    rate: int,
) -> str:
    """A picture of who talks when, and of the events below, as an HTML fragment.

    Args:
        title: stands above.
        speech: name of a speaker -> stretches of speech: first sample, one past the last, text.
        events: type, first sample, one past the last, speaker.
        length: of the whole, in samples.
        rate: samples a second.
    """
    rows: list[tuple[str, list[Bar]]] = []
    for number, (name, spans) in enumerate(speech):
        colour = SPEAKER_COLOURS[number % len(SPEAKER_COLOURS)]
        rows.append((name, [(start, end, colour, text) for start, end, text in spans]))
    lanes: dict[str, list[Bar]] = {}
    for kind, start, end, speaker in events:
        info = EVENT_TYPES.get(kind)  # type: ignore[call-overload]
        if info is None or info.shown:
            lane, colour = (info.lane, info.colour) if info else (kind, _OTHER)
            lanes.setdefault(lane, []).append((start, end, colour, f"{kind}, {speaker}"))
    order = list(dict.fromkeys(info.lane for info in EVENT_TYPES.values()))
    rows += sorted(
        lanes.items(), key=lambda row: order.index(row[0]) if row[0] in order else len(order)
    )
    rows = rows[:_MAX_ROWS]
    height = _ROW * len(rows) + 16
    parts = [
        f'<div style="overflow-x:auto"><p>{escape(title)}</p>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_NAMES + _WIDTH}" height="{height}" ',
        'font-family="sans-serif" font-size="11">',
    ]
    for number, (name, bars) in enumerate(rows):
        top = number * _ROW
        parts.append(f'<text x="0" y="{top + 12}" fill="#777">{escape(name[:18])}</text>')
        parts += _bars(bars, top, length, rate)
    parts += _ticks(height, length, rate)
    return "".join([*parts, "</svg></div>"])


def _bars(bars: list[Bar], top: int, length: int, rate: int) -> Iterable[str]:
    """Rectangles; those that would lie on the pixel of the one before are left out."""
    scale = _WIDTH / max(length, 1)
    taken = -1.0
    for start, end, colour, text in sorted(bars):
        left, width = start * scale, max((end - start) * scale, 1.5)
        if left + width <= taken + 0.5:
            continue
        taken = max(taken, left + width)
        place = f"{start / rate:.2f} to {end / rate:.2f} s"
        yield (
            f'<rect x="{_NAMES + left:.1f}" y="{top + 3}" width="{width:.1f}" '
            f'height="{_ROW - 6}" rx="2" fill="{escape(colour)}" fill-opacity="0.75">'
            f"<title>{escape(f'{text[:200]} {place}'.strip())}</title></rect>"
        )


def _ticks(height: int, length: int, rate: int) -> Iterable[str]:
    seconds = length / rate
    step = next((s for s in (1, 2, 5, 10, 30, 60, 300, 600, 1800) if seconds / s <= 12), 3600)
    for tick in range(0, int(min(seconds, 200 * step)) + 1, step):
        x = _NAMES + tick / max(seconds, 1e-9) * _WIDTH
        yield f'<text x="{x:.1f}" y="{height - 2}" fill="#777" text-anchor="middle">{tick}</text>'


def audio_html(flac: bytes, note: str = "") -> str:
    """A player of a FLAC file that is inside the HTML itself."""
    data = base64.b64encode(flac).decode("ascii")
    return (
        f'<audio controls preload="none" src="data:audio/flac;base64,{data}"></audio>'
        f"<small> {escape(note)}</small>"
    )
