"""Clips as text symbols of speech activity, for GRPO where a trainer takes no audio.

A clip becomes one sign a frame: ``A`` or ``B`` talks, ``X`` both, ``.`` silence. A question holds
each stretch of equal signs once, or twice where it lasts `LONG` seconds or more: short enough for a
model of a few hundred thousand weights.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np

from interactspeech.evaluation.events.benchmark import Question
from interactspeech.records import Dialogue

#: Seconds of a frame.
STEP = 0.2
SIGNS = ".ABX"
#: Seconds from which a stretch counts as long (the length of a backchannel at most).
LONG = 1.0


def frames(dialogue: Dialogue, start: int, end: int, step: float = STEP) -> str:
    """Who talks in most of each frame of ``[start, end)``.

    >>> frames(dialogue, 0, 16_000)  # doctest: +SKIP
    'AAAX.'
    """
    rate = dialogue.rate
    active = np.zeros((2, end - start), np.bool_)
    row = {speaker.id: number for number, speaker in enumerate(dialogue.speakers)}
    for utterance in dialogue.utterances:
        for span in utterance.speech:
            first, last = max(span.start, start) - start, min(span.end, end) - start
            if first < last:
                active[row[utterance.speaker], first:last] = True
    width = round(step * rate)
    count = max(1, (end - start) // width)
    share = active[:, : count * width].reshape(2, count, -1).mean(axis=2) > 0.5
    return "".join(SIGNS[int(a) + 2 * int(b)] for a, b in share.T)


def stretches(signs: str) -> str:
    """Each stretch of equal signs, once or, where it is long, twice.

    >>> stretches("AAAAAAAX..B")
    'AAX.B'
    """
    runs = ((sign, sum(1 for _ in run)) for sign, run in groupby(signs))
    return "".join(sign * (2 if count * STEP >= LONG else 1) for sign, count in runs)


def question_text(dialogue: Dialogue, question: Question) -> str:
    """A question about a clip as text: what is asked for, then the clip."""
    return f"{question.event}? {stretches(frames(dialogue, question.start, question.end))}"
