"""A picture of a dialogue for a document: two tracks, their words, and the events between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from interactspeech._typing import AnyArray
from interactspeech.atomic_files import replacing
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.records import (
    EVENT_TYPES,
    Dialogue,
    Event,
    EventType,
    Samples,
    Utterance,
)
from interactspeech.viewer.record import channel_of, simultaneous

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Blue and orange keep apart for every common colour blindness (the page has the same).
SPEAKERS = ("#1f63d6", "#c2500a", "#00765a", "#8a3fa8")
INK, FAINT = "#14171c", "#626a78"


def draw_tracks(
    dialogue: Dialogue,
    audio: Samples | None,
    path: Path,
    *,
    start: float = 0.0,
    end: float | None = None,
    width: float = 11.0,
) -> None:
    """Draw [start, end) seconds of `dialogue` to `path` (PNG, SVG or PDF, by its ending).

    Args:
        dialogue: what is drawn.
        audio: float32 of shape (channels, n), n == `Dialogue.length`; None draws bars of speech.
        path: the picture.
        start: where the stretch begins, in seconds.
        end: where it ends, in seconds; the dialogue's end where it is None.
        width: of the picture, in inches; about ten seconds of words fit on eleven.

    Raises:
        InputError: the stretch is empty, or the audio does not fit the record.
        MissingExtraError: Matplotlib is not installed.
    """
    first = round(start * dialogue.rate)
    last = dialogue.length if end is None else min(dialogue.length, round(end * dialogue.rate))
    if not 0 <= first < last:
        raise InputError(
            f"dialogue {dialogue.id!r}: nothing between {start} s and {end} s",
            remedy=f"choose a stretch inside its {dialogue.seconds:.2f} s",
            reason="empty-picture",
        )
    channels = channel_of(dialogue)
    if audio is not None and (
        audio.shape[1] != dialogue.length or len(audio) <= max(channels.values(), default=0)
    ):
        raise InputError(
            f"dialogue {dialogue.id!r}: audio of shape {audio.shape} for {dialogue.length} samples",
            reason="bad-audio",
        )
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "plots", "a picture of a dialogue") from None

    lanes = _lanes(dialogue, first, last)
    heights = [1.5] * len(dialogue.speakers) + ([0.34 * len(lanes) + 0.1] if lanes else [])
    # No pyplot: a library must not touch the caller's figures or choose a window system.
    figure = Figure(figsize=(width, sum(heights) + 0.55), dpi=160, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )[:, 0]
    figure.subplots_adjust(
        left=0.115, right=0.99, top=0.985, bottom=0.42 / (sum(heights) + 0.55), hspace=0.04
    )
    # Seconds that a letter of the words takes: 4.9 points of the axes' width.
    letter = (last - first) / dialogue.rate * 4.9 / 72 / (width * 0.875)
    for i, speaker in enumerate(dialogue.speakers):
        channel = None if audio is None else audio[channels[speaker.id], first:last]
        _speaker(axes[i], dialogue, i, channel, first, letter)
        label = speaker.name or speaker.id
        _plain(axes[i], label, speaker.voice.name if speaker.voice else "", SPEAKERS[i % 4])
    if lanes:
        _events(axes[-1], dialogue, lanes, (first, last))
    for ax in axes:
        for both in simultaneous(dialogue):
            ax.axvspan(
                *_seconds(both, dialogue), color=EVENT_TYPES["overlap"].colour, alpha=0.10, lw=0
            )
        ax.set_xlim(first / dialogue.rate, last / dialogue.rate)
    axes[-1].tick_params(axis="x", colors=FAINT, labelsize=8, length=3, bottom=True)
    axes[-1].set_xlabel("seconds", color=FAINT, fontsize=8)
    with replacing(path) as partial:
        figure.savefig(partial, format=Path(path).suffix.lstrip(".") or "png")


def _seconds(interval: tuple[int, int], dialogue: Dialogue) -> tuple[float, float]:
    return interval[0] / dialogue.rate, interval[1] / dialogue.rate


def _plain(ax: Axes, name: str, detail: str, colour: str) -> None:
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(left=False, labelleft=False, bottom=False, labelbottom=False)
    # `$` would start a formula: names are shown as they are.
    shared: dict[str, Any] = {"transform": ax.transAxes, "ha": "right", "parse_math": False}
    ax.text(-0.012, 0.64, name, color=colour, fontsize=11, weight="bold", **shared)
    ax.text(-0.012, 0.5, detail, color=FAINT, fontsize=8, **shared)


def _speaker(
    ax: Axes, dialogue: Dialogue, i: int, channel: Samples | None, first: int, letter: float
) -> None:
    colour, rate = SPEAKERS[i % 4], dialogue.rate
    utterances = [u for u in dialogue.utterances if u.speaker == dialogue.speakers[i].id]
    for utterance in utterances:
        for span in utterance.speech:
            ax.axvspan(
                span.start / rate, span.end / rate, 0.30, 1.0, color=colour, alpha=0.08, lw=0
            )
            if channel is None:
                ax.plot([span.start / rate, span.end / rate], [0, 0], color=colour, lw=9, alpha=0.7)
    if channel is not None:
        bins = min(2400, len(channel))
        edges = np.linspace(0, len(channel), bins + 1).astype(int)[:-1]
        times = (first + edges) / rate
        loudest = float(np.abs(channel).max()) or 1.0
        low = np.minimum.reduceat(channel, edges) / loudest
        high = np.maximum.reduceat(channel, edges) / loudest
        rms = (
            np.sqrt(np.add.reduceat(channel**2, edges) / np.diff([*edges, len(channel)])) / loudest
        )
        ax.fill_between(times, low, high, color=colour, alpha=0.4, lw=0)
        ax.fill_between(times, -rms, rms, color=colour, alpha=0.9, lw=0)
    ax.set_ylim(-2.1, 1.05)
    free = [-np.inf, -np.inf]
    for utterance in utterances:
        _words(ax, utterance, rate, colour, free, letter)


def _height(value: AnyArray) -> AnyArray:
    """Loudness spans decades: a root shows quiet speech beside loud (as on the page)."""
    shown: AnyArray = np.sign(value) * np.abs(value) ** 0.7
    return shown


def _words(
    ax: Axes, utterance: Utterance, rate: int, colour: str, free: list[float], letter: float
) -> None:
    """Words on two lines below the wave; those never said in grey after the cut."""
    shared: dict[str, Any] = {"fontsize": 8.5, "clip_on": True, "va": "center", "parse_math": False}

    def place(at: float, text: str, most: float, **style: Any) -> None:
        # Where it starts, or up to `most` later where its neighbours leave no room.
        line = 0 if free[0] <= at or free[0] <= free[1] else 1
        left = max(at, free[line])
        if left <= at + most:
            free[line] = left + letter * (len(text) + 1)
            ax.text(left, (-1.45, -1.88)[line], text, **shared, **style)

    for word in utterance.words:
        at = word.start / rate
        ax.plot([at, word.end / rate], [-1.16, -1.16], color=colour, lw=1.4, solid_capstyle="butt")
        text = f"{word.text}\u2013" if word.fragment else word.text
        place(at, text, 3 * letter, color=INK)
    if utterance.unsaid:
        cut = utterance.end / rate
        ax.plot(
            [cut, cut],
            [-2.0, 1.0],
            color=EVENT_TYPES["interruption"].colour,
            lw=1.4,
            ls=(0, (3, 2)),
        )
        text = " ".join(utterance.unsaid)
        text = text if len(text) <= 28 else f"{text[:27].rstrip()}\u2026"
        # Combining strokes, for Matplotlib has no struck text; they take no room.
        struck = "".join(f"{c}\u0336" for c in text)
        free[:] = [max(cut + letter, free[0]), max(cut + letter, free[1])]
        line = free.index(min(free))
        ax.text(free[line], (-1.45, -1.88)[line], struck, color=FAINT, style="italic", **shared)
        free[line] += letter * (len(text) + 1)


def _lanes(dialogue: Dialogue, first: int, last: int) -> list[tuple[EventType, list[Event]]]:
    lanes = []
    for kind in (name for name, info in EVENT_TYPES.items() if info.shown):
        found = [e for e in dialogue.events if e.type == kind and e.end >= first and e.start < last]
        if found:
            lanes.append((kind, found))
    return lanes


def _events(
    ax: Axes, dialogue: Dialogue, lanes: list[tuple[EventType, list[Event]]], view: tuple[int, int]
) -> None:
    index = {speaker.id: i for i, speaker in enumerate(dialogue.speakers)}
    shortest = (view[1] - view[0]) / dialogue.rate / 400
    for row, (kind, events) in enumerate(lanes):
        for event in events:
            at, to = event.start / dialogue.rate, event.end / dialogue.rate
            bar = max(to - at, shortest)
            ax.barh(
                -row, bar, left=at, height=0.62, color=EVENT_TYPES[kind].colour, alpha=0.85, lw=0
            )
            own = SPEAKERS[index[event.speaker] % 4]
            ax.barh(-row, shortest, left=at, height=0.62, color=own, lw=0)
        name = kind.replace("_", " ")
        ax.text(-0.012, -row, name, color=INK, fontsize=8, ha="right", va="center",
                transform=ax.get_yaxis_transform())  # fmt: skip
    for side in ("top", "left", "right"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color("#c6ccd5")
    ax.tick_params(left=False, labelleft=False)
    ax.set_ylim(-len(lanes) + 0.45, 0.65)
