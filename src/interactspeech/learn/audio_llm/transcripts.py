"""Clips as text: what is heard, without the hearing. For GRPO where a trainer takes no audio.

A clip becomes one sign a frame: ``A`` or ``B`` talks, ``X`` both, ``.`` nobody.
"""

from __future__ import annotations

import numpy as np

from interactspeech.dialogue import Dialogue
from interactspeech.evaluate.events.benchmark import Question

#: Seconds of a frame.
STEP = 0.2
SIGNS = ".ABX"


def frames(dialogue: Dialogue, start: int, end: int, step: float = STEP) -> str:
    """Who talks in most of each frame of ``[start, end)``.

    >>> frames(dialogue, 0, 16_000)  # doctest: +SKIP
    'AAAX.'
    """
    rate = dialogue.rate
    heard = np.zeros((2, end - start), np.bool_)
    row = {speaker.id: number for number, speaker in enumerate(dialogue.speakers)}
    for utterance in dialogue.utterances:
        for span in utterance.speech:
            first, last = max(span.start, start) - start, min(span.end, end) - start
            if first < last:
                heard[row[utterance.speaker], first:last] = True
    width = round(step * rate)
    count = max(1, (end - start) // width)
    share = heard[:, : count * width].reshape(2, count, -1).mean(axis=2) > 0.5
    return "".join(SIGNS[int(a) + 2 * int(b)] for a, b in share.T)


def question_text(dialogue: Dialogue, question: Question) -> str:
    """A question about a clip as text."""
    return f"{frames(dialogue, question.start, question.end)} {question.event}?"
