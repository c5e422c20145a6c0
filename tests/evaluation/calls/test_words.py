"""Recognised words take part in the decision about feedback in a report."""

import msgspec
import numpy as np
import pytest
import soundfile
import soxr
from spoken import spoken

from interactspeech.corpus import Corpus
from interactspeech.evaluation.calls.analysis import CallModels, analyse_call
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.models.recognition import RecognisedWord
from interactspeech.signal.log_mel import RATE


class Parrot:
    """Says the same word over the whole of what it is given."""

    def __init__(self, text, probability):
        self.text, self.probability = text, probability

    def words(self, samples, rate):
        steps = np.arange(0.0, len(samples) / rate - 0.05, 0.25)
        return [
            RecognisedWord(self.text, float(t), float(t + 0.2), self.probability) for t in steps
        ]


@pytest.fixture(scope="module")
def call(tmp_path_factory):
    item = list(Corpus.open(spoken()))[1]
    audio = soxr.resample(item.audio().T, item.dialogue.rate, RATE)[: 40 * RATE]
    path = tmp_path_factory.mktemp("calls") / "call.wav"
    soundfile.write(path, audio, RATE)
    return RecordingSource("call", (SourceFile(str(path)),), channels="speakers")


def backchannels(call, engine=None):
    settings = ReportSettings(source="listener", keep_untrusted=True)
    if engine is not None:
        settings = msgspec.structs.replace(settings, words="whisper-base")
    models = CallModels(settings)
    if engine is not None:
        models.mining.recogniser = lambda: engine
    found = analyse_call(call, settings, models)
    return sum(one.kind == "backchannel" for one in found.incidents), found


def test_words_that_claim_the_floor_are_no_feedback(call):
    without, _ = backchannels(call)
    number, found = backchannels(call, Parrot("because", 1.0))
    assert number < without
    assert "words by whisper-base" in found.measured_by
    assert "+feedback-2" in found.measured_by
    assert sum(s.words for s in found.speakers) > 0


def test_words_that_are_mere_guesses_change_nothing(call):
    without, plain = backchannels(call)
    number, found = backchannels(call, Parrot("because", 0.0))
    assert number == without > 0
    times = [(one.kind, one.start) for one in plain.incidents if one.kind == "backchannel"]
    assert times == [(one.kind, one.start) for one in found.incidents if one.kind == "backchannel"]
