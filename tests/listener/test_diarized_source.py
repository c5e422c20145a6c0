"""One channel that a diarizer splits into two."""

import numpy as np
import pytest
import soundfile
from spoken import spoken

from interactspeech.corpus import Corpus
from interactspeech.diarization import Diarization, Diarizer
from interactspeech.evaluation.events.detectors import DiarizerRules, ListenerDetector
from interactspeech.listener import Listener, detect
from interactspeech.listener.diarized_source import DownmixedSource, split_by_diarization
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import InMemoryAudio


class OracleDiarizer(Diarizer):
    """Gives the true speaker activity."""

    name = "told"

    def __init__(self, *spans):
        self.spans = tuple(np.array(rows, np.int64).reshape(-1, 2) for rows in spans)

    def diarize(self, source, speakers=None):
        assert source.channels == 1
        assert speakers == 2
        sure = tuple(np.ones(len(rows), np.float32) for rows in self.spans)
        return Diarization(source.rate, source.samples, self.spans, sure, self.name)


@pytest.fixture(scope="module")
def call():
    import soxr

    item = list(Corpus.open(spoken()))[1]
    sound = np.ascontiguousarray(soxr.resample(item.audio().T, item.dialogue.rate, RATE).T)
    scale = RATE / item.dialogue.rate
    spans = [
        [
            (round(s.start * scale), round(s.end * scale))
            for u in item.dialogue.utterances
            if u.speaker == speaker.id
            for s in u.speech
        ]
        for speaker in item.dialogue.speakers
    ]
    return sound, [sorted(rows) for rows in spans]


def split(sound, diarizer, block):
    return list(split_by_diarization(InMemoryAudio(sound, RATE), diarizer, block=block))


MARGIN = 800  #: samples of silence that talk keeps on either side


@pytest.mark.parametrize("block", [700, 10_000])
def test_each_side_holds_what_it_was_given_and_a_margin(block):
    sound = np.arange(1, 20_001, dtype=np.float32)[None] / 20_000
    voices = OracleDiarizer(
        [(0, 5000), (9000, 12_000), (12_500, 16_000)], [(4000, 10_000), (16_300, 17_000)]
    )
    sides = np.concatenate(
        list(split_by_diarization(InMemoryAudio(sound, RATE), voices, block=block)), axis=1
    )
    # Where the other talks there is no margin; a silence that is short belongs to both.
    expected = [(0, 5000), (9000, 16_300)], [(4000, 10_000 + 0), (16_000, 17_000 + MARGIN)]
    for side, rows in zip(sides, expected, strict=True):
        inside = np.zeros(20_000, bool)
        for start, end in rows:
            inside[start:end] = True
        np.testing.assert_array_equal(side, np.where(inside, sound[0], 0.0))


def test_who_talks_alone_keeps_a_margin_too():
    sound = np.ones((1, 4000), np.float32)
    (sides,) = split_by_diarization(
        InMemoryAudio(sound, RATE), OracleDiarizer([(1000, 2000)], []), block=4000
    )
    np.testing.assert_array_equal(np.flatnonzero(sides[0]), np.arange(200, 2000 + MARGIN))
    assert not sides[1].any()


def test_nobody_and_nothing_are_silent():
    for spans in ((), ([(0, 10)],)):
        blocks = list(
            split_by_diarization(
                InMemoryAudio(np.ones((2, 100), np.float32), RATE), OracleDiarizer(*spans), block=64
            )
        )
        assert [b.shape for b in blocks] == [(2, 64), (2, 36)]
        assert np.concatenate(blocks, axis=1)[1].sum() == 0
    assert (
        list(
            split_by_diarization(
                InMemoryAudio(np.zeros((1, 0), np.float32), RATE), OracleDiarizer(), block=64
            )
        )
        == []
    )


def test_two_channels_are_folded_and_made_finite():
    sound = np.array([[1.0, np.nan, 0.5], [0.0, 1.0, 0.5]], np.float32)
    np.testing.assert_array_equal(
        DownmixedSource(InMemoryAudio(sound, RATE)).read(0, 3), [[0.5, 0.5, 0.5]]
    )


def test_who_knows_the_voices_makes_one_channel_nearly_two(call, tmp_path):
    sound, spans = call
    two = detect(sound, RATE)
    mixed = sound.sum(axis=0)
    diarized = detect(mixed, RATE, diarizer=OracleDiarizer(*spans))
    assert {t.channel for t in diarized.tracks} == {0}

    def onsets(found):
        return [(e.type, e.speaker, e.start) for e in found.events if e.type in {"gap", "pause"}]

    ours = onsets(diarized)
    near = [
        any(k == kind and s == who and abs(at - t) < RATE // 5 for k, s, t in ours)
        for kind, who, at in onsets(two)
    ]
    assert len(near) > 5
    assert np.mean(near) > 0.8
    soundfile.write(tmp_path / "call.wav", mixed / 2, RATE)
    again = detect(tmp_path / "call.wav", diarizer=OracleDiarizer(*spans))
    assert again.id == "call"
    assert abs(len(again.events) - len(diarized.events)) <= 0.1 * len(diarized.events)


def test_a_diarizer_is_not_asked_about_two_channels(call):
    sound, _ = call
    found = detect(sound[:, : 5 * RATE], RATE, diarizer=OracleDiarizer())
    assert found.events == detect(sound[:, : 5 * RATE], RATE).events


def test_detectors_say_who_helps(call):
    sound, spans = call
    mixed = sound.sum(axis=0, keepdims=True)
    helped = ListenerDetector(Listener.load(), OracleDiarizer(*spans))
    assert helped.name == "diarizer + listener"
    assert {e.type for e in helped(mixed)} >= {"gap", "pause"}
    assert {e.type for e in DiarizerRules(OracleDiarizer(*spans))(mixed)} >= {"gap", "pause"}
    assert ListenerDetector(Listener.load()).name == "listener"
