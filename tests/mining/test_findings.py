"""What does not fit, and which clips it takes with it."""

import numpy as np
import soundfile
from recordings import RATE, TALK, talk_sound

from interactspeech.mining import artifacts, speaker_mismatch
from interactspeech.mining.analysis import _without
from interactspeech.mining.labelling import compose_dialogue
from interactspeech.mining.models import ExcludedSpan, MiningModels, SpeakerActivity
from interactspeech.mining.selection import clip_candidates
from interactspeech.mining.settings import MineSettings
from interactspeech.signal.recording import Recording

SETTINGS = MineSettings(words="none")


def voices() -> list[SpeakerActivity]:
    return [
        SpeakerActivity(who, "", place, tuple((round(a * RATE), round(b * RATE)) for a, b in spans))
        for place, (who, spans) in enumerate(TALK.items())
    ]


def heard(tmp_path, monkeypatch, found, misfits) -> tuple[ExcludedSpan, ...]:

    sound = np.stack([talk_sound(s, i) for i, s in enumerate(TALK.values())], axis=1)
    soundfile.write(tmp_path / "a.wav", sound, RATE)
    monkeypatch.setattr(artifacts, "find_artifacts", lambda *_: found)
    monkeypatch.setattr(speaker_mismatch, "find_speaker_mismatches", lambda *_: misfits)
    with Recording.open(tmp_path / "a.wav") as recording:
        return MiningModels(SETTINGS).findings(recording, voices())


def test_a_second_of_silence_at_the_ends_of_a_clip_is_none_too_much(tmp_path, monkeypatch) -> None:
    found = [artifacts.Artifact(0, 100 * RATE, "silence"), artifacts.Artifact(10, 20, "tone", 1)]
    strange = [speaker_mismatch.SpeakerMismatch(5 * RATE, 6 * RATE, "other-voice", 1)]
    assert heard(tmp_path, monkeypatch, found, strange) == (
        ExcludedSpan(10, 20, "tone"),
        ExcludedSpan(RATE, 99 * RATE, "silence"),
        ExcludedSpan(5 * RATE, 6 * RATE, "other-voice"),
    )


def test_clips_that_hold_what_does_not_fit_are_left_out_and_counted() -> None:
    talk = {voice.id: voice.activity() for voice in voices()}
    found = clip_candidates(compose_dialogue("x", RATE, 83 * RATE, talk), SETTINGS)
    assert _without(found, ()) == found
    music = ExcludedSpan(41 * RATE, 56 * RATE, "music")
    left = _without(found, (music,))
    assert all(c.end <= music.start or c.start >= music.end for c in left.candidates)
    gone = len(found.candidates) - len(left.candidates)
    assert gone == sum(reasons.get("music", 0) for reasons in left.dropped.values()) > 0


def test_a_voice_of_which_little_is_known_is_not_judged(tmp_path, monkeypatch) -> None:
    strange = [speaker_mismatch.SpeakerMismatch(5 * RATE, 6 * RATE, "swapped-voices", 1)]
    monkeypatch.setattr("interactspeech.mining.models._KNOWN", 1000.0)
    assert heard(tmp_path, monkeypatch, [], strange) == ()
