"""Rendered speech, heard by a recogniser, an aligner and a detector that know no record."""

import msgspec
import numpy as np
import pytest

from interactspeech.evaluation import RenderedCheck
from interactspeech.evaluation.rendered_speech import pieces
from interactspeech.models.catalogue import WHISPER_BASE
from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import BuiltDialogue, DialogueBuilder
from interactspeech.records import Script, Word
from interactspeech.scripts import demo_dialogues
from interactspeech.tts import Synthesizer, WeightStore, select_voices

RATE = 24_000


def test_pieces_lose_nothing_but_long_digital_silences() -> None:
    rng = np.random.default_rng(0)
    track = rng.uniform(0.1, 1, 40 * RATE).astype(np.float32)
    for second in (5, 12, 13, 20, 33):
        track[second * RATE : (second + 1) * RATE] = 0
    track[2 * RATE : 2 * RATE + 10] = 0  # too short to be a silence
    found = list(pieces(track, RATE))
    assert len(found) > 2
    assert all(len(piece) < 20 * RATE for piece in found)
    joined = np.concatenate(found)
    np.testing.assert_array_equal(joined[joined != 0], track[track != 0])
    # 12 to 14 s are one silence.
    assert (joined == 0).sum() == 10 + 4 * round(0.6 * RATE)


@pytest.fixture(scope="module")
def check() -> RenderedCheck:
    pytest.importorskip("faster_whisper")
    pytest.importorskip("pocketsphinx")
    store = WeightStore()
    if not all(store.has(weight) for weight in WHISPER_BASE):
        pytest.skip("the recogniser's weights are not installed (voices install --asr)")
    return RenderedCheck()


@pytest.fixture(scope="module")
def made() -> BuiltDialogue:
    """A script with cuts, backchannels, pauses and an attempt, set by hand."""
    script = next(one for one in demo_dialogues() if isinstance(one, Script))
    settings = BuildSettings(seed=1, voices=("hibari",))
    return DialogueBuilder(settings, select_voices("hibari"), Synthesizer()).build(script)


@pytest.mark.slow
def test_tracks_hold_what_their_record_says(check: RenderedCheck, made: BuiltDialogue) -> None:
    found = check.check([(made.dialogue, made.samples)])
    # The bars of the benchmark, with room for what one dialogue's chance can do.
    assert found.word_error_rate <= 0.06
    assert found.unsaid > 0
    assert found.unsaid_heard == 0
    assert found.onset_error(50) <= 0.025
    assert found.onset_error(90) <= 0.050
    assert found.outside == 0
    assert found.agreement >= 0.97


@pytest.mark.slow
def test_a_record_that_lies_is_caught(check: RenderedCheck, made: BuiltDialogue) -> None:
    late = [_later(utterance, RATE // 5) for utterance in made.dialogue.utterances]
    length = made.dialogue.length + RATE
    lying = msgspec.structs.replace(made.dialogue, utterances=tuple(late), events=(), length=length)
    padded = np.pad(made.samples, ((0, 0), (0, RATE)))
    found = check.check([(lying, padded)])
    assert found.agreement < 0.97
    assert found.onset_error(50) > 0.1


def _later(utterance, by):
    def moved(span):
        return msgspec.structs.replace(span, start=span.start + by, end=span.end + by)

    return msgspec.structs.replace(
        utterance,
        start=utterance.start + by,
        end=utterance.end + by,
        speech=tuple(moved(span) for span in utterance.speech),
        words=tuple(Word(w.text, w.start + by, w.end + by, w.fragment) for w in utterance.words),
    )
