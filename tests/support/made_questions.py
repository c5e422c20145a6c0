"""Dialogues with tones for speech: pauses, gaps, backchannels and interruptions at drawn times."""

import numpy as np

from interactspeech.records import Dialogue, Provenance, Span, Speaker, Utterance, Word
from interactspeech.seeds import generator

RATE = 16_000


def dialogues(count):
    """Records with their audio of two channels."""
    for number in range(count):
        yield dialogue(number)


def dialogue(number):
    rng = generator(7, "made questions", number)
    turns, at, speaker = [], 0.3, 0
    utterances = []
    for _ in range(10):
        length = rng.uniform(2.0, 4.0)
        speech = [(at, at + length)]
        if rng.random() < 0.6:  # a pause inside
            cut = at + length * rng.uniform(0.4, 0.6)
            speech = [(at, cut), (cut + rng.uniform(0.3, 0.7), at + length + 0.7)]
        end = speech[-1][1]
        turns.append((speaker, speech, "turn"))
        if rng.random() < 0.5:  # a backchannel of the other
            heard = at + rng.uniform(0.8, 1.2)
            turns.append((1 - speaker, [(heard, heard + 0.35)], "backchannel"))
        way = rng.random()
        # The next one waits, is in time, or cuts in.
        at = end + (
            rng.uniform(0.3, 0.8) if way < 0.5 else 0.05 if way < 0.6 else -rng.uniform(0.5, 0.9)
        )
        speaker = 1 - speaker
    total = int((max(end for _, speech, _ in turns for _, end in speech) + 0.5) * RATE)
    samples = np.zeros((2, total), np.float32)
    for index, (who, speech, kind) in enumerate(sorted(turns, key=lambda turn: turn[1][0][0])):
        spans = tuple(Span(int(a * RATE), int(b * RATE)) for a, b in speech)
        for span in spans:
            times = np.arange(len(span)) / RATE
            tone = 0.2 * np.sin(2 * np.pi * (150 + 80 * who + 7 * number) * times)
            samples[who, span.start : span.end] = tone + rng.normal(0, 0.01, len(span))
        text = "mm-hm" if kind == "backchannel" else "well"
        utterances.append(
            Utterance(
                id=f"u{index}",
                speaker="AB"[who],
                start=spans[0].start,
                end=spans[-1].end,
                speech=spans,
                words=(Word(text, spans[0].start, spans[0].end),),
                kind=kind,
                times="engine",
            )
        )
    record = Dialogue(
        id=f"q{number:03d}",
        rate=RATE,
        length=total,
        speakers=(Speaker("A"), Speaker("B")),
        utterances=tuple(utterances),
        provenance=Provenance(corpus="made", licence="CC0-1.0"),
    )
    return record, samples
