"""Real recordings on one channel with an annotation, as training data for the mode "mixed".

They adapt the listener to a place, a language or a way of talking. Training on corpora mixes two
tracks itself; here there is only the mixture. It is stored as the first track beside a silent
second one, so that their sum is the recording, and the targets of both sides come from the
annotation. Train on it under the conditions `MIXED`.

More than two people may talk: every change of speaker is a change of side, and a backchannel
belongs to the side that does not hold the floor. Which speaker a side is does not matter here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.records import Dialogue, Span, Speaker, Utterance
from interactspeech.signal.intervals import union
from interactspeech.training.listener.augmentation import Conditions
from interactspeech.training.listener.preparation import (
    PreparedIndex,
    PreparedPart,
    log_mel_steps,
    write_prepared,
)
from interactspeech.training.listener.targets import targets_of
from interactspeech.turntaking.timeline import Timeline

#: Augmentation of a recording that is a mixture already: no speaker can be silenced, and
#: reverberation, noise and other voices are in it.
MIXED: Final = Conditions(mixed=1.0, silent=0.0, room=0.1, noise=0.3, babble=0.0, music=0.0)
_BRIDGE: Final = 0.2  # framework.md §2


def prepare_mixed(
    recordings: Iterable[tuple[Dialogue, Float32Array]], folder: Path | str, *, source: str
) -> PreparedIndex:
    """Features and targets of recordings on one channel.

    Args:
        recordings: records with their events (their backchannels count), and the sound at the
            record's rate, shape ``(1, n)``.
        folder: to write.
        source: a name for the recordings.

    Raises:
        InputError: there are no recordings.
    """

    def parts() -> Iterable[PreparedPart]:
        for dialogue, sound in recordings:
            silent = np.zeros_like(sound)
            mel = log_mel_steps(np.concatenate((sound, silent)), dialogue.rate)
            record = two_sides(dialogue)
            yield PreparedPart(record, mel, targets_of(record, mel.shape[1]))

    return write_prepared(parts(), folder, [source])


def two_sides(dialogue: Dialogue) -> Dialogue:
    """A record of any number of speakers reduced to two sides, an utterance for each run."""
    rows: list[tuple[int, int, str, bool]] = []
    for name, spans in Timeline.of(dialogue).activity.items():
        feedback = [
            (e.start, e.end)
            for e in dialogue.events
            if e.type == "backchannel" and e.speaker == name
        ]
        for start, end in union(spans, round(_BRIDGE * dialogue.rate)).tolist():
            inside = any(a < end and b > start and b - a >= (end - start) / 2 for a, b in feedback)
            rows.append((start, end, name, inside))
    utterances: list[Utterance] = []
    side, holder = 1, ""
    for number, (start, end, name, feedback_here) in enumerate(sorted(rows)):
        if not feedback_here and name != holder:
            side, holder = 1 - side, name
        own = 1 - side if feedback_here and name != holder else side
        utterances.append(
            Utterance(
                f"u{number}",
                "AB"[own],
                start,
                end,
                (Span(start, end),),
                kind="backchannel" if feedback_here else "turn",
            )
        )
    return msgspec.structs.replace(
        dialogue,
        speakers=(Speaker("A"), Speaker("B")),
        utterances=tuple(utterances),
        events=(),
        rule_sets={},
        tracks=(),
    )


__all__ = ["MIXED", "prepare_mixed", "two_sides"]
