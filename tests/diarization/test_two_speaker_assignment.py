"""Two persons and their pieces of talk: voices, windows and time put together."""

import numpy as np
import pytest

from interactspeech.diarization.segmentation import (
    FRAME_SECONDS,
    Windows,
    count_speakers,
    single_speaker_pieces,
)
from interactspeech.diarization.two_speaker_assignment import TwoSpeakerAssignment, window_evidence

LENGTH = 589


def heard(truth, step=296):
    """Windows over a truth of shape ``(frames, 3)``, in which each window numbers speakers anew."""
    truth = np.asarray(truth, np.float16)
    starts = np.array([*range(0, max(len(truth) - LENGTH, 0), step), max(len(truth) - LENGTH, 0)])
    scores = [
        np.roll(truth[start : start + LENGTH], number % 3, axis=1)
        for number, start in enumerate(starts)
    ]
    return Windows(starts, np.stack(scores), len(truth))


def turns(*spans, frames=1200, speakers=3):
    """Talk of ``(speaker, start, end)`` in frames."""
    truth = np.zeros((frames, speakers))
    for speaker, start, end in spans:
        truth[start:end, speaker] = 1
    return truth


def voices_of(persons, seconds, rng, alike=0.4, size=192):
    """Embeddings as an encoder gives them: the shorter, the less of the voice is in them."""
    common, *own = np.linalg.qr(rng.standard_normal((size, 3)))[0].T
    voices = np.stack([np.sqrt(alike) * common + np.sqrt(1 - alike) * one for one in own])
    like = np.interp(seconds, [0.2, 0.6, 2.5], [0.25, 0.55, 0.95])[:, None]
    noise = rng.standard_normal((len(persons), size)) / np.sqrt(size)
    found = like * voices[persons] + np.sqrt(1 - like**2) * noise
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def solved(windows, persons, voices):
    pieces = single_speaker_pieces(windows, count_speakers(windows), 0.6)
    assert len(pieces) == len(persons)
    return TwoSpeakerAssignment(pieces, voices, window_evidence(windows, pieces)).solve()


def agree(found, persons):
    return max((found == persons).mean(), (found != persons).mean())


def test_one_and_two_who_talk_are_counted_whatever_their_numbers():
    truth = turns((0, 100, 700), (1, 600, 900), (2, 850, 1000))
    counted = count_speakers(heard(truth))
    both = truth.sum(axis=1)
    assert np.abs(counted.one - (both >= 1)).max() < 1e-3
    assert np.abs(counted.two - (both >= 2)).max() < 1e-3


def test_pieces_are_of_one_who_talks_alone():
    truth = turns((0, 100, 300), (1, 300, 330), (0, 400, 500), (1, 450, 550))
    windows = heard(truth)
    pieces = single_speaker_pieces(windows, count_speakers(windows), 0.6)
    owner = truth.argmax(axis=1)
    for start, end in pieces.tolist():
        assert (truth[start:end].sum(axis=1) == 1).all()
        assert len(set(owner[start:end].tolist())) == 1
        assert (end - start) * FRAME_SECONDS <= 0.6 + FRAME_SECONDS
    assert (pieces[:, 1] - pieces[:, 0]).sum() == (truth.sum(axis=1) == 1).sum()
    assert [300, 330] in pieces.tolist()


def owners(pieces, truth):
    return np.array([truth[a:b].sum(axis=0).argmax() for a, b in pieces.tolist()])


#: One talks; the other says "mm" (0.5 s) twice and then has a turn.
CALL = [(0, 20, 300), (1, 310, 340), (0, 350, 600), (1, 605, 635), (0, 640, 900), (1, 930, 1150)]


