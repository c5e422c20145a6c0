import msgspec
import numpy as np
import pytest
from spoken import spoken

from interactspeech.corpus import Corpus
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Span, Speaker, Utterance
from interactspeech.seeds import generator
from interactspeech.signal.log_mel import BANDS, FLOOR, RATE, STACK, STEP, centres
from interactspeech.training.listener.augmentation import CLEAN, Augmenter, Conditions
from interactspeech.training.listener.batches import Batches, stack
from interactspeech.training.listener.preparation import ListenerExample, PreparedCorpus, prepare
from interactspeech.training.listener.targets import BACKCHANNEL, FLOOR_CLASS, NO_SPEECH, targets_of
from interactspeech.training.listener.transcribed_texts import plain_dialogues, speakable


def utterance(name, speaker, start, end, kind="turn", **more):
    return Utterance(name, speaker, start, end, (Span(start, end),), kind=kind, **more)


def test_targets_are_what_the_record_says():
    record = Dialogue(
        "d", 8000, 8000 * 6, (Speaker("A"), Speaker("B")),
        (
            utterance("u1", "A", 0, 8000 * 3),
            utterance("u2", "B", 8000, 8000 + 3200, "backchannel"),
            utterance("u3", "B", 8000 * 4, 8000 * 5),
        ),
    )  # fmt: skip
    found = targets_of(record, 150)
    assert found.active[0].sum() == 150  # 3 s in halves of 20 ms
    assert found.active[1, 50:70].all()
    assert not found.active[1, :50].any()
    # 0.4 s of feedback, judged for a second longer; then a claim, judged to the end
    np.testing.assert_array_equal(np.flatnonzero(found.kind[1] == BACKCHANNEL), np.arange(25, 60))
    np.testing.assert_array_equal(np.flatnonzero(found.kind[1] == FLOOR_CLASS), np.arange(100, 150))
    assert found.kind[1, 70] == NO_SPEECH


def test_feedback_inside_a_turn_is_no_feedback():
    record = Dialogue(
        "d", 8000, 8000 * 2, (Speaker("A"),),
        (utterance("a", "A", 0, 1600, "backchannel"), utterance("b", "A", 1700, 8000)),
    )  # fmt: skip
    assert not (targets_of(record, 50).kind == BACKCHANNEL).any()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    prepare([spoken(limit=3)], folder / "p")
    return PreparedCorpus(folder / "p")


def test_prepared_dialogues_are_those_of_the_corpus(prepared):
    corpus = list(Corpus.open(spoken(limit=3)))
    assert [e.id for e in prepared.index.entries] == [item.id for item in corpus]
    assert prepared.index.hours == pytest.approx(
        sum(item.dialogue.seconds for item in corpus) / 3600, rel=0.01
    )
    example = prepared[1]
    entry = prepared.index.entries[1]
    assert example.features.shape == (2, entry.steps, STACK * BANDS)
    assert entry.voices[0].startswith("hibari:")
    speaking = np.repeat(example.active, 2, axis=1).astype(bool)
    level = example.features.astype(np.float32).reshape(2, -1, BANDS).mean(axis=2)
    assert level[speaking].mean() > level[~speaking].mean() + 2
    part = prepared.cut(1, 10, 40)
    np.testing.assert_array_equal(part.features, example.features[:, 10:40])
    np.testing.assert_array_equal(part.active, example.active[:, 20:80])


def test_a_folder_without_features_is_refused(tmp_path):
    with pytest.raises(InputError, match="no prepared corpus"):
        PreparedCorpus(tmp_path)


def test_clean_conditions_change_nothing(prepared):
    example = prepared.cut(0, 0, 200)
    heard, goal, mixed = Augmenter(CLEAN, generator(0, "x"))(example, 200)
    np.testing.assert_allclose(heard, example.features.astype(np.float32), atol=2e-2)
    np.testing.assert_array_equal(goal.active, example.active)
    assert not mixed


def test_the_same_seed_gives_the_same_sound(prepared):
    example = prepared.cut(0, 0, 300)
    one, two, other = (
        Augmenter(Conditions(), generator(s, "x"))(example, 250)[0] for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).mean() > 0.05


def test_one_channel_holds_both(prepared):
    example = prepared.cut(0, 0, 200)
    only = msgspec.structs.replace(CLEAN, mixed=1.0)
    heard, _, mixed = Augmenter(only, generator(0, "x"))(example, 200)
    assert mixed
    np.testing.assert_array_equal(heard[0], heard[1])
    powers = 10.0 ** example.features.astype(np.float64)
    both = np.log10(powers.sum(axis=0) - FLOOR)  # one floor, not two
    np.testing.assert_allclose(heard[0], both, atol=0.05)


