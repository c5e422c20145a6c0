"""A page of the explorer with measured recordings: tracks, words, stimuli and sound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.recordings import DuplexRecording
from interactspeech.evaluation.duplex.scores import DuplexScores
from interactspeech.evaluation.duplex.stimulus import StimulusKind
from interactspeech.records import Dialogue, Event, EventType, Samples, Span, Speaker, Track, Word
from interactspeech.records import Utterance as Said
from interactspeech.records.ids import fitting_id
from interactspeech.viewer import SummaryFigure, WrittenPage, write_page

_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]")
#: Kinds of stimuli as events of a record; the rest shows as the user's talk alone.
_AS_EVENT: Final[dict[StimulusKind, EventType]] = {
    "interruption": "interruption",
    "backchannel": "backchannel",
    "laugh": "laugh",
    "cough": "cough",
    "pause": "pause",
}


def write_listening_page(
    recordings: Iterable[DuplexRecording | InputError],
    scores: DuplexScores,
    out: Path,
    count: int,
) -> WrittenPage:
    """Write a page with the first recordings that have sound.

    Args:
        recordings: those that were measured.
        scores: their measures, for the top of the page.
        out: a file that ends in ``.html``, or a folder.
        count: of recordings, at most.

    Raises:
        InputError: none has sound, or `out` is something else already.
    """
    figures = [
        SummaryFigure(m.title, m.value, m.human, "", f"{m.source}; n={m.n}")
        for m in scores.measures
        if m.source == "this package" and m.value == m.value
    ]
    return write_page(
        islice(_items(recordings), count), out, statistics=figures, title=scores.system
    )


def _items(
    recordings: Iterable[DuplexRecording | InputError],
) -> Iterator[tuple[Dialogue, Samples | None]]:
    for one in recordings:
        if isinstance(one, DuplexRecording) and one.files:
            yield dialogue_of_recording(one), one.sound()


def dialogue_of_recording(recording: DuplexRecording) -> Dialogue:
    """A recording as a record: both sides' talk with its words, and what the system was asked."""
    utterances: list[Said] = []
    for side in ("user", "system"):
        rows = getattr(recording, side).tolist()
        words = getattr(recording, f"{side}_words") or ()
        for start, end in rows:
            inside = [
                Word(w.text.strip(), max(a, start), min(max(b, a + 1), end))
                for w in words
                if (a := round(w.start * recording.rate)) < end
                and (b := round(w.known_end * recording.rate)) > start
                and max(a, start) < min(max(b, a + 1), end)
                and w.text.strip()
            ]
            utterances.append(
                Said(
                    id=f"{side}{len(utterances)}",
                    speaker=side,
                    start=start,
                    end=end,
                    speech=(Span(start, end),),
                    words=tuple(sorted(inside, key=lambda w: (w.start, w.end))),
                    times="recognised" if inside else "none",
                )
            )
    events = []
    for event in recording.truth.events if recording.truth else ():
        kind = _AS_EVENT.get(event.kind)
        start, end = (
            min(round(t * recording.rate), recording.length) for t in (event.start, event.end)
        )
        if kind is not None and start < end:
            events.append(Event(kind, "user", start, end, origin="planned"))
    return Dialogue(
        id=fitting_id(_UNFIT.sub("-", recording.name).lstrip(".") or "item"),
        rate=recording.rate,
        length=recording.length,
        speakers=(Speaker("user", role="user"), Speaker("system", role="system")),
        utterances=tuple(sorted(utterances, key=lambda u: (u.start, u.end))),
        events=tuple(events),
        tracks=(Track("user", "both.flac", 0), Track("system", "both.flac", 1)),
    )


__all__ = ["dialogue_of_recording", "write_listening_page"]
