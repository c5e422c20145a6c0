"""Recordings on one channel, with annotations of any number of people, as data to adapt with."""

import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Event, Span, Speaker, Utterance
from interactspeech.seeds import generator
from interactspeech.training.listener.augmentation import Augmenter
from interactspeech.training.listener.mixed_recordings import MIXED, prepare_mixed, two_sides
from interactspeech.training.listener.preparation import PreparedCorpus
from interactspeech.training.listener.targets import BACKCHANNEL

RATE = 16_000


def meeting():
    """C talks, E says mm-hm meanwhile, D talks, then C again."""
    rows = [("C", 0.5, 3.0), ("E", 1.5, 1.9), ("D", 3.5, 5.0), ("C", 5.2, 7.0)]
    said = tuple(
        Utterance(f"u{i}", who, int(a * RATE), int(b * RATE), (Span(int(a * RATE), int(b * RATE)),))
        for i, (who, a, b) in enumerate(rows)
    )
    heard = Event("backchannel", "E", int(1.5 * RATE), int(1.9 * RATE))
    people = tuple(Speaker(name) for name in "CDE")
    return Dialogue("m", RATE, 8 * RATE, people, said, events=(heard,))


def test_every_change_of_speaker_is_a_change_of_side():
    found = two_sides(meeting())
    assert [(u.speaker, u.kind) for u in found.utterances] == [
        ("A", "turn"),
        ("B", "backchannel"),
        ("B", "turn"),
        ("A", "turn"),
    ]
    assert [s.id for s in found.speakers] == ["A", "B"]
    assert not found.events


def test_the_sum_of_what_is_stored_is_what_was_recorded(tmp_path):
    rng = np.random.default_rng(0)
    sound = (0.1 * rng.normal(0, 1, (1, 8 * RATE))).astype(np.float32)
    index = prepare_mixed([(meeting(), sound)], tmp_path / "p", source="meetings")
    assert index.sources == ("meetings",)
    example = PreparedCorpus(tmp_path / "p")[0]
    assert example.features[0].max() > -5
    assert example.features[1].max() == pytest.approx(-10, abs=0.01)
    assert example.active[0, 25:150].all()
    assert example.active[1, 75:95].all()
    assert (example.kind[1, 38:47] == BACKCHANNEL).all()
    # Whatever is drawn, nobody is taken out of the mixture, and both sides hear all of it.
    for seed in range(10):
        heard, goal, mono = Augmenter(MIXED, generator(seed, "x"))(example, 150)
        assert mono
        assert goal.active.any(axis=1).all()
        np.testing.assert_array_equal(heard[0], heard[1])
        assert heard.max() > -8


def test_nothing_to_learn_is_refused(tmp_path):
    with pytest.raises(InputError, match="no dialogue"):
        prepare_mixed([], tmp_path / "p", source="nothing")