def test_each_utterance_has_a_level_of_its_own(prepared):
    example = prepared[1]
    steps = example.kind.shape[1]
    plain = Augmenter(CLEAN, generator(0, "x"))(example, steps)[0]
    loud = msgspec.structs.replace(CLEAN, utterance=6.0)
    heard, goal, _ = Augmenter(loud, generator(0, "x"))(example, steps)
    np.testing.assert_array_equal(goal.active, example.active)
    talking = np.repeat(goal.active > 0, STACK // 2, axis=1)
    change = (heard - plain).reshape(2, -1, BANDS)
    strong = talking[..., None] & (plain.reshape(2, -1, BANDS) > np.log10(FLOOR) + 3)
    for side in range(2):
        at = np.flatnonzero(talking[side])
        parts = np.split(at, np.flatnonzero(np.diff(at) > 0.32 * RATE / STEP * STACK) + 1)
        gains = [10 * change[side, part][strong[side, part]] for part in parts if len(part) > 20]
        # One gain from its beginning to its end, and others of others.
        assert all(np.ptp(g) < 0.2 for g in gains)
        assert np.std([g.mean() for g in gains]) > 1.5


def test_a_telephone_has_no_high_bands(prepared):
    example = prepared.cut(0, 0, 200)
    phone = msgspec.structs.replace(CLEAN, telephone=1.0)
    heard = Augmenter(phone, generator(0, "x"))(example, 200)[0].reshape(2, -1, BANDS)
    loss = example.features.astype(np.float32).reshape(2, -1, BANDS) - heard
    loud = example.features.reshape(2, -1, BANDS) > -6
    high = np.broadcast_to(centres() > 4000, loud.shape)
    middle = np.broadcast_to((centres() > 500) & (centres() < 3000), loud.shape)
    assert loss[loud & high].mean() > 2.0
    assert abs(loss[loud & middle]).max() < 0.1


def test_in_a_far_room_both_hear_both_and_the_nearer_one_more(prepared):
    example = prepared.cut(0, 0, 400)
    only = msgspec.structs.replace(CLEAN, far=1.0)
    speaking = np.repeat(example.active, 2, axis=1).astype(bool)
    differences = []
    for seed in range(12):
        heard, goal, mixed = Augmenter(only, generator(seed, "x"))(example, 400)
        np.testing.assert_array_equal(goal.active, example.active)
        assert not mixed
        level = np.log10((10.0 ** heard.reshape(2, -1, BANDS)).sum(axis=2)) * 10  # dB
        alone = [speaking[side] & ~speaking[1 - side] for side in range(2)]
        nobody = ~speaking.any(axis=0)
        for side in range(2):  # whoever talks is heard by both
            assert level[1 - side][alone[side]].mean() > level[1 - side][nobody].mean() + 6
        apart = [float((level[0] - level[1])[alone[side]].mean()) for side in range(2)]
        differences.append(apart[0] - apart[1])
    assert np.mean(differences) > 3.0  # dB: a side is whom its microphone is nearer to
    assert np.mean(differences) < 25.0
    assert min(differences) > -3.0


def test_a_warped_voice_moves_up(prepared):
    example = prepared.cut(0, 0, 300)
    up = msgspec.structs.replace(CLEAN, warp=(1.2, 1.2))
    heard = Augmenter(up, generator(0, "x"))(example, 300)[0].reshape(2, -1, BANDS)

    def centroid(log):
        power = 10.0 ** log.astype(np.float64).reshape(-1, BANDS)
        return float((power * centres()).sum() / power.sum())

    assert centroid(heard) > 1.08 * centroid(example.features)


def test_speed_moves_sound_and_targets_alike(prepared):
    example = prepared.cut(0, 0, 300)
    fast = msgspec.structs.replace(CLEAN, speed=(1.1, 1.1))
    heard, goal, _ = Augmenter(fast, generator(0, "x"))(example, 200)
    speaking = np.repeat(goal.active, 2, axis=1).astype(bool)
    level = heard.reshape(2, -1, BANDS).mean(axis=2)
    assert level[speaking].mean() > level[~speaking].mean() + 2
    assert goal.active[:, :180].sum() == pytest.approx(
        example.active[:, :198].sum() / 1.1, rel=0.05
    )


def test_targets_of_a_batch_are_late_and_ahead():
    steps = 60
    active = np.zeros((2, 2 * steps), np.int8)
    active[0, 40:60] = 1  # steps 20 to 30
    kind = np.full((2, steps), NO_SPEECH, np.int8)
    kind[0, 20:30] = BACKCHANNEL
    batch = stack([np.zeros((2, steps, 160), np.float32)], [active], [kind], [False], lookahead=3)
    np.testing.assert_array_equal(np.flatnonzero(batch.active[0, 0].max(axis=1)), np.arange(23, 33))
    np.testing.assert_array_equal(
        np.flatnonzero(batch.kind[0, 0] == BACKCHANNEL), np.arange(23, 33)
    )
    # After step 14 has been heard (0.6 s), talk begins in 0.2 s: nothing in the first bin, all of
    # the second, two thirds of the 0.6 s of the third.
    np.testing.assert_allclose(batch.future[0, 0, 14], [0.0, 1.0, 0.0, 0.0], atol=1e-6)
    assert batch.known[0, 0, 0].all()
    assert not batch.known[0, 0, -1].any()


def test_a_batch_depends_on_seed_and_number_only(prepared):
    def made(seed):
        return Batches([prepared], Conditions(), seed=seed, size=2, seconds=4, lookahead=2)

    np.testing.assert_array_equal(made(1)[5].mel, made(1)[5].mel)
    assert not np.array_equal(made(1)[5].mel, made(1)[6].mel)
    assert not np.array_equal(made(1)[5].mel, made(2)[5].mel)
    assert made(1)[0].mel.shape == (2, 2, 100, 160)
    some = Batches([prepared], CLEAN, seed=1, size=1, seconds=4, lookahead=0, hours=0.001)
    assert some.hours < made(1).hours


def test_examples_end_with_the_dialogue(prepared):
    example = prepared.cut(0, prepared.index.entries[0].steps - 20, prepared.index.entries[0].steps)
    heard, goal, _ = Augmenter(CLEAN, generator(0, "x"))(example, 100)
    assert heard.shape == (2, 100, 160)
    assert not goal.active[:, 40:].any()
    assert STEP * 100 == 4 * RATE
    assert isinstance(goal, ListenerExample)


def test_transcripts_become_texts():
    def said(i, who, text):
        return utterance(f"u{i}", who, 8000 * i, 8000 * i + 4000, written=text)

    turns = [
        "Well, I th- I thought <laugh> we could go.", "Mm-hmm.", "And then we did.",
        "Where to?", "(inaudible)", "The old harbour, of course.", "Oh nice one,",
    ]  # fmt: skip
    who = "ABACBAC"
    record = Dialogue(
        "call", 8000, 80_000, tuple(Speaker(s) for s in "ABC"),
        tuple(said(i, s, t) for i, (s, t) in enumerate(zip(who, turns, strict=True))),
    )  # fmt: skip
    (text,) = plain_dialogues(record, corpus="x", licence="CC-BY-4.0")
    assert [(t.speaker, t.text) for t in text.turns] == [
        ("A", "Well, I I thought we could go. And then we did."),
        ("B", "Where to?"),
        ("A", "The old harbour, of course."),
        ("B", "Oh nice one."),
    ]
    assert text.licence == "CC-BY-4.0"
    assert speakable("@ 4 %") == []


def test_breath_lies_in_silences_softer_than_the_talk_and_is_no_talk():
    steps, frames = 100, 100 * 4
    active = np.zeros((2, 2 * steps), np.int8)
    active[0, 20:60] = active[0, 100:140] = 1
    mel = np.full((2, frames, 40), -10.0, np.float16)
    mel[0, np.repeat(active[0] > 0, 2)] = -2.0
    example = ListenerExample(mel.reshape(2, steps, 160), active, np.full((2, steps), -1, np.int8))
    breathing = msgspec.structs.replace(CLEAN, breath=1.0)
    added = np.zeros((2, frames))
    for seed in range(20):
        found, goal, _ = Augmenter(breathing, np.random.default_rng(seed))(example, steps)
        np.testing.assert_array_equal(goal.active, active)
        added += found.reshape(2, frames, 40).max(axis=2) > -9.0
    talk = np.repeat(active > 0, 2, axis=1)
    assert (added[talk] == 20).all()
    assert added[1].max() == 0  # who does not talk does not breathe
    silent = added[0][~talk[0]]
    assert silent.max() > 2
    found, _, _ = Augmenter(breathing, np.random.default_rng(1))(example, steps)
    loud = found.reshape(2, frames, 40)[0][~talk[0]]
    assert np.power(10.0, loud).mean(axis=1).max() < 10**-2.4
    plain, _, _ = Augmenter(CLEAN, np.random.default_rng(1))(example, steps)
    assert (plain.reshape(2, frames, 40)[0][~talk[0]] < -9.0).all()
