"""Words and sound decide together: recognised, given, transcribed, and live."""

import json

import numpy as np
import pytest
import soundfile
import soxr
from click.testing import CliRunner
from spoken import spoken

import interactspeech
from interactspeech.cli import cli
from interactspeech.corpus import Corpus
from interactspeech.errors import InputError
from interactspeech.listener import Stream, detect
from interactspeech.listener.word_decision import (
    WordDecision,
    WordSoundWeights,
    WordWeights,
    bid_with_words,
    certainty,
    kind_certainty,
)
from interactspeech.models.recognition import RecognisedWord
from interactspeech.models.spoken_words import HeardWord
from interactspeech.records import Word
from interactspeech.signal.log_mel import RATE
from interactspeech.turntaking import DEFAULT, Timeline, layer1
from interactspeech.turntaking.backchannel_candidates import candidates
from interactspeech.turntaking.backchannel_decision import load_model


@pytest.fixture(scope="module")
def item():
    return list(Corpus.open(spoken()))[1]


@pytest.fixture(scope="module")
def sound(item):
    audio = soxr.resample(item.audio().T, item.dialogue.rate, RATE).T
    return np.ascontiguousarray(audio[:, : 30 * RATE], np.float32)


@pytest.fixture(scope="module")
def said(item):
    """The true words, as samples at 16 kHz."""
    found = {"A": [], "B": []}
    scale = RATE / item.dialogue.rate
    for speaker, name in zip(item.dialogue.speakers, "AB", strict=True):
        for u in item.dialogue.utterances:
            if u.speaker == speaker.id:
                found[name] += [
                    Word(w.text, round(w.start * scale), round(w.end * scale))
                    for w in u.words
                    if w.end * scale < 30 * RATE
                ]
    return found


class Parrot:
    """A recogniser that says the same word over the whole of what it is given."""

    def __init__(self, text, probability=1.0):
        self.text, self.calls, self.probability = text, 0, probability

    def words(self, samples, rate):
        self.calls += 1
        seconds = len(samples) / rate
        steps = np.arange(0.0, seconds - 0.05, 0.25)
        return [
            RecognisedWord(self.text, float(t), float(t + 0.2), self.probability) for t in steps
        ]


def kinds(dialogue):
    return [(e.type, e.speaker, e.start) for e in dialogue.events]


def talk_of_two(words):
    """A holds the floor but for a pause, in which B says something for .4 s."""
    activity = {
        "A": np.array([(0, 4 * RATE), (5 * RATE, 9 * RATE)]),
        "B": np.array([(int(4.2 * RATE), int(4.6 * RATE))]),
    }
    timeline, _ = Timeline.build(RATE, activity, length=10 * RATE, words=words)
    return candidates(timeline, layer1(timeline, DEFAULT), DEFAULT)