@pytest.mark.parametrize("seed", range(5))
def test_voices_own_short_talk_that_windows_give_to_the_other(seed):
    rng = np.random.default_rng(seed)
    truth = turns(*CALL)
    confused = turns(*[(0, a, b) for _, a, b in CALL])  # segmentation hears one speaker throughout
    windows = heard(confused)
    pieces = single_speaker_pieces(windows, count_speakers(windows), 0.6)
    persons = owners(pieces, truth)
    found = solved(windows, persons, voices_of(persons, np.diff(pieces)[:, 0] * FRAME_SECONDS, rng))
    assert agree(found, persons) > 0.95


def test_windows_own_talk_that_has_no_voice():
    truth = turns(*CALL)
    windows = heard(truth)
    pieces = single_speaker_pieces(windows, count_speakers(windows), 0.6)
    persons = owners(pieces, truth)
    voices = voices_of(persons, np.diff(pieces)[:, 0] * FRAME_SECONDS, np.random.default_rng(1))
    silent = np.isin(pieces[:, 0], [310, 605])
    assert silent.sum() == 2
    voices[silent] = 0.0
    assert agree(solved(windows, persons, voices), persons) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_who_talks_alone_stays_one_person(seed):
    rng = np.random.default_rng(seed)
    windows = heard(turns((0, 20, 400), (0, 430, 700), (0, 720, 1180)))
    pieces = single_speaker_pieces(windows, count_speakers(windows), 0.6)
    persons = np.zeros(len(pieces), int)
    voices = voices_of(persons, np.diff(pieces)[:, 0] * FRAME_SECONDS, rng)
    assert not solved(windows, persons, voices).any()


@pytest.mark.parametrize("seed", range(5))
def test_a_voice_that_is_not_always_the_same_is_one_if_there_is_much_of_it(seed):
    rng = np.random.default_rng(seed)
    windows = heard(turns((0, 20, 800), (0, 830, 1600), (0, 1630, 2380), frames=2400))
    pieces = single_speaker_pieces(windows, count_speakers(windows), 0.6)
    persons = np.zeros(len(pieces), int)
    voices = voices_of(persons, np.diff(pieces)[:, 0] * FRAME_SECONDS, rng)
    other = np.linalg.qr(rng.standard_normal((192, 1)))[0][:, 0]
    voices += np.where(np.arange(len(pieces)) < len(pieces) / 3, 0.18, -0.09)[:, None] * other
    voices /= np.linalg.norm(voices, axis=1, keepdims=True)
    couple = TwoSpeakerAssignment(pieces, voices, window_evidence(windows, pieces))
    mood = (np.arange(len(pieces)) < len(pieces) / 3).astype(np.int64)
    assert couple.score(mood) > couple.score(persons)  # a second person would explain it
    assert not couple.solve().any()


@pytest.mark.parametrize("seed", range(3))
def test_what_is_found_is_no_worse_than_the_truth_or_any_change_of_one_piece(seed):
    rng = np.random.default_rng(seed)
    truth = turns(*CALL)
    windows = heard(truth)
    pieces = single_speaker_pieces(windows, count_speakers(windows), 0.6)
    persons = owners(pieces, truth)
    seconds = np.diff(pieces)[:, 0] * FRAME_SECONDS
    couple = TwoSpeakerAssignment(
        pieces, voices_of(persons, seconds, rng, alike=0.7), window_evidence(windows, pieces)
    )
    found = couple.solve()
    best = couple.score(found)
    assert best >= couple.score(np.zeros(len(persons), np.int64)) - 1e-6
    assert best == pytest.approx(couple.score(1 - found))
    # Rows of one window move together when who is who there changes: single pieces are compared.
    for piece in range(0, len(found), 7):
        other = found.copy()
        other[piece] = 1 - other[piece]
        assert couple.score(other) <= best + 2.0


def test_nothing_is_nobodys():
    nothing = Windows(np.zeros(0, np.int64), np.zeros((0, 0, 3), np.float16), 0)
    pieces = single_speaker_pieces(nothing, count_speakers(nothing), 0.6)
    assert pieces.shape == (0, 2)
    assert TwoSpeakerAssignment(
        pieces, np.zeros((0, 192)), window_evidence(nothing, pieces)
    ).solve().shape == (0,)
