"""Figures of statistics beside human ones. Needs matplotlib (extra `plots`), imported when used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.atomic_files import replacing
from interactspeech.errors import MissingExtraError
from interactspeech.turntaking.distribution import Distribution
from interactspeech.turntaking.statistics.collection import MEASURES, Statistics
from interactspeech.turntaking.statistics.reference import ReferenceStatistics, human

#: Told apart in grey and by the common kinds of colour blindness.
_MINE, _OTHER = "#3b6fb6", "#c8553d"
#: Durations of the figure, with how much of each is shown.
_DURATIONS: Final = {
    "silence_within": 2.5,
    "gap": 2.5,
    "overlap_between": 1.5,
    "overlap_within": 2.0,
    "backchannel": 1.5,
    "ipu": 8.0,
    "turn": 30.0,
    "interruption_overlap": 2.0,
}

Other = Statistics | ReferenceStatistics


def save_plots(
    statistics: Statistics,
    folder: Path | str,
    other: Other | Literal["human"] = "human",
    format: Literal["png", "svg", "pdf"] = "png",  # noqa: A002  (the word users know)
) -> list[Path]:
    """Write the four figures into `folder` (made if needed) and return their paths.

    `fto`: histogram of floor-transfer offsets with the other's curve; `states`: who talks, as
    shares of the time; `durations`: distribution functions; `backchannels`: where they begin.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    pyplot = _pyplot()
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    known: Other = human() if isinstance(other, str) else other
    figures: dict[str, Callable[[Any, Statistics, Other], Any]] = {
        "fto": fto_figure,
        "states": states_figure,
        "durations": durations_figure,
        "backchannels": backchannels_figure,
    }
    paths = []
    for name, make in figures.items():
        figure = make(pyplot, statistics, known)
        path = target / f"{name}.{format}"
        with replacing(path, sweep=False, sync=False) as partial:
            figure.savefig(
                partial, dpi=150, bbox_inches="tight", format=format, metadata=_NO_DATE[format]
            )
        pyplot.close(figure)
        paths.append(path)
    return paths


#: Same statistics, same bytes: no time of writing in the file.
_NO_DATE: Final[dict[str, dict[str, Any]]] = {
    "png": {},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}


def fto_figure(pyplot: Any, statistics: Statistics, other: Other) -> Any:
    """Histogram of floor-transfer offsets, overlap on the left, with the other's density."""
    figure, axes = pyplot.subplots(figsize=(7, 3.6))
    _density(axes, statistics.samples("fto"), _of(other, "fto"), -2.0, 3.0, 0.1)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("floor-transfer offset, s    (left of 0: overlap; right: gap)")
    _finish(axes, "density, 1/s", other)
    return figure


def backchannels_figure(pyplot: Any, statistics: Statistics, other: Other) -> Any:
    """Where backchannels begin, from the end of the partner's talk."""
    figure, axes = pyplot.subplots(figsize=(7, 3.6))
    samples = statistics.samples("backchannel_offset")
    _density(axes, samples, _of(other, "backchannel_offset"), -4.0, 2.0, 0.1)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(
        "onset of the backchannel after the partner's talk ends, s    (left: inside it)"
    )
    _finish(axes, "density, 1/s", other)
    return figure


def states_figure(pyplot: Any, statistics: Statistics, other: Other) -> Any:
    """Shares of the time: one speaker, several, silence."""
    figure, axes = pyplot.subplots(figsize=(7, 1.9))
    names = ("one", "overlap", "silence")
    shades = ("#7aa6d6", "#c8553d", "#dddddd")
    rows = [
        (_label(other), [_share(other, name) for name in names]),
        ("these", [statistics.share(name) for name in names]),
    ]
    for y, (_, shares) in enumerate(rows):
        left = 0.0
        for share, shade in zip(shares, shades, strict=True):
            width = share if np.isfinite(share) else 0.0
            axes.barh(y, width, left=left, color=shade, edgecolor="white")
            if width > 0.02:
                axes.text(left + width / 2, y, f"{width:.1%}", ha="center", va="center", size=7)
            left += width
    axes.set_yticks(range(len(rows)), [label for label, _ in rows])
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the time")
    axes.legend(
        [pyplot.Rectangle((0, 0), 1, 1, color=shade) for shade in shades],
        ["one speaker", "overlap", "silence"],
        ncols=3,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        frameon=False,
    )
    _bare(axes)
    return figure


