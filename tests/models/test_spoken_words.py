"""Words on the speech they were heard in."""

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.mining.models import MiningModels, SpeakerActivity
from interactspeech.mining.settings import MineSettings
from interactspeech.models import recognition, spoken_words
from interactspeech.models.recognition import RecognisedWord
from interactspeech.signal.pages import InMemoryAudio
from interactspeech.signal.recording import Recording

RATE = 8_000


class Beeps:
    """Hears a word in every tone: its pitch in hundreds of hertz."""

    def __init__(self) -> None:
        self.longest = 0.0

    def words(self, samples: np.ndarray, rate: int) -> list[RecognisedWord]:
        self.longest = max(self.longest, len(samples) / rate)
        hop = rate // 50
        frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
        loud = np.sqrt((frames**2).mean(axis=1)) > 0.05
        edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(int), [0]))))
        found = []
        for a, b in edges.reshape(-1, 2).tolist():
            sound = samples[a * hop : b * hop]
            pitch = np.argmax(np.abs(np.fft.rfft(sound, rate)))
            found.append(RecognisedWord(f" {round(pitch / 100)}", a / 50, b / 50))
        return found


def tones(spans, length: float, hertz=range(3, 100)) -> np.ndarray:
    sound = np.zeros(round(length * RATE), np.float32)
    for (start, end), pitch in zip(spans, hertz, strict=False):
        at = np.arange(round(start * RATE), round(end * RATE))
        sound[at] = 0.3 * np.sin(2 * np.pi * 100 * pitch * at / RATE)
    return sound


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(2, 60), st.integers(4, 30)), min_size=1, max_size=25)
)  # silences and tones, in tenths of a second
def test_every_word_comes_back_to_its_place(tmp_path_factory, lengths) -> None:
    spans, time = [], 0.0
    for silence, talk in lengths:
        spans.append((round(time + silence / 10, 3), round(time + (silence + talk) / 10, 3)))
        time = spans[-1][1]
    path = tmp_path_factory.mktemp("tones") / "a.wav"
    hertz = [3 + 5 * (i % 7) for i in range(len(spans))]
    soundfile.write(path, tones(spans, time + 1, hertz), RATE)
    engine = Beeps()
    with Recording.open(path) as recording:
        rows = [(round(a * RATE), round(b * RATE)) for a, b in spans]
        found = spoken_words.recognise(recording, 0, rows, engine)
    assert engine.longest < 25
    assert [w.text for w in found] == [str(pitch) for pitch in hertz]
    for word, (start, end) in zip(found, rows, strict=True):
        assert abs(word.start - start) < 0.05 * RATE
        assert abs(word.end - end) < 0.05 * RATE


def test_what_two_say_at_once_goes_to_who_talks_longer(tmp_path) -> None:
    spans = [(1.0, 2.0), (2.5, 3.0), (3.5, 4.0), (6.0, 7.0)]
    soundfile.write(tmp_path / "a.wav", tones(spans, 8), RATE)
    long = [(round(1.0 * RATE), round(4.0 * RATE))]
    short = [(round(2.5 * RATE), round(3.0 * RATE)), (round(6 * RATE), round(7 * RATE))]
    with Recording.open(tmp_path / "a.wav") as recording:
        first = spoken_words.recognise(recording, 0, long, Beeps(), [short])
        second = spoken_words.recognise(recording, 0, short, Beeps(), [long])
    assert [w.text for w in first] == ["3", "4", "5"]
    assert [w.text for w in second] == ["6"]


def test_only_the_speakers_own_channel_is_heard(tmp_path) -> None:
    sound = np.stack([tones([(1, 2)], 4), tones([(1.2, 2.5)], 4, [9])], axis=1)
    soundfile.write(tmp_path / "a.wav", sound, RATE)
    with Recording.open(tmp_path / "a.wav") as recording:
        for channel, text in enumerate(("3", "9")):
            (word,) = spoken_words.recognise(recording, channel, [(RATE, 3 * RATE)], Beeps())
            assert word.text == text


def test_auto_goes_on_without_a_recogniser(monkeypatch) -> None:
    voices = [SpeakerActivity("A", "", 0, ((0, 10),))]

    def none(**_: object) -> object:
        raise InputError("no weights", reason="no-weights")

    monkeypatch.setattr(recognition, "Recogniser", none)
    with pytest.raises(InputError):
        MiningModels(MineSettings(words="whisper-base")).recogniser()
    monkeypatch.setattr(recognition, "Recogniser", lambda **_: Missing())
    assert MiningModels(MineSettings(words="auto")).words(None, voices) == voices  # type: ignore[arg-type]
    assert MiningModels(MineSettings(words="none")).words(None, voices) == voices  # type: ignore[arg-type]


class Missing:
    def words(self, _: np.ndarray, __: int) -> list[RecognisedWord]:
        raise MissingExtraError("faster-whisper", "asr", "Recognition")


def test_an_unknown_recogniser_is_named() -> None:
    with pytest.raises(InputError, match="whisper-base") as error:
        recognition.recogniser("ears")
    assert error.value.reason == "unknown-recogniser"


class PassesOverShortTalk:
    """Hears a word in sound that is all of one piece, and nothing in two pieces laid together."""

    def __init__(self):
        self.heard = []

    def words(self, samples, rate):
        self.heard.append(len(samples) / rate)
        if len(samples) / rate > 3:
            return [RecognisedWord("well", 0.3, 0.8, 0.9)]
        return [RecognisedWord("uh-huh", 0.15, 0.5, 0.6)]


def test_short_talk_in_which_no_word_was_found_is_heard_again():
    rate = 16_000
    spans = [(rate, 4 * rate), (6 * rate, 6 * rate + rate // 2), (8 * rate, 10 * rate)]
    source = InMemoryAudio(np.ones((1, 12 * rate), np.float32), rate)
    engine = PassesOverShortTalk()
    found = spoken_words.recognise(source, 0, spans, engine)
    assert [word.text for word in found] == ["well", "uh-huh"]  # of the long span nothing more
    assert spans[1][0] <= found[1].start < found[1].end <= spans[1][1]
    assert engine.heard[1:] == [pytest.approx(0.75)]


class DrawsOut:
    """Hears a word that begins in the first piece and is drawn out over the silence after it."""

    def words(self, samples, rate):
        del samples, rate
        return [RecognisedWord("let's", 0.4, 0.95, 0.9), RecognisedWord("get", 1.1, 1.3, 0.9)]


def test_a_word_lies_in_the_talk_that_holds_most_of_it():
    rate = 16_000
    spans = [(rate, rate + rate // 2), (rate + 74 * rate // 100, 3 * rate)]  # heard in one piece
    source = InMemoryAudio(np.ones((1, 4 * rate), np.float32), rate)
    first, second = spoken_words.recognise(source, 0, spans, DrawsOut())
    assert (first.text, first.start, first.end) == ("let's", rate + 3 * rate // 10, spans[0][1])
    assert second.start == 2 * rate
