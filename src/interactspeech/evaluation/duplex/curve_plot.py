"""The plane of yielding and selectivity as a picture: systems, and people."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Final

from interactspeech.evaluation.duplex.curve import TAU_VOICE, YieldCurve, YieldRule
from interactspeech.evaluation.duplex.people import human_reference
from interactspeech.evaluation.events.metrics import Estimate

_SIZE, _LEFT, _TOP, _LEGEND = 320, 60, 20, 460
#: Colours that stay apart for the colour-blind (after Okabe and Ito 2008), and people's.
_COLOURS: Final = (
    "#6d4fc4", "#0072b2", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#c4a000", "#202020",
    "#7f7f7f", "#8c564b",
)  # fmt: skip
_PEOPLE: Final = "#b26a00"


def curve_svg(curves: Sequence[YieldCurve], rule: YieldRule = TAU_VOICE) -> str:
    """The plane with systems on it and people, as SVG to put into a page.

    A system with one setting is a dot with its intervals; one that was swept is a line through its
    settings. Names come from others' files: they are text here, never markup.

    Args:
        curves: of the systems, all by `rule`.
        rule: what counts; it chooses people's points.
    """
    edge = _TOP + _SIZE
    parts = [
        (
            f"<rect x='{_LEFT}' y='{_TOP}' width='{_SIZE}' height='{_SIZE}' fill='none' "
            "stroke='#98a3b5'/>"
        ),
        (
            f"<line x1='{_LEFT}' y1='{_TOP}' x2='{_LEFT + _SIZE}' y2='{edge}' stroke='#98a3b5' "
            "stroke-dasharray='4 4'/>"
        ),
        (
            f"<text x='{_LEFT + _SIZE / 2}' y='{edge + 34}' text-anchor='middle'>"
            f"interruptions: {html.escape(rule.title)}</text>"
        ),
        (
            f"<text transform='translate(16 {_TOP + _SIZE / 2}) rotate(-90)' text-anchor='middle'>"
            "backchannels, tics, side talk talked through</text>"
        ),
    ]
    for value in (0.0, 0.5, 1.0):
        x, y = _place(value, value)
        parts.append(f"<text x='{x:.1f}' y='{edge + 16}' text-anchor='middle'>{value:g}</text>")
        parts.append(f"<text x='{_LEFT - 6}' y='{y + 4:.1f}' text-anchor='end'>{value:g}</text>")
    legend: list[tuple[str, str]] = []
    for curve, colour in zip(curves, _cycled(len(curves)), strict=True):
        drawn = _curve(curve, colour)
        parts += drawn
        if drawn:
            area = "" if math.isnan(curve.area) else f", {curve.area:.3f}"
            legend.append((colour, f"{curve.system}{area}"))
    for human in human_reference().points:
        if human.rule == rule.name and human.yielded.n and human.talked_through.n:
            x, y = _place(human.yielded.value, human.talked_through.value)
            parts += _intervals(human.yielded, human.talked_through, _PEOPLE)
            parts.append(
                f"<path d='M{x - 6:.1f} {y:.1f}h12M{x:.1f} {y - 6:.1f}v12' stroke='{_PEOPLE}' "
                f"stroke-width='2'><title>{html.escape(human.source)}</title></path>"
            )
            counts = f"n={human.yielded.n}, {human.talked_through.n}"
            legend.append((_PEOPLE, f"+ people: {human.source} ({counts})"))
    left = _LEFT + _SIZE + 16
    for row, (colour, text) in enumerate(legend):
        y = _TOP + 12 + 17 * row
        parts.append(f"<circle cx='{left}' cy='{y - 4}' r='4' fill='{colour}'/>")
        parts.append(f"<text x='{left + 10}' y='{y}'>{html.escape(text)}</text>")
    height = max(edge + 44, _TOP + 17 * len(legend) + 20)
    return (
        f"<svg width='{left + _LEGEND}' height='{height}' role='img' "
        f"aria-label='yielding against selectivity'>{''.join(parts)}</svg>"
    )


def _cycled(count: int) -> list[str]:
    return [_COLOURS[k % len(_COLOURS)] for k in range(count)]


def _place(x: float, y: float) -> tuple[float, float]:
    return _LEFT + _SIZE * x, _TOP + _SIZE * (1 - y)


def _curve(curve: YieldCurve, colour: str) -> list[str]:
    known = [
        p
        for p in curve.points
        if not (math.isnan(p.yielded.value) or math.isnan(p.talked_through.value))
    ]
    parts: list[str] = []
    if len(known) > 1:
        places = " ".join(
            "{:.1f},{:.1f}".format(*_place(p.yielded.value, p.talked_through.value)) for p in known
        )
        parts.append(f"<polyline points='{places}' fill='none' stroke='{colour}'/>")
    for point in known:
        if len(known) == 1:
            parts += _intervals(point.yielded, point.talked_through, colour)
        x, y = _place(point.yielded.value, point.talked_through.value)
        name = html.escape(f"{curve.system} {point.setting}".strip())
        radius = 5 if len(known) == 1 else 3
        parts.append(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius}' fill='{colour}'>"
            f"<title>{name}</title></circle>"
        )
    return parts


def _intervals(across: Estimate, up: Estimate, colour: str) -> list[str]:
    x, y = _place(across.value, up.value)
    parts = []
    if not math.isnan(across.low):
        (x1, _), (x2, _) = _place(across.low, 0), _place(across.high, 0)
        parts.append(f"<path d='M{x1:.1f} {y:.1f}H{x2:.1f}' stroke='{colour}'/>")
    if not math.isnan(up.low):
        (_, y1), (_, y2) = _place(0, up.low), _place(0, up.high)
        parts.append(f"<path d='M{x:.1f} {y1:.1f}V{y2:.1f}' stroke='{colour}'/>")
    return parts


__all__ = ["curve_svg"]