def durations_figure(pyplot: Any, statistics: Statistics, other: Other) -> Any:
    """Distribution functions of durations."""
    figure, grid = pyplot.subplots(2, 4, figsize=(12, 5), sharey=True, layout="constrained")
    for axes, (name, limit) in zip(grid.flat, _DURATIONS.items(), strict=True):
        x = np.linspace(0, limit, 400)
        mine = np.sort(statistics.samples(name))
        if mine.size:
            axes.plot(x, np.searchsorted(mine, x, side="right") / mine.size, color=_MINE, lw=2)
        theirs = _of(other, name)
        if isinstance(theirs, Distribution):
            axes.plot(x, theirs.cdf(x), color=_OTHER, linestyle="--")
        elif theirs is not None and theirs.size:
            share = np.searchsorted(np.sort(theirs), x, side="right") / theirs.size
            axes.plot(x, share, color=_OTHER, linestyle="--")
        axes.set_title(f"{name} (n = {mine.size:,})", fontsize=9)
        axes.set_xlabel(MEASURES[name].split(",")[0] + ", s", fontsize=7)
        _bare(axes)
    grid[0, 0].set_ylabel("share up to this length")
    grid[1, 0].set_ylabel("share up to this length")
    grid[0, 0].legend(["these", _label(other)], loc="lower right", frameon=False)
    return figure


def _density(
    axes: Any,
    samples: Float64Array,
    other: Distribution | Float64Array | None,
    low: float,
    high: float,
    w: float,
) -> None:
    edges = np.arange(low, high + w / 2, w)
    middle = (edges[1:] + edges[:-1]) / 2
    if samples.size:
        counts, _ = np.histogram(samples, edges)
        axes.bar(middle, counts / samples.size / w, width=0.92 * w, color=_MINE, label="these")
    if isinstance(other, Distribution):
        axes.plot(middle, np.diff(other.cdf(edges)) / w, color=_OTHER, lw=2, label="other")
    elif other is not None and other.size:
        counts, _ = np.histogram(other, edges)
        axes.plot(middle, counts / other.size / w, color=_OTHER, lw=2, label="other")
    axes.set_xlim(low, high)
    axes.set_title(f"n = {samples.size:,}", fontsize=9, loc="right")


def _finish(axes: Any, label: str, other: Other) -> None:
    axes.set_ylabel(label)
    handles, names = axes.get_legend_handles_labels()
    if handles:
        shown = [_label(other) if name == "other" else name for name in names]
        axes.legend(handles, shown, loc="upper right", frameon=False)
    _bare(axes)


def _bare(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _label(other: Other) -> str:
    return f"people ({other.id})" if isinstance(other, ReferenceStatistics) else "others"


def _of(other: Other, name: str) -> Distribution | Float64Array | None:
    return (
        other.measures.get(name) if isinstance(other, ReferenceStatistics) else other.samples(name)
    )


def _share(other: Other, name: str) -> float:
    return other.shares[name] if isinstance(other, ReferenceStatistics) else other.share(name)


def _pyplot() -> Any:
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise MissingExtraError("matplotlib", "plots", "drawing statistics") from error
    mpl.use("Agg")
    # Ids in an SVG are hashed from this, not from the clock.
    mpl.rcParams["svg.hashsalt"] = "interactspeech"
    from matplotlib import pyplot as plt

    return plt