def test_words_decide_and_sound_moves_what_they_leave_in_doubt():
    at = int(4.25 * RATE)
    no = {"B": [Word("stop", at, at + RATE // 4)], "A": [Word("so", 0, RATE)]}
    yes = {"B": [Word("mm-hm", at, at + RATE // 4)], "A": [Word("so", 0, RATE)]}
    chance = {}
    for name, words in (("no", no), ("yes", yes), ("none", {})):
        found = talk_of_two(words)
        place = found.speaker.tolist().index(1)
        for heard in (0.05, 0.5, 0.95):
            decision = WordDecision(lambda c, heard=heard: np.full(len(c), heard))
            chance[name, heard] = decision.probability(found)[place]
    assert chance["yes", 0.5] > 0.5 > chance["no", 0.5]
    assert chance["no", 0.95] > chance["no", 0.5] > chance["no", 0.05]
    assert [chance["none", heard] for heard in (0.05, 0.5, 0.95)] == pytest.approx(
        [0.05, 0.5, 0.95]
    )


def test_without_sound_it_is_the_scorecard(said):
    timeline, _ = Timeline.build(
        RATE,
        {n: [(w.start, w.end) for w in words] for n, words in said.items()},
        length=31 * RATE,
        words=said,
    )
    found = candidates(timeline, layer1(timeline, DEFAULT), DEFAULT)
    decided = WordDecision(lambda c: np.full(len(c), 0.5))(found)
    np.testing.assert_array_equal(decided, load_model().decide(found))


def test_words_count_as_much_as_the_recogniser_is_certain_of_them():
    at = int(4.25 * RATE)
    chance = []
    for probability in (1.0, 0.5, 0.1, 0.0):
        rest = [HeardWord("so", 9 * RATE + i, 9 * RATE + i + 9, probability=1.0) for i in range(9)]
        words = {"B": [HeardWord("what's", at, at + RATE // 4, probability=probability), *rest]}
        found = talk_of_two(words)
        place = found.speaker.tolist().index(1)
        assert certainty(found)[place] == kind_certainty(probability)
        decision = WordDecision(lambda c: np.full(len(c), 0.9))
        chance.append(float(decision.probability(found)[place]))
    # Words that are no feedback outweigh the sound, well heard or half; guessed ones do not.
    assert chance == sorted(chance)
    assert chance[1] < 0.3
    assert 0.5 < chance[3] < 0.9


def test_words_of_a_speaker_who_is_not_understood_count_nothing():
    at = int(4.25 * RATE)
    chance = {}
    for name, probability in (("another language", 0.2), ("understood", 0.95)):
        rest = [
            HeardWord("so", 9 * RATE + i, 9 * RATE + i + 9, probability=probability)
            for i in range(9)
        ]
        words = {"B": [HeardWord("what's", at, at + RATE // 4, probability=0.9), *rest]}
        found = talk_of_two(words)
        place = found.speaker.tolist().index(1)
        decision = WordDecision(lambda c: np.full(len(c), 0.9))
        chance[name] = decision.probability(found)[place]
    assert chance["another language"] == pytest.approx(0.9)
    assert chance["understood"] < 0.5


def test_weights_of_the_sound_move_recognised_words_only():
    at = int(4.25 * RATE)
    given = {"B": [Word("because", at, at + RATE // 4)]}
    heard = {"B": [HeardWord("because", at, at + RATE // 4, probability=1.0)]}
    deaf = WordSoundWeights("deaf", "", WordWeights(0.0, 0.0), WordWeights(0.0, 0.0))
    keen = WordSoundWeights("keen", "", WordWeights(2.0, 0.0), WordWeights(2.0, 0.0))
    chances = {}
    for name, words in (("given", given), ("heard", heard)):
        found = talk_of_two(words)
        place = found.speaker.tolist().index(1)
        chances[name] = [
            WordDecision(lambda c: np.full(len(c), 0.99), weights=w).probability(found)[place]
            for w in (deaf, keen)
        ]
    assert chances["given"][0] == chances["given"][1]
    assert chances["heard"][0] < chances["heard"][1]


def test_records_hold_plain_words(sound):
    heard = detect(sound, RATE, layout="two", words=Parrot("stop", 0.3))
    assert {type(w) for u in heard.utterances for w in u.words} == {Word}


def test_another_lexicon_decides_by_its_lists():
    import msgspec

    dutch = msgspec.structs.replace(
        DEFAULT, continuers=("hm",), acknowledgements=("ja",), reactions=(), language="nl"
    )
    at = int(4.25 * RATE)
    for text, wanted in (("ja", True), ("wacht", False)):
        words = {"B": [Word(text, at, at + RATE // 4)]}
        timeline = talk_of_two(words).timeline
        found = candidates(timeline, layer1(timeline, dutch), dutch)
        decided = WordDecision(lambda c: np.full(len(c), 0.5), dutch)(found)
        assert decided[found.speaker.tolist().index(1)] == wanted


def test_a_recogniser_is_asked_and_its_words_are_in_the_record(sound):
    engine = Parrot("stop")
    heard = detect(sound, RATE, layout="two", words=engine)
    assert engine.calls >= 2
    words = [w.text for u in heard.utterances for w in u.words]
    assert set(words) == {"stop"}
    assert {u.times for u in heard.utterances if u.words} == {"recognised"}
    assert next(iter(heard.rule_sets)).endswith("+feedback-2")
    without = detect(sound, RATE, layout="two")
    assert not any(u.words for u in without.utterances)
    number = [sum(e.type == "backchannel" for e in d.events) for d in (without, heard)]
    assert number[1] < number[0]  # "stop" is none


def test_a_stream_with_words_gives_the_events_of_the_recording(sound, said):
    stream = Stream(word_delay=0.5)
    waiting = {n: sorted(words, key=lambda w: w.end) for n, words in said.items()}
    events = []
    for first in range(0, sound.shape[1], 3200):
        events += stream(sound[:, first : first + 3200]).events
        now = min(first + 3200, sound.shape[1])
        for name, words in waiting.items():
            while words and words[0].end <= now:
                stream.push_words(name, [words.pop(0)], final=True)
    events += stream.finish().events
    assert stream.late_words == 0
    theirs = detect(sound, RATE, layout="two", words=said).events
    assert sorted((e.type, e.speaker, e.start, e.end) for e in events) == sorted(
        (e.type, e.speaker, e.start, e.end) for e in theirs
    )


def test_partial_words_move_a_bid_at_once_and_wrong_ones_are_told():
    assert bid_with_words(0.0, ["wait"]) == 0.0
    assert bid_with_words(0.5, ["um"]) == 0.5
    assert bid_with_words(0.9, ["Yeah,", "yeah"]) < 0.3
    assert bid_with_words(0.2, ["yeah,", "but"]) >= 0.9
    with pytest.raises(InputError, match="without them"):
        Stream().push_words("A", [Word("wait", 0, 100)])
    with pytest.raises(InputError, match="speaker"):
        Stream(word_delay=1.0).push_words("C", [Word("wait", 0, 100)])


def test_late_words_are_counted_and_the_stream_goes_on(sound):
    stream = Stream(word_delay=0.1)
    stream(sound[:, : 5 * RATE])
    stream.push_words("A", [Word("wait", 100, 2000)], final=True)
    assert stream.late_words == 1
    assert stream(sound[:, 5 * RATE : 6 * RATE]).frames


def test_transcripts_files_folders_and_what_is_missing(sound, said, tmp_path):
    short = sound[:, : 12 * RATE]
    soundfile.write(tmp_path / "call.wav", short.T, RATE)
    lines = [
        f"call {name} {w.start / RATE:.3f} {(w.end - w.start) / RATE:.3f} {w.text}"
        for name, words in (("first", said["B"]), ("second", said["A"]))
        for w in words
        if w.end < 12 * RATE
    ]
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "call.ctm").write_text("\n".join(lines) + "\n")
    heard = interactspeech.detect(
        tmp_path / "call.wav", layout="two", words=tmp_path / "texts" / "call.ctm"
    )[0]
    mine = {u.speaker: [] for u in heard.utterances}
    for u in heard.utterances:
        mine[u.speaker] += [w.text for w in u.words]
    theirs = [w.text for w in said["A"] if w.end < 12 * RATE]
    assert len(set(theirs) & set(mine["A"])) > 0.7 * len(set(theirs))  # names say nothing
    given = ["detect", str(tmp_path / "call.wav"), "--layout", "two", "--json", "--words"]
    found = CliRunner().invoke(cli, [*given, str(tmp_path / "texts")])
    assert found.exit_code == 0
    record = json.loads(found.stdout.splitlines()[0])
    assert any(u.get("words") for u in record["utterances"])
    (tmp_path / "empty").mkdir()
    missing = CliRunner().invoke(cli, [*given, str(tmp_path / "empty")])
    assert missing.exit_code == 1
    assert "0 transcripts of 'call'" in missing.stderr
    unknown = CliRunner().invoke(cli, [*given, "whisper-nobody"])
    assert unknown.exit_code == 2
    assert "whisper-nobody" in unknown.stderr
