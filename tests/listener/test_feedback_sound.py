"""Feedback words by their sound are told from other beginnings, whatever the level."""

import numpy as np
import pytest
from short_talk import frames_of, short_talk

from interactspeech.listener import Listener
from interactspeech.listener.feedback_embedding import embedding_log_odds
from interactspeech.listener.feedback_sound import level_frames, sound_log_odds
from interactspeech.listener.levelled_feedback import (
    SOUND_COUNTS,
    LiveMel,
    RecordedMel,
    feedback_evidence,
    levelled_log_odds,
    stretch_frames,
    stretch_log_odds,
)
from interactspeech.signal.log_mel import HOP, RATE, STEP, LogMel

#: Voices that the network was not fitted on, and short talk of either kind.
VOICES = "hibari:f_ella,f_hazel,m_gavin,m_hugo"
FEEDBACK = ("Mm-hm.", "Yeah.", "Uh-huh.", "Okay.", "Right.", "Oh, really?")
OTHER = ("But I", "Can I just", "Where is it?", "No, the", "So when we", "Tomorrow.")


@pytest.fixture(scope="module")
def said() -> list[tuple[bool, np.ndarray]]:
    return short_talk(VOICES, FEEDBACK, OTHER)


def heard(sound: np.ndarray) -> float:
    return sound_log_odds(frames_of(sound), 50, len(sound) // HOP - 50)


def test_feedback_of_unheard_voices_is_told_from_other_talk(said) -> None:
    feedback, other = ([heard(x) for kind, x in said if kind == wanted] for wanted in (True, False))
    right = np.mean([one > another for one in feedback for another in other])
    assert right >= 0.9


def test_level_changes_nothing(said) -> None:
    for _, sound in said[:12]:
        assert heard(sound) == pytest.approx(heard(sound * 0.1), abs=0.2)
        assert heard(sound) == pytest.approx(heard(sound * 3.0), abs=0.2)


def test_a_moment_of_talk_says_nothing() -> None:
    frames = frames_of(np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32))
    assert sound_log_odds(frames, 10, 17) == 0.0
    assert sound_log_odds(frames, 10, 18) != 0.0


def test_frames_are_at_the_level_of_the_stretch() -> None:
    frames = np.full((40, 40), -8.0, np.float32)
    frames[10:30] = -3.0
    levelled = level_frames(frames, 10, 30)
    assert levelled.shape == (30, 40), "the margin is heard too"
    assert np.allclose(levelled[5:25], 0.0, atol=1e-4)
    assert np.allclose(levelled[:5], -3.5), "nothing is heard 35 dB below"


def test_live_sound_says_what_a_recording_says(said) -> None:
    sound = np.stack([np.zeros(3 * RATE, np.float32), np.zeros(3 * RATE, np.float32)])
    one = said[1][1]
    sound[1, RATE : RATE + len(one)] = one[: 2 * RATE]
    start, end = RATE * 3 // 2, RATE + len(one) - RATE // 2
    mel = LogMel(2)(sound)
    whole = RecordedMel(mel.astype(np.float16))
    live, kept = LiveMel(200), []
    for step in range(mel.shape[1]):
        live.add(mel[:, step : step + 1])
        if live.steps == end // STEP + 3:
            kept.append(stretch_log_odds(live, 1, start, end))
    assert kept[0] == pytest.approx(stretch_log_odds(whole, 1, start, end), abs=1e-4)
    assert stretch_log_odds(whole, 1, 10**7, 10**7 + RATE) == 0.0, "after the end nothing is heard"


def test_the_sound_counts_in_overlap_alone(said) -> None:
    """Elsewhere the evidence is what the network hears, whatever the stretch sounds like."""
    listener = Listener.load()
    decision = listener.card.settings("two_channel").feedback
    moved = {True: [], False: []}
    for feedback, one in said[:12]:
        sound = np.zeros((2, len(one)), np.float32)
        sound[1] = one
        mel = RecordedMel(LogMel(2)(sound).astype(np.float16))
        spans = np.array([(RATE // 2, len(one) - RATE // 2)], np.int64)
        alone, beside = (
            feedback_evidence(listener, mel, 1, spans, decision, overlaps=overlaps)
            for overlaps in (False, True)
        )
        heard = levelled_log_odds(listener, mel, 1, spans)
        assert alone == decision.heard * np.clip(heard, decision.lowest, decision.highest)
        by_sound = stretch_log_odds(mel, 1, *spans[0].tolist())
        by_embedding = embedding_log_odds(*stretch_frames(mel, 1, *spans[0].tolist()))
        by_sound, by_embedding = np.clip((by_sound, by_embedding), -SOUND_COUNTS, SOUND_COUNTS)
        assert beside - alone == pytest.approx(
            decision.overlap + decision.sound * by_sound + decision.embedding * by_embedding
        )
        moved[feedback].append(beside - alone)
    assert np.mean(moved[True]) > np.mean(moved[False]) + 1.0
