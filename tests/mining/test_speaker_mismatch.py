"""Voices against labels, and sounds that were there before."""

from itertools import pairwise

import numpy as np
import pytest
import soundfile

from interactspeech.mining.duplicates import Duplicates, fingerprint
from interactspeech.mining.speaker_mismatch import LabelledSpeaker, find_speaker_mismatches
from interactspeech.models.embeddings import SpeakerEncoder
from interactspeech.signal.pages import InMemoryAudio

RATE = 16_000


@pytest.fixture(scope="module")
def encoder():
    return SpeakerEncoder()


@pytest.fixture(scope="module")
def people(request):
    """Katie and Steve, talking without pauses, 8 s each."""
    folder = request.getfixturevalue("shared_data") / "audio" / "azure_katiesteve"
    found = []
    for name in ("katie", "steve"):
        samples, _ = soundfile.read(folder / f"enrollment_audio_{name}.wav", dtype="float32")
        level = np.convolve(np.abs(samples), np.ones(1600) / 1600, "same")
        found.append(samples[level > 0.01][: 8 * RATE])
        assert len(found[-1]) == 8 * RATE
    return found


def turns(*parts):
    """Sounds one after the other, and where each is."""
    edges = np.cumsum([0] + [len(part) for part in parts])
    return np.concatenate(parts), list(pairwise(edges))


def rows(*spans):
    return np.array(spans, np.int64).reshape(-1, 2)


def test_labels_that_fit_are_left_alone(people, encoder):
    katie, steve = people
    sound, (a, b, c, d) = turns(katie[:64_000], steve[:64_000], katie[64_000:], steve[64_000:])
    talkers = [LabelledSpeaker(0, rows(a, c)), LabelledSpeaker(0, rows(b, d))]
    assert find_speaker_mismatches(InMemoryAudio(sound, RATE), talkers, encoder) == []


def test_speakers_swapped_after_an_overlap_are_found(people, encoder):
    katie, steve = people
    both = katie[:24_000] + steve[:24_000]
    sound, (a, b, o, c, d) = turns(katie, steve, both, katie[24_000:64_000], steve[24_000:64_000])
    right = [LabelledSpeaker(0, rows(a, o, c)), LabelledSpeaker(0, rows(b, o, d))]
    assert find_speaker_mismatches(InMemoryAudio(sound, RATE), right, encoder, every=3.0) == []
    swapped = [LabelledSpeaker(0, rows(a, o, d)), LabelledSpeaker(0, rows(b, o, c))]
    found = find_speaker_mismatches(InMemoryAudio(sound, RATE), swapped, encoder, every=3.0)
    assert {one.reason for one in found} == {"swapped-voices"}
    assert all(one.start >= a[1] and one.end > o[0] for one in found)
    assert {one.speaker for one in found} == {0, 1}


def test_a_third_person_is_found(people, encoder, shared_data):
    katie, steve = people
    samples, _ = soundfile.read(shared_data / "audio" / "ami" / "trn05.wav", dtype="float32")
    stranger = samples[20 * RATE : 24 * RATE] * 3
    sound, (a, b, c, d) = turns(katie, steve, stranger, katie[: 4 * RATE])
    talkers = [LabelledSpeaker(0, rows(a, c, d)), LabelledSpeaker(0, rows(b))]
    found = find_speaker_mismatches(InMemoryAudio(sound, RATE), talkers, encoder, every=3.0)
    assert found
    assert {one.reason for one in found} <= {"other-voice", "swapped-voices"}
    assert all(one.start < c[1] and one.end > c[0] for one in found)


def test_one_person_under_two_labels_is_found(people, encoder):
    katie, _ = people
    sound, (a, b) = turns(katie[: 4 * RATE], katie[4 * RATE :])
    talkers = [LabelledSpeaker(0, rows(a)), LabelledSpeaker(0, rows(b))]
    found = find_speaker_mismatches(InMemoryAudio(sound, RATE), talkers, encoder, every=2.0)
    assert [(one.reason, one.start, one.end) for one in found] == [("one-voice", 0, len(sound))]


def test_another_voice_on_a_channel_in_an_overlap_is_found(people, encoder):
    katie, steve = people
    one = np.concatenate((katie, np.zeros(2 * RATE, np.float32), steve[: 3 * RATE]))
    two = np.concatenate((np.zeros(5 * RATE, np.float32), steve))
    length = len(one)
    two = np.pad(two, (0, max(0, length - len(two))))[:length]
    talkers = [
        LabelledSpeaker(0, rows((0, 8 * RATE), (10 * RATE, 13 * RATE))),
        LabelledSpeaker(1, rows((5 * RATE, length))),
    ]
    found = find_speaker_mismatches(InMemoryAudio(np.stack([one, two]), RATE), talkers, encoder)
    assert [(m.speaker, m.reason) for m in found] == [(0, "swapped-voices")]
    assert found[0].end > 10 * RATE


def test_one_speaker_and_silence_have_no_misfits(people, encoder):
    katie, _ = people
    assert (
        find_speaker_mismatches(
            InMemoryAudio(katie, RATE), [LabelledSpeaker(0, rows((0, 8 * RATE)))], encoder
        )
        == []
    )
    silent = InMemoryAudio(np.zeros(8 * RATE, np.float32), RATE)
    talkers = [
        LabelledSpeaker(0, rows((0, 3 * RATE))),
        LabelledSpeaker(0, rows((4 * RATE, 8 * RATE))),
    ]
    assert find_speaker_mismatches(silent, talkers, encoder) == []


class TestDuplicates:
    def test_the_same_sound_again(self, people, tmp_path):
        katie, steve = people
        seen = Duplicates()
        assert seen.add("katie", fingerprint(katie, RATE)) is None
        assert seen.add("steve", fingerprint(steve, RATE)) is None
        rng = np.random.default_rng(0)
        noisy = 0.3 * katie[9_000:] + 1e-3 * rng.standard_normal(len(katie) - 9_000).astype("f")
        assert seen.find(fingerprint(noisy, RATE)) == "katie"
        soundfile.write(tmp_path / "steve.ogg", steve, RATE)  # coded, with losses
        coded, rate = soundfile.read(tmp_path / "steve.ogg", dtype="float32")
        assert seen.find(fingerprint(coded, rate)) == "steve"

    def test_real_recordings_are_all_different(self, shared_data):
        seen = Duplicates()
        for path in sorted((shared_data / "audio").glob("*/*.wav")):
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
            assert seen.add(path.name, fingerprint(samples[:, 0], rate)) is None, path.name

    def test_silence_is_nobodys_copy(self):
        seen = Duplicates()
        silent = fingerprint(np.zeros(10 * RATE, np.float32), RATE)
        assert seen.add("one", silent) is None
        assert seen.add("two", silent) is None

    @pytest.mark.parametrize("samples", [0, 1, 3000])
    def test_next_to_nothing(self, samples):
        assert Duplicates().find(fingerprint(np.ones(samples, np.float32), RATE)) is None
