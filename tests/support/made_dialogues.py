"""Small dialogues with audio, made from a number: what tests of the store and executor build."""

import numpy as np

from interactspeech.records import (
    Dialogue,
    Event,
    Provenance,
    Span,
    Speaker,
    Track,
    Utterance,
    Voice,
    Word,
)
from interactspeech.seeds import generator

RATE = 8000


def dialogue(number, prefix="made", seconds=None):
    """Dialogue `number` and its two-channel audio: tones where the words are."""
    random = generator(1, prefix, number)
    length = int(RATE * (seconds or random.uniform(0.5, 2.0)))
    half = length // 2
    samples = np.zeros((2, length), np.float32)
    utterances = []
    for channel, (speaker, start, end) in enumerate((("A", 0, half + 100), ("B", half, length))):
        times = np.arange(end - start) / RATE
        tone = 0.3 * np.sin(2 * np.pi * random.uniform(100, 900) * times)
        samples[channel, start:end] = tone + random.normal(0, 0.01, end - start)
        utterances.append(
            Utterance(
                id=f"u{channel}",
                speaker=speaker,
                start=start,
                end=end,
                speech=(Span(start, end),),
                words=(Word("well", start, start + 90), Word("yes", start + 100, end)),
                unsaid=("never", "said") if channel == 0 else (),
                times="engine",
            )
        )
    events = [
        Event("interruption", "B", half, half + 100, partner="A", origin="planned"),
        *(
            Event("backchannel", "B", 10 * k, 10 * k + 5, partner="A", origin="planned")
            for k in range(number % 4)
        ),
    ]
    record = Dialogue(
        id=f"{prefix}-{number:05d}",
        rate=RATE,
        length=length,
        speakers=tuple(Speaker(s, voice=Voice("fake", f"voice-{s}")) for s in "AB"),
        utterances=tuple(utterances),
        events=tuple(events),
        tracks=(Track("A", "x.flac", 0), Track("B", "x.flac", 1)),
        provenance=Provenance(corpus="made", id=str(number), licence="CC0-1.0", seed=1),
    )
    return record, samples
