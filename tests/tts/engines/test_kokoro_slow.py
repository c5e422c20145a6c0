"""Kokoro itself: heard rightly, timed rightly, said the same each time. Needs its weights."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from interactspeech.models.aligners import PocketsphinxAligner
from interactspeech.models.catalogue import WHISPER_BASE
from interactspeech.models.recognition import Recogniser, normal_words, word_errors
from interactspeech.models.vad import frame_agreement, speech_spans
from interactspeech.records import spoken_tokens
from interactspeech.tts import WeightStore, engine

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kokoro")]  # speaks once for all

SENTENCES = (
    (Path(__file__).parents[3] / "bench" / "voices_sentences.txt").read_text("utf-8").splitlines()
)
VOICES = ("af_heart", "am_adam", "bf_emma", "am_michael")


@pytest.fixture(scope="module")
def kokoro():
    made = engine("kokoro")
    if not made.installed:
        pytest.skip("Kokoro's weights are not installed (interactspeech voices install)")
    return made


@pytest.fixture(scope="module")
def spoken(kokoro):
    chosen = SENTENCES[::6][:10]
    return [(text, kokoro.speak(text, VOICES[i % 4])) for i, text in enumerate(chosen)]


def test_heard_rightly(spoken):
    store = WeightStore()
    if not all(store.has(weight) for weight in WHISPER_BASE):
        pytest.skip("the recogniser is not installed (interactspeech voices install --asr)")
    rate = spoken[0][1].rate
    silence = np.zeros(rate // 2, np.float32)
    track = np.concatenate([part for _, speech in spoken for part in (speech.samples, silence)])
    expected = normal_words(" ".join(text for text, _ in spoken))
    heard = normal_words(Recogniser(store).transcribe(track, rate))
    assert word_errors(expected, heard) <= 0.05 * len(expected)


def test_onsets_agree_with_forced_alignment(spoken):
    aligner = PocketsphinxAligner()
    apart = []
    for text, speech in spoken:
        found = aligner.align(speech.samples, speech.rate, text)
        assert found is not None
        pairs = zip(speech.words[1:], found[1:], strict=True)
        apart += [abs(word.start - start) / speech.rate for word, (start, _) in pairs]
    assert np.median(apart) <= 0.025
    assert np.percentile(apart, 85) <= 0.05


def test_activity_agrees_with_energy(spoken):
    for _, speech in spoken:
        spans = [(word.start, word.end) for word in speech.words]
        found = speech_spans(speech.samples, speech.rate, "energy")
        assert frame_agreement(spans, found, len(speech.samples), speech.rate) > 0.98


def test_long_and_odd_texts(kokoro):
    text = 'Dr. Smith, 42, paid $1,250.50 at 3:30 pm -- "well-known", isn\'t it? ' * 4
    speech = kokoro.speak(text, "bm_george")
    assert [word.text for word in speech.words] == spoken_tokens(text)


def test_feedback_takes_as_long_as_peoples(kokoro):
    lengths = {
        word: kokoro.speak(word, "af_heart").seconds for word in ("Mm-hm.", "Uh-huh.", "Mm.")
    }
    assert all(0.25 < length < 0.7 for length in lengths.values()), lengths


SPEAK = """
import hashlib
from interactspeech.tts import engine
speech = engine("kokoro").speak("It is the same each time, is it not?", "am_puck")
print(hashlib.sha256(speech.samples.tobytes()).hexdigest())
"""


@pytest.mark.usefixtures("kokoro")
def test_processes_say_the_same():
    command = [sys.executable, "-c", SPEAK]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = {process.communicate(timeout=120)[0] for process in running}
    assert len(printed) == 1
